"""How often the narrowing names the planted stage and cause, and how often it claims one where none is planted.

    python -m benchmarks.narrowing planted --runs 20     # every kind, for all, on one channel, in one segment
    python -m benchmarks.narrowing null --runs 100       # worlds without a narrowing
    python -m benchmarks.narrowing planted --first 10 --runs 10 --rows b.jsonl     # a part; then: table a.jsonl b.jsonl

World: benchmarks/journey_world.py, 50,000 parties, 180 days. What the analysis sees is what cells hold: exits by the
hour of the exit, from 1.5 times the journey's longest patience after its begin. True gain: the same company with
600,000 other parties, simulated with and without the plant; plants that cost less than 15 % are drawn again.
Beside it stands the usual way: the stage with the lowest conversion, and its most frequent obstacle. It is told which
journey to look at; the narrowing is not.
The seeds were fixed before the first run; development used others (below 10,000).
"""

import argparse
import itertools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from benchmarks.journey_world import (
    BACK,
    CHANNELS,
    DAY,
    JOURNEYS,
    MARKETING_ONLY,
    OBSTACLES,
    SEGMENTS,
    Plant,
    Visits,
    simulate,
    true_gain,
)
from garbo.journeys.finding import Finding, Narrowing
from garbo.journeys.narrowing import Bar, find
from garbo.journeys.plan import StagePlan
from garbo.journeys.tally import ANSWERED, BINS, EDGES, EXITS, LEFT, OUT, Tally

PLANTED_SEEDS: Final = 141_000
NULL_SEEDS: Final = 163_000
LEAST_TRUE: Final = 0.15
ROUGHLY: Final = (1,)
TRULY: Final = (2, 3, 4, 5)
"""Crowds of 150,000: one picks the plant, others say its true gain, or the luck of the pick would be in it."""
SIZES: Final = {
    "rule": (0.35, 0.85), "cap": (0.35, 0.8), "consent": (0.5, 0.9), "capacity": (0.35, 0.8),
    "unreachable": (0.35, 0.8), "slow": (8.0, 30.0), "negative": (0.4, 0.8),
}  # fmt: skip
SCOPES: Final = ("all", "channel", "segment")
HOUR: Final = 3_600_000

STAGES: Final = [(j, s) for j, (_, stages) in JOURNEYS.items() for s in stages]
FIRST: Final = np.cumsum([0] + [len(stages) for _, stages in JOURNEYS.values()])[:-1]
PLANS: Final = [
    (j, StagePlan(s.name, due=s.action, within=int(s.within * HOUR), patience=int(s.patience * HOUR)))
    for j, s in STAGES
]


def routes() -> np.ndarray:
    """Onward to the next stage, the last to the goal; back to the one before."""
    n = len(STAGES)
    found = np.zeros((n, len(EXITS), n + 1))
    for stage, (journey, _) in enumerate(STAGES):
        last = stage + 1 == n or STAGES[stage + 1][0] != journey
        found[stage, 0, n if last else stage + 1] = 1
        found[stage, 1, stage if stage in FIRST else stage - 1] = 1
    return found


