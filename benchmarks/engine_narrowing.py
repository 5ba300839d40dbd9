"""The same question as `benchmarks.narrowing`, of visits that the running engine has made.

    python -m benchmarks.engine_narrowing planted --runs 20 --rows a.jsonl
    python -m benchmarks.engine_narrowing null --runs 100 --rows b.jsonl
    python -m benchmarks.engine_narrowing table a.jsonl b.jsonl

A world: 4,000 parties, two journeys, 50 days (`benchmarks.engine_world`). Each touch is a message; what it meets, the
gates of the engine say; the KPI cells are those of `journey_kpis`. A seed is a company. It is played once with each
kind of plant, by turns for all, on one channel, in one segment.

True gain: the completions of 3,000 other parties of the company, played through the engine with the plant and without.
Plants that cost less than 15 % are drawn again. The same customers are played both ways, so that the difference is the
plant's alone.

The seeds were fixed before the first run; development used others (below 10,000).
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.engine_company import CHANNELS, JOURNEYS, KINDS, MARKETING, MARKETING_ONLY, SEGMENTS, Plant
from benchmarks.engine_world import DAYS, START, Played, World
from benchmarks.narrowing import LEAST_TRUE, SCOPES, Row, lowest_conversion, read, table
from garbo.core.vocabulary.instants import DAY
from garbo.journeys.finding import Finding, Narrowing
from garbo.journeys.from_cells import to_tally
from garbo.journeys.merged import ripe
from garbo.journeys.narrowing import Bar, find
from garbo.journeys.plan_of import plans_of
from garbo.journeys.tally import Tally

PLANTED_SEEDS: Final = 571_000
NULL_SEEDS: Final = 593_000
PARTIES: Final = 4_000
OTHERS: Final = 3_000
"""Parties by which the true gain is measured."""
SIZES: Final = {
    "rule": (0.35, 0.85), "cap": (0.35, 0.8), "consent": (0.4, 0.85), "capacity": (0.4, 0.85),
    "unreachable": (0.35, 0.85), "slow": (0.0, 1.0), "negative": (0.4, 0.85),
}  # fmt: skip
_SHARES: Final = {"web": 0.42, "app": 0.33, "call_centre": 0.25, "young": 0.3, "family": 0.4, "senior": 0.3, "": 1.0}
_HARM: Final = {"slow": 0.4, "negative": 0.5}
"""What a visit that is hit loses, roughly; a visit held back loses 0.55."""


# ---- a world ---------------------------------------------------------------------------------------------------------


def tally_of(world: World, played: Played) -> Tally:
    """What the analysis sees: the cells of the engine, of all ripe windows."""
    plans = list(plans_of(world.engine.decide.policy.policy).values())
    return to_tally(plans, ripe(played.cells, plans, START + DAYS * DAY))


def rough_gain(plant: Plant) -> float:
    """To leave out plants that surely cost too little, before one is played."""
    size = 1.0 if plant.cause == "slow" else plant.size
    lost = _SHARES[plant.channel] * _SHARES[plant.segment] * size * _HARM.get(plant.cause, 0.55)
    return lost / (1 - lost)


@lru_cache(maxsize=8)
def without(seed: int, journey: str, parties: int) -> Played:
    """The other parties of the company, without a plant."""
    return World(seed, None, parties, crowd=1, journeys=[journey]).play()


def pick(seed: int, cause: str, scope: str) -> tuple[Plant, float] | None:
    """A narrowing at a random stage that truly costs enough, and its true gain; None if 20 draws found none."""
    rng = np.random.default_rng([seed, 77, KINDS.index(cause), SCOPES.index(scope)])
    parties = PARTIES if cause == "capacity" else OTHERS  # slots are whole numbers, so the size of the crowd matters
    for _ in range(20):
        journey = list(JOURNEYS)[rng.integers(len(JOURNEYS))]
        stages = JOURNEYS[journey][1]
        stage, size = stages[rng.integers(len(stages))], float(rng.uniform(*SIZES[cause]))
        channel = CHANNELS[rng.integers(3)] if scope == "channel" else ""
        segment = SEGMENTS[rng.integers(3)] if scope == "segment" else ""
        plant = Plant(cause, journey, stage.name, size, channel, segment)
        if (cause in MARKETING_ONLY and stage.due != MARKETING) or rough_gain(plant) < LEAST_TRUE:
            continue
        plain = without(seed, journey, parties)
        if cause == "capacity":
            owed = sum(n for (j, s, c, g), n in plain.owed.items() if (j, s) == plant.place and plant.hits(c, g))
            slots = owed / DAYS / (parties / 1000) * (1 - size)
            plant = Plant(cause, journey, stage.name, size, channel, segment, slots)
        narrow = World(seed, plant, parties, crowd=1, journeys=[journey]).play()
        gain = plain.goals[journey] / max(narrow.goals[journey], 1) - 1
        if gain >= LEAST_TRUE:
            return plant, gain
    return None


def judge(seed: int, scope: str, plant: Plant, gain: float, t: Tally, n: Narrowing) -> Row:
    """The findings against the truth, beside the lowest conversion of the journey."""
    want = (*plant.place, plant.cause)

    def named(findings: Sequence[Finding]) -> bool:
        return bool(findings) and (findings[0].journey, findings[0].stage, findings[0].cause) == want

    f = next((f for f in n.ranking if (f.journey, f.stage, f.cause) == want), None)
    base = lowest_conversion(t, plant.journey)
    if f is None:
        return Row(plant.cause, scope, seed, 1, gain, base_stage=base[0] == plant.stage, base_cause=base == want[1:])
    return Row(
        plant.cause, scope, seed, 1, gain, named(n.claims), named(n.ranking),
        (f.channel, f.segment) == (plant.channel, plant.segment), f.gain,
        f.low <= gain <= f.high, f.band_low <= gain <= f.band_high, base[0] == plant.stage, base == want[1:],
    )  # fmt: skip


# ---- runs ------------------------------------------------------------------------------------------------------------


def planted(seeds: Iterable[int], causes: Sequence[str], rows: Path, show: bool) -> None:
    """All kinds of a seed before the next one. What `rows` has already is not played again."""
    done = {(r.seed, r.cause) for r in read([rows])} if rows.exists() else set()
    for seed in seeds:
        for place, cause in enumerate(KINDS):
            if cause not in causes or (seed, cause) in done:
                continue
            scope = SCOPES[(seed + place) % len(SCOPES)]
            found = pick(seed, cause, scope)
            row = Row(cause, scope, seed, worlds=0)
            if found:
                world = World(seed, found[0], PARTIES)
                t = tally_of(world, world.play())
                n = find(t, Bar(seed=seed))
                row = judge(seed, scope, *found, t, n)
                if show:
                    print(found, row, *n.ranking[:3], sep="\n  ", flush=True)
            with rows.open("a") as file:
                file.write(json.dumps(row._asdict()) + "\n")


def null(seeds: Iterable[int], rows: Path, show: bool) -> None:
    """Worlds without a plant."""
    done = {json.loads(line)["seed"] for line in rows.read_text().splitlines()} if rows.exists() else set()
    for seed in seeds:
        if seed in done:
            continue
        world = World(seed, None, PARTIES)
        n = find(tally_of(world, world.play()), Bar(seed=seed))
        if show:
            print(seed, *n.ranking[:3], sep="\n  ", flush=True)
        with rows.open("a") as file:
            file.write(json.dumps({"seed": seed, "claims": len(n.claims), "top": n.ranking[0].gain}) + "\n")


def null_table(files: Iterable[Path]) -> None:
    worlds = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    alarms, top = sum(w["claims"] > 0 for w in worlds), max((w["top"] for w in worlds), default=0.0)
    print(f"{alarms} false alarms in {len(worlds)} worlds; the largest gain ranked: {top:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("planted", "null", "table", "null-table"))
    parser.add_argument("files", nargs="*", type=Path, help="of a table: rows of earlier runs")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="leave out so many seeds")
    parser.add_argument("--start", type=int, help="first seed; other than the fixed one for development only")
    parser.add_argument("--causes", nargs="*", default=list(KINDS))
    parser.add_argument("--rows", type=Path, help="write each world to this file, and go on from what it has")
    parser.add_argument("--show", action="store_true", help="print each world; for development")
    a = parser.parse_args()
    if a.what in ("table", "null-table"):
        (table if a.what == "table" else null_table)(read(a.files) if a.what == "table" else a.files)
        return
    if a.rows is None:
        parser.error("a run needs --rows FILE")
    fixed = NULL_SEEDS if a.what == "null" else PLANTED_SEEDS
    start = fixed if a.start is None else a.start
    seeds = range(start + a.first, start + a.first + a.runs)
    if a.what == "null":
        null(seeds, a.rows, a.show)
    else:
        planted(seeds, a.causes, a.rows, a.show)


if __name__ == "__main__":
    main()
