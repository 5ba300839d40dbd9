"""`garbo replay`: feed recorded data into a running pipeline and report the results."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer
from confluent_kafka.admin import AdminClient
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings, load_settings
from garbo.cli import own_pipeline
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.instants import DAY
from garbo.errors import ConfigError
from garbo.learning.model_key import read_key
from garbo.policy.loader import load
from garbo.replay import bank, report
from garbo.replay.feed import IN_FLIGHT, MOST_IN_FLIGHT, Feed, Sent, Steps, Tick
from garbo.replay.pipeline import Pipeline
from garbo.replay.tally import Tally

# After the last row (ms): what is planned is carried out, and the windows of the last contacts close.
AFTERWARDS: Final = 30 * DAY

app = typer.Typer(no_args_is_help=True)


@app.callback()
def replay() -> None:
    """Feed recorded data into a running pipeline and report the results."""


@app.command("bank")
def replay_bank(
    file: Annotated[Path, typer.Argument(help="bank-additional-full.csv of UCI's Bank Marketing; .csv.gz works, too.")],
    rows: Annotated[int | None, typer.Option(min=1, help="Replay only the first ROWS rows; by default all.")] = None,
    bootstrap: Annotated[
        str | None,
        typer.Option(help="Kafka broker, host:port; by default an embedded broker starts in a process of its own."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Policy folder (or GARBO_POLICY_DIR); by default the packaged example bank.")
    ] = None,
    partitions: Annotated[int, typer.Option(min=1, max=64, help="Partitions of topics keyed by person.")] = 4,
    rate: Annotated[float | None, typer.Option(min=0.1, help="Events a second, at most; by default no limit.")] = None,
    in_flight: Annotated[int, typer.Option(min=1, help="Events sent and not yet decided, at most.")] = IN_FLIGHT,
    profiling_share: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="Share of the persons who allow profiling: a model learns from them."),
    ] = 1.0,
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.md", help="Also write the report to this file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="On a real Kafka, keep the replay's topics.")] = False,
) -> None:
    """Replay 41,188 telemarketing calls of a bank and report decisions, model quality, speed and losses.

    Exits with 1 if an event was lost. Real and invented data: docs/replay-bank.md.
    """
    console = Console(stderr=True, highlight=False)
    if bootstrap is None and in_flight > MOST_IN_FLIGHT:
        raise ConfigError(
            f"--in-flight {in_flight}: the embedded broker drops unread records beyond its bounds; "
            f"write {MOST_IN_FLIGHT} at most, or name a real Kafka with --bootstrap."
        )
    if report_file is not None and not report_file.resolve().parent.is_dir():
        raise ConfigError(f"--report {report_file}: there is no such folder; create it first.")
    settings = load_settings(None, policy_dir=policy)
    rules = load(settings.policy_dir)  # reports a faulty policy before anything starts
    total = min(bank.count(file), rows or sys.maxsize)
    contacts = islice(bank.contacts(bank.read(file), profiling_share), total)
    plan = Plan(file.name, total, partitions, in_flight, rate, profiling_share)
    with ExitStack() as stack:
        kafka = _broker(stack, bootstrap, partitions, rules, keep, console)
        found = play(plan, replace(settings, kafka=kafka), story(contacts), console)
    text = report.markdown(found)
    print(json.dumps(found, indent=2) if as_json else text)
    if report_file is not None:
        report_file.write_text(text, encoding="utf-8")
    if found["problems"]:
        raise typer.Exit(1)


class Plan(NamedTuple):
    """What is replayed, and how fast. rows: chains of four events each; rate: events a second, None: no limit."""

    source: str
    rows: int
    partitions: int = 4
    in_flight: int = IN_FLIGHT
    rate: float | None = None
    profiling_share: float = 1.0


def play(plan: Plan, settings: Settings, items: Iterable[Steps | Tick], console: Console) -> report.Data:
    """Start a worker on the broker and topics of `settings.kafka`, and feed it `items`.

    Returns:
        The data of the report.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="garbo-replay-")))
        worker, startup = own_pipeline.worker(stack, settings, folder)
        codec = wiring.codec(settings)
        pipeline = Pipeline(settings.kafka, codec, plan.partitions)
        stack.callback(pipeline.close)
        tally = Tally(settings.kafka, codec, plan.partitions, read_key(settings.model_key_file))
        stack.callback(tally.close)
        with _bar(console) as bar:
            task, began = bar.add_task("calls", total=plan.rows, rate="", flying=""), time.monotonic()

            def show(sent: Sent) -> None:
                speed = sent.ended / (time.monotonic() - began)
                bar.update(task, completed=sent.chains, rate=f"{speed:,.0f}", flying=str(sent.messages - sent.ended))

            feed = Feed(
                pipeline, tally, in_flight=plan.in_flight, rate=plan.rate, alive=worker.check, progress=show
            )  # fmt: skip
            sent = feed.run(items)
            if not sent.unanswered:
                feed.settle()
        if sent.unanswered:
            console.print(f"The end of the worker's log:\n{worker.log_tail()}", style="red", markup=False)
        broker = "Kafka, exactly once" if settings.kafka.transactional else "embedded, in memory, at least once"
        run = report.Run(plan.source, plan.rows, broker, plan.partitions, plan.in_flight, plan.rate,
                         plan.profiling_share, os.cpu_count() or 1, startup)  # fmt: skip
        return report.data(run, sent, tally, bank.FAMILY)


def story(contacts: Iterable[bank.Contact]) -> Iterator[Steps | Tick]:
    """The rows as chains, with a tick when each day's list is loaded, and one after the last row."""
    last = 0
    for loaded, of_day in groupby(contacts, key=lambda contact: contact.consents[0].at):
        yield Tick(loaded)
        for contact in of_day:
            last = contact.outcome.at
            yield contact.steps
    yield Tick(last + AFTERWARDS)


def _broker(
    stack: ExitStack, bootstrap: str | None, partitions: int, policy: Policy, keep: bool, console: Console
) -> KafkaSettings:
    """An embedded broker, or topics of a prefix of their own on `bootstrap`, deleted at the end unless `keep`."""
    if bootstrap is None:
        return own_pipeline.embedded(stack, partitions, policy)
    prefix = f"replay-bank-{datetime.now().astimezone():%Y%m%d-%H%M%S}-{os.getpid()}."
    kafka = load_settings(None, bootstrap=bootstrap, prefix=prefix).kafka
    kafka = replace(kafka, client={**kafka.client, **own_pipeline.QUIET})
    names = create(kafka, topic_specs(partitions, prefix, policy.vocabulary.command_channels))
    if keep:
        console.print(f"The topics of this replay are kept: {prefix}*")
    else:
        stack.callback(_delete, kafka, names)
    return kafka


def _delete(kafka: KafkaSettings, names: list[str]) -> None:
    for future in AdminClient(kafka.base()).delete_topics(names, operation_timeout=30.0).values():
        future.exception()  # wait; a finished replay does not fail because a topic is left


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]} events/s"),
        TextColumn("{task.fields[flying]} in flight"), TimeElapsedColumn(), TimeRemainingColumn(), console=console,
    )  # fmt: skip