def tally(v: Visits) -> Tally:
    """What the cells hold."""
    stage = FIRST[v.journey] + v.stage
    due = np.array([s.action != "" for _, s in STAGES])[stage]
    within = np.array([s.within or 1.0 for _, s in STAGES])[stage]
    warm = np.array([1.5 * max(s.patience for s in stages) for _, stages in JOURNEYS.values()])[v.journey]
    ends = v.at + v.dwell
    seen = (ends >= warm) & (ends <= 180.0 * DAY)
    held, answered = (v.obstacle > 0) & (v.obstacle < len(OBSTACLES) - 1), v.answered >= 0
    exit_ = np.array([0, 1, OUT])[v.exit]
    k = seen & ~(due & ~held & ~answered)
    exits = np.zeros((len(STAGES), len(CHANNELS), len(SEGMENTS), len(OBSTACLES), len(EXITS)))
    np.add.at(exits, (stage[k], v.channel[k], v.segment[k], v.obstacle[k], exit_[k]), 1)
    k = seen & due & ~held
    waits = np.zeros((len(STAGES), len(CHANNELS), len(SEGMENTS), BINS, 2))
    bins = np.searchsorted(EDGES, (np.where(answered, v.answered, v.dwell) / within)[k])
    np.add.at(waits, (stage[k], v.channel[k], v.segment[k], bins, np.where(answered[k], ANSWERED, LEFT)), 1)
    k &= answered & (v.answered > within) & (v.obstacle == 0)
    late = np.zeros((len(STAGES), len(EXITS)))
    np.add.at(late, (stage[k], exit_[k]), 1)
    starts = np.zeros((len(STAGES), len(SEGMENTS)))
    k = v.opens & (v.at >= warm)
    np.add.at(starts, (stage[k], v.segment[k]), 1)
    return Tally(PLANS, CHANNELS, SEGMENTS, OBSTACLES, exits, waits, late, routes(), starts)


def lowest_conversion(t: Tally, journey: str) -> tuple[str, str]:
    """The baseline: the stage of the journey with the lowest conversion, and what most of its lost visits have."""
    places = t.journeys()[journey]
    onward = t.exits[..., 0].sum((1, 2, 3)) + t.unaided[..., 0].sum(1)
    stage = min(places, key=lambda s: onward[s] / max(t.finished[s], 1))
    lost = t.exits[stage, ..., [BACK, OUT]].sum((0, 1, 2))
    causes = dict(zip(t.causes[1:], lost[1:], strict=True)) | {"slow": float(t.left[stage])}
    return t.stages[stage][1].stage, max(causes, key=lambda c: causes[c])


def pick(seed: int, cause: str, scope: str) -> tuple[Plant, float] | None:
    """A narrowing at a random stage that truly costs enough; None if 60 draws found none."""
    rng = np.random.default_rng([seed, 77, list(SIZES).index(cause), SCOPES.index(scope)])
    for _ in range(60):
        journey = list(JOURNEYS)[rng.integers(3)]
        stage = int(rng.integers(len(JOURNEYS[journey][1])))
        where = {"channel": (int(rng.integers(4)), -1), "segment": (-1, int(rng.integers(3)))}.get(scope, (-1, -1))
        size, action = float(rng.uniform(*SIZES[cause])), JOURNEYS[journey][1][stage].action
        if not action or (cause in MARKETING_ONLY and action != "marketing"):
            continue
        plant = Plant(cause, journey, stage, size, *where)
        if true_gain(seed, plant, ROUGHLY) >= LEAST_TRUE and (gain := true_gain(seed, plant, TRULY)) >= LEAST_TRUE:
            return plant, gain
    return None


class Row(NamedTuple):
    """One world. worlds: 0 if no plant that costs enough was found. claimed: stage and cause are claimed first. ranked:
    they are first of the ranking. where: channel and segment are right too. base: what the lowest conversion says."""

    cause: str
    scope: str
    seed: int
    worlds: int = 1
    gain: float = 0.0
    claimed: bool = False
    ranked: bool = False
    where: bool = False
    estimate: float = 0.0
    in_interval: bool = False
    in_band: bool = False
    base_stage: bool = False
    base_cause: bool = False


def judge(seed: int, scope: str, plant: Plant, gain: float, t: Tally, n: Narrowing) -> Row:
    stage = JOURNEYS[plant.journey][1][plant.stage].name
    want = (plant.journey, stage, plant.cause)

    def named(findings: Sequence[Finding]) -> bool:
        return bool(findings) and (findings[0].journey, findings[0].stage, findings[0].cause) == want

    f = next(f for f in n.ranking if (f.journey, f.stage, f.cause) == want)
    where = ("" if plant.channel < 0 else CHANNELS[plant.channel], "" if plant.segment < 0 else SEGMENTS[plant.segment])
    base = lowest_conversion(t, plant.journey)
    return Row(
        plant.cause, scope, seed, 1, gain, named(n.claims), named(n.ranking), (f.channel, f.segment) == where, f.gain,
        f.low <= gain <= f.high, f.band_low <= gain <= f.band_high, base[0] == stage, base == want[1:],
    )  # fmt: skip


