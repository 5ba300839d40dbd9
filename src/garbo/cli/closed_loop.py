"""`garbo simulate --closed-loop`: a town whose persons answer Garbo's commands, in one thread or through a broker."""

import json
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings
from garbo.cli import own_pipeline
from garbo.errors import BrokerError
from garbo.policy.loader import load
from garbo.replay.lockstep import Lockstep
from garbo.replay.outputs import OutputReader
from garbo.replay.pipeline import Pipeline
from garbo.simulation.loop import Engine, run
from garbo.simulation.summary import Summary
from garbo.simulation.summary_text import lines
from garbo.simulation.town import Town, owner
from garbo.simulation.world import ZONE
from garbo.testing.driver import Driver
from garbo.testing.one_thread import OneThread

# Each slice waits for two or three commits: at 5 ms a slice takes half as long as at the usual 20 ms [measured].
COMMIT_MS: Final = 5


class Plan(NamedTuple):
    """What is played. slice_ms: how far simulated time moves before everything up to it is decided."""

    seed: int
    parties: int
    days: int
    start: date
    partitions: int
    slice_ms: int


def in_one_thread(plan: Plan, settings: Settings, *, as_json: bool, console: Console) -> None:
    """Play the town on a pipeline in this process, without a broker."""
    engine = OneThread(Driver(load(settings.policy_dir), partitions=plan.partitions))
    _play(plan, engine, lambda: engine.dead_letters, as_json, console)


def on_own_broker(plan: Plan, settings: Settings, *, as_json: bool, console: Console) -> None:
    """Play the town through an embedded broker and a worker in a process of its own."""
    policy = load(settings.policy_dir)  # reports a faulty policy before anything starts
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="garbo-town-")))
        settings = replace(settings, kafka=own_pipeline.embedded(stack, plan.partitions, policy))
        worker, _ = own_pipeline.worker(stack, settings, folder, commit_ms=COMMIT_MS)
        _through_broker(stack, plan, settings, worker.check, as_json, console)


def on_workers(plan: Plan, settings: Settings, *, as_json: bool, console: Console) -> None:
    """Play the town through a broker on which workers run already (`garbo run --clock stream`)."""
    with ExitStack() as stack:
        _through_broker(stack, plan, settings, lambda: None, as_json, console)


def _through_broker(
    stack: ExitStack, plan: Plan, settings: Settings, alive: Callable[[], None], as_json: bool, console: Console
) -> None:
    codec = wiring.codec(settings)
    pipeline = Pipeline(settings.kafka, codec, plan.partitions)
    stack.callback(pipeline.close)
    reader = OutputReader(settings.kafka, codec, plan.partitions, from_start=False)
    stack.callback(reader.close)
    engine = Lockstep(pipeline, reader, owner, alive=alive)
    try:
        _play(plan, engine, lambda: engine.dead_letters, as_json, console)
    except BrokerError as problem:
        raise BrokerError(f"{problem} Do workers run with `garbo run --clock stream` on these topics?") from problem
    for sentence in engine.problems:
        console.print(f"dead letter: {sentence}", style="red", markup=False)


def _play(plan: Plan, engine: Engine, dead_letters: Callable[[], int], as_json: bool, console: Console) -> None:
    town, summary = Town(plan.seed, plan.parties, plan.days, plan.start), Summary()
    first, began = town.now, time.monotonic()
    with _bar(console) as bar:
        task = bar.add_task("town", total=town.end - first, day="", rate="")

        def show() -> None:
            rate = sum(summary.messages.values()) / (time.monotonic() - began)
            day = f"{datetime.fromtimestamp(town.now / 1000, ZONE):%Y-%m-%d}"
            bar.update(task, completed=town.now - first, day=day, rate=f"{rate:,.0f}")

        run(town, engine, summary, slice_ms=plan.slice_ms, progress=show)
    data = summary.data(town.counts, time.monotonic() - began, dead_letters())
    print(json.dumps(data, indent=2) if as_json else "\n".join(lines(data)))


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[day]}"),
        TextColumn("{task.fields[rate]} messages/s"), TimeElapsedColumn(), TimeRemainingColumn(), console=console,
    )  # fmt: skip
