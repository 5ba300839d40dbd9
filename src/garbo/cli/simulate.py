"""`garbo simulate`: simulate a population, as JSON lines or into Kafka."""

import sys
import time
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import topic_specs, verify
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import load_settings
from garbo.cli.closed_loop import Plan, in_one_thread, on_own_broker, on_workers
from garbo.core.vocabulary.instants import MINUTE
from garbo.errors import ConfigError, TopicError
from garbo.processors.ports import InboundMessage
from garbo.processors.topics import INBOUND
from garbo.replay.pipeline import Pipeline
from garbo.simulation.jsonl import read_jsonl, write_jsonl
from garbo.simulation.loop import SLICE
from garbo.simulation.world import START, ZONE, world

TICK = 0.2  # seconds between two updates of the progress bar


def simulate(
    seed: Annotated[int, typer.Option(help="Random seed; the same seed gives the same messages, byte by byte.")] = 1,
    parties: Annotated[int, typer.Option(min=1, help="Number of persons: leads, prospects, customers.")] = 1_000,
    days: Annotated[int, typer.Option(min=1, help="Number of simulated days.")] = 30,
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")] = START.isoformat(),
    duplicates: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of messages sent twice, 0 to 1.")] = 0.02,
    late: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of messages that arrive late, 0 to 1.")] = 0.02,
    out: Annotated[
        Path | None, typer.Option(help="Write JSON lines to this file; without --out and --bootstrap, to stdout.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--in", help="Send the messages of this file of JSON lines instead of simulating.")
    ] = None,
    bootstrap: Annotated[
        str | None, typer.Option(help="Send the messages to a running pipeline: Kafka broker, host:port.")
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="Prefix of all topic names (or GARBO_TOPIC_PREFIX).")] = None,
    partitions: Annotated[int, typer.Option(min=1, help="Number of partitions of the topics.")] = 4,
    rate: Annotated[
        float | None, typer.Option(min=0.1, help="Messages a second, at most; by default no limit.")
    ] = None,
    closed_loop: Annotated[
        bool,
        typer.Option(
            "--closed-loop",
            help="Persons answer Garbo's commands. Without --bootstrap: on a broker and a worker of the command's own.",
        ),
    ] = False,
    one_thread: Annotated[
        bool, typer.Option("--one-thread", help="With --closed-loop: without a broker, in this process.")
    ] = False,
    policy: Annotated[
        Path | None,
        typer.Option(help="With --closed-loop: policy folder (or GARBO_POLICY_DIR); by default the example bank."),
    ] = None,
    slice_minutes: Annotated[
        int,
        typer.Option(
            "--slice", min=1, help="With --closed-loop: simulated minutes after which Garbo must have caught up."
        ),
    ] = SLICE // MINUTE,
    as_json: Annotated[bool, typer.Option("--json", help="With --closed-loop: print the summary as JSON.")] = False,
) -> None:
    """Simulate a population: page views, posts, questions, calls, consents, refusals.

    Start the pipeline with `garbo run --clock stream`: then it uses the time of the messages. With --closed-loop the
    persons also react to what Garbo does, and a summary follows: docs/simulation.md.
    """
    console = Console(stderr=True, highlight=False)
    if closed_loop:
        if out is not None or source is not None or rate is not None:
            raise ConfigError("--closed-loop plays through Garbo: it takes no --out, --in or --rate.")
        if one_thread and bootstrap is not None:
            raise ConfigError("--one-thread needs no broker: leave out --bootstrap.")
        plan = Plan(seed, parties, days, _day(start), partitions, slice_minutes * MINUTE)
        settings = load_settings(None, policy_dir=policy, bootstrap=bootstrap, prefix=prefix)
        if bootstrap is not None:
            _ready(settings.kafka, partitions)
        play = in_one_thread if one_thread else on_own_broker if bootstrap is None else on_workers
        play(plan, settings, as_json=as_json, console=console)
        return
    if one_thread or as_json or policy is not None:
        raise ConfigError("--one-thread, --policy and --json belong to --closed-loop: add it.")
    if out is not None and bootstrap is not None:
        raise ConfigError("--out writes a file and --bootstrap feeds Kafka: give one of them.")
    messages: Iterable[InboundMessage]
    if source is not None:
        messages = read_jsonl(source)
    else:
        messages = world(seed, parties, days, start=_day(start), duplicates=duplicates, late=late)
    if bootstrap is not None:
        settings = load_settings(None, bootstrap=bootstrap, prefix=prefix)
        _ready(settings.kafka, partitions)
        pipeline = Pipeline(settings.kafka, wiring.codec(settings), partitions)
        with _bar(console) as bar:
            for message in _paced(_with_progress(messages, bar), rate):
                pipeline.send(message)
            pipeline.flush()
        pipeline.close()
        return
    if out is None:
        write_jsonl(_paced(messages, rate), sys.stdout.buffer)
        return
    try:
        with out.open("wb") as file, _bar(console) as bar:
            count = write_jsonl(_paced(_with_progress(messages, bar), rate), file)
    except OSError as problem:
        raise ConfigError(f"cannot write {out}: {problem.strerror}. Check the path and its permissions.") from problem
    console.print(f"{count:,} messages in {out}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--start {text!r} is not a day; write it like 2025-01-13.") from None


def _ready(kafka: KafkaSettings, partitions: int) -> None:
    """Check that the topics exist: with a mistyped name the broker would not answer.

    Raises:
        TopicError: a topic is missing or wrong.
    """
    specs = [spec for spec in topic_specs(partitions, kafka.prefix) if spec.name in {kafka.topic(n) for n in INBOUND}]
    if problems := verify(kafka, specs):
        raise TopicError(" ".join(problems))


def _paced(messages: Iterable[InboundMessage], rate: float | None) -> Iterator[InboundMessage]:
    start = time.monotonic()
    for number, message in enumerate(messages):
        if rate is not None and (ahead := number / rate - (time.monotonic() - start)) > 0:
            time.sleep(ahead)
        yield message


def _with_progress(messages: Iterable[InboundMessage], bar: Progress) -> Iterator[InboundMessage]:
    """Pass the messages on, and update the bar's count and day every `TICK` seconds."""
    task, shown, count = bar.add_task("messages", total=None, day="", count=""), 0.0, 0
    for count, message in enumerate(messages, 1):
        if (now := time.monotonic()) - shown > TICK:
            shown = now
            bar.update(task, day=f"{datetime.fromtimestamp(message.at / 1000, ZONE):%Y-%m-%d}", count=f"{count:,}")
        yield message
    bar.update(task, total=count, completed=count, count=f"{count:,}")


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}"),
        TextColumn("{task.fields[day]}"), TimeElapsedColumn(), console=console,
    )  # fmt: skip