def planted(seeds: Sequence[int], causes: Sequence[str], draws: int, out: Path | None) -> list[Row]:
    """World by world, all kinds of a seed before the next one. What `out` has already is not played again."""
    rows = read([out]) if out and out.exists() else []
    done = {(r.seed, r.cause, r.scope) for r in rows}
    for seed, cause, scope in itertools.product(seeds, causes, SCOPES):
        if (seed, cause, scope) in done:
            continue
        found = pick(seed, cause, scope)
        if found:
            t = tally(simulate(seed, found[0])[0])
            row = judge(seed, scope, *found, t, find(t, Bar(draws=draws, seed=seed)))
        else:
            row = Row(cause, scope, seed, worlds=0)
        rows.append(row)
        if out:
            with out.open("a") as file:
                file.write(json.dumps(row._asdict()) + "\n")
    return rows


def read(files: Iterable[Path]) -> list[Row]:
    return [Row(**json.loads(row)) for file in files for row in file.read_text().splitlines()]


def table(rows: Sequence[Row]) -> None:
    print("| kind | where | worlds | claimed first | ranked first | and where | gain / true: median [10 %, 90 %] | "
          "in interval | in band | lowest conversion: stage | and cause |\n|" + "---|" * 11)  # fmt: skip
    for cause, scope in itertools.product(SIZES, SCOPES):
        mine = [r for r in rows if (r.cause, r.scope) == (cause, scope) and r.worlds]
        if mine:
            print(line(cause, scope, mine))
    found = [r for r in rows if r.worlds]
    if found:
        print(line("all", "", found))


def line(cause: str, scope: str, rows: Sequence[Row]) -> str:
    low, mid, high = np.quantile([r.estimate / r.gain for r in rows], (0.1, 0.5, 0.9))
    counts = ("claimed", "ranked", "where", "in_interval", "in_band", "base_stage", "base_cause")
    sums = [sum(getattr(r, name) for r in rows) for name in counts]
    parts = [cause, scope, len(rows), *sums[:3], f"{mid:.2f} [{low:.2f}, {high:.2f}]", *sums[3:]]
    return "| " + " | ".join(str(p) for p in parts) + " |"


def null(seeds: Sequence[int], draws: int) -> None:
    false, largest = [], 0.0
    for n, seed in enumerate(seeds, 1):
        found = find(tally(simulate(seed)[0]), Bar(draws=draws, seed=seed))
        false += [f"{seed}: {f.journey} {f.stage} {f.cause} {f.gain:.3f}" for f in found.claims[:1]]
        largest = max(largest, found.ranking[0].gain)
        if n % 10 == 0 or n == len(seeds):
            print(f"false alarms: {len(false)} of {n} worlds {false}; largest gain ranked {largest:.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("planted", "null", "table"))
    parser.add_argument("files", nargs="*", type=Path, help="rows to put into one table")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first of the runs")
    parser.add_argument("--start", type=int, help="first seed; other than the fixed one for development only")
    parser.add_argument("--causes", nargs="*", default=list(SIZES))
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--rows", type=Path, help="write each world to this file, and go on from what it has")
    a = parser.parse_args()
    start = (NULL_SEEDS if a.what == "null" else PLANTED_SEEDS) if a.start is None else a.start
    seeds = range(start + a.first, start + a.first + a.runs)
    if a.what == "null":
        null(seeds, a.draws)
    else:
        table(read(a.files) if a.what == "table" else planted(seeds, a.causes, a.draws, a.rows))


if __name__ == "__main__":
    main()
