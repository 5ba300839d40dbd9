"""Regret in a town whose tastes change half-way: each preset of models.yaml against uniform, constant and an oracle.

    python -m benchmarks.regret presets                 # eight presets and a random choice, through broker and worker
    python -m benchmarks.regret gate                    # a champion that does not recover, and its challenger
    python -m benchmarks.regret presets --parties 20 --days 4 --only ftrl,uniform --one-thread        # a quick look

Each run is a town of its own, with the same residents, on an embedded broker with a worker process: resolve, decide and
learn are the live ones, and the policy is `regret_policy` with another estimator. The seed is 1, fixed before the first
run. The regret of a decision is what the best feasible offer would have earned less what the chosen one earns, both
expected, from the town's truth (`regret_town.Judge`). A yes is one euro; the oracle's regret is 0.

Results go to `--out` as JSON; with `--plot FILE` also as a picture.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from benchmarks import regret_plot
from benchmarks.regret_figures import Result, result, row
from benchmarks.regret_town import Judge, town
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings
from garbo.cli import own_pipeline
from garbo.core.policy.models import PRESETS
from garbo.core.vocabulary.instants import HOUR
from garbo.policy.loader import load
from garbo.replay.lockstep import Lockstep
from garbo.replay.outputs import OutputReader
from garbo.replay.pipeline import Pipeline
from garbo.simulation.loop import run
from garbo.simulation.summary import Summary
from garbo.simulation.town import owner
from garbo.testing.driver import Driver
from garbo.testing.one_thread import OneThread

POLICY: Final = Path(__file__).with_name("regret_policy")
SLICE: Final = 4 * HOUR  # under the targets' window of ten hours: who is shown an offer answers after the slice
PARTITIONS: Final = 2
UNIFORM: Final = "uniform"
ALONE, CONTESTED = "champion_alone", "with_challenger"
CONTEST: Final = (ALONE, CONTESTED)
EVEN: Final = {
    "strategy": "softmax",
    "temperature": 1000,
}  # each option with the same probability, to the third decimal


class Plan(NamedTuple):
    """One run. name: of a preset, `UNIFORM`, or of the gate's scenario. models: models.yaml as data."""

    name: str
    seed: int
    parties: int
    days: int
    models: dict[str, Any]
    one_thread: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("presets", "gate"))
    parser.add_argument("--parties", type=int, default=200, help="residents; default 200")
    parser.add_argument(
        "--days", type=int, help="simulated days, half of them before the drift; default 50, for gate 70"
    )
    parser.add_argument("--seed", type=int, default=1, help="default 1")
    parser.add_argument("--only", default="", help="names of runs, with commas; default all")
    parser.add_argument("--processes", type=int, default=2, help="runs at a time; default 2")
    parser.add_argument("--one-thread", action="store_true", help="the processors in one thread, without a broker")
    parser.add_argument("--out", type=Path, help="JSON file")
    parser.add_argument("--plot", type=Path, help="picture, .svg or .png")
    given = parser.parse_args()
    every = CONTEST if given.what == "gate" else (*PRESETS, UNIFORM)
    names = given.only.split(",") if given.only else every
    days = given.days or (70 if given.what == "gate" else 50)
    plans = [Plan(name, given.seed, given.parties, days, models(name), given.one_thread) for name in names]
    print("python -m benchmarks.regret", *sys.argv[1:], flush=True)
    found = []
    with ProcessPoolExecutor(given.processes) as pool:
        for one in pool.map(played, plans):
            print(row(one), flush=True)
            found.append(one)
    if given.out:
        given.out.write_text("[\n" + ",\n".join(json.dumps(one._asdict()) for one in found) + "\n]\n")
    if given.plot:
        regret_plot.draw(found, given.plot)


def models(name: str) -> dict[str, Any]:
    """models.yaml of the run with this name."""
    if name in CONTEST:
        given: dict[str, Any] = yaml.safe_load((POLICY / "contest" / "models.yaml").read_text())
        if name == ALONE:
            given["models"] = {key: m for key, m in given["models"].items() if m.get("role") != "challenger"}
        return given
    given = yaml.safe_load((POLICY / "models.yaml").read_text())
    for model in given["models"].values():
        model["estimator"] = "constant" if name == UNIFORM else name
    return given


def policy(plan: Plan, folder: Path) -> Path:
    """The policy of a run, in a folder."""
    shutil.copytree(POLICY, folder, ignore=shutil.ignore_patterns("contest"))
    (folder / "models.yaml").write_text(json.dumps(plan.models))
    if plan.name == UNIFORM:
        given = yaml.safe_load((folder / "policy.yaml").read_text())
        given["arbitration"]["exploration"] = EVEN
        (folder / "policy.yaml").write_text(json.dumps(given))
    return folder


def played(plan: Plan) -> Result:
    """Play one town to its end."""
    began = time.monotonic()
    live, summary = town(plan.seed, plan.parties, plan.days), Summary()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="garbo-regret-")))
        where = policy(plan, folder / "policy")
        if plan.one_thread:
            alone = OneThread(Driver(load(where), partitions=PARTITIONS))
            judge = Judge(alone, live)
            run(live, judge, summary, slice_ms=SLICE)
            dead = alone.dead_letters
        else:
            settings = Settings(kafka=own_pipeline.embedded(stack, PARTITIONS, load(where)), policy_dir=where)
            worker, _ = own_pipeline.worker(stack, settings, folder, commit_ms=5)
            codec = wiring.codec(settings)
            pipeline = Pipeline(settings.kafka, codec, PARTITIONS)
            stack.callback(pipeline.close)
            reader = OutputReader(settings.kafka, codec, PARTITIONS, from_start=False)
            stack.callback(reader.close)
            engine = Lockstep(pipeline, reader, owner, alive=worker.check)
            judge = Judge(engine, live)
            run(live, judge, summary, slice_ms=SLICE)
            dead = engine.dead_letters
    if dead:
        raise RuntimeError(f"{plan.name}: {dead} dead letters: the policy does not fit the town")
    return result(plan.name, judge.judged, judge.promoted_at, time.monotonic() - began)


if __name__ == "__main__":
    main()
