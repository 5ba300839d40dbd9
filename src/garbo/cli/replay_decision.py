"""`garbo replay-decision`: recompute recorded decisions from the log and compare them byte for byte."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from garbo.adapters.kafka.reader import partition_count, present, read_all
from garbo.audit.recompute.recompute import Verdict
from garbo.audit.recompute.trail import ReplayResult, Tally, Trail
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings, load_settings
from garbo.core.policy.compiled import compiled
from garbo.errors import ConfigError, NotFoundError, PolicyError
from garbo.learning.model_key import read_key
from garbo.policy.loader import load
from garbo.processors.partitioner import partition_for
from garbo.processors.ports import ConsumerRecord
from garbo.readmodel.decisions import DecisionLog


def replay_decision(
    decision: Annotated[
        str | None, typer.Argument(metavar="[DECISION]", help="Id of a decision (d-...) or of an action (a-...).")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Recompute every decision on the log.")] = False,
    party: Annotated[str | None, typer.Option(help="Recompute every decision of this party.")] = None,
    policy: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the policy that decided, if it was never published."),
    ] = None,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka broker, host:port (or GARBO_BOOTSTRAP).")] = None,
    prefix: Annotated[str | None, typer.Option(help="Prefix of all topic names (or GARBO_TOPIC_PREFIX).")] = None,
    config: Annotated[Path | None, typer.Option(envvar="GARBO_CONFIG", help="TOML file with settings.")] = None,
) -> None:
    """Recompute decisions from their events, rows, policy and models, and compare them with the recorded ones.

    Exits with 1 unless every requested decision is byte-equal.
    """
    if 1 != (decision is not None) + everything + (party is not None):
        raise ConfigError("give exactly one of: a decision, --party, --all.")
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix, policy_dir=policy)
    out = Console(highlight=False, soft_wrap=True)
    trail = _trail(settings)
    partitions = partition_count(settings.kafka, wiring.topics(settings).decisions)
    tally = Tally()
    if everything:
        with _bar() as bar:
            task = bar.add_task("", total=None)

            def count(result: ReplayResult) -> None:
                tally.add(result)
                bar.advance(task)

            for partition in range(partitions):
                trail.walk(partition, count)
    else:
        wanted = decision or ""
        whose = party or _party_of(settings, wanted)

        def show(result: ReplayResult) -> None:
            record = result.record
            if not wanted or (record is not None and wanted in (record.decision_id, record.action_id)):
                tally.add(result)
                mark = "[green]" if result.verdict is Verdict.SAME else "[red]"
                name = f"{record.decision_id}  " if record else ""
                out.print(f"{mark}{result.verdict.value}[/]  {name}{escape(result.why)}")

        with Console(stderr=True).status("Reading the log..."):
            trail.walk(partition_for(whose.encode(), partitions), show, whose)
    if not tally.total:
        raise NotFoundError("there is no such decision: check the spelling and --prefix.")
    if everything:
        for example in tally.examples:
            out.print(escape(example))
    counts = ", ".join(f"{count:,} {verdict.value}" for verdict, count in tally.verdicts.items())
    out.print(f"{tally.total:,} decisions recomputed: {counts}")
    if tally.same != tally.total:
        raise typer.Exit(1)


def _trail(settings: Settings) -> Trail:
    policies = []
    with suppress(PolicyError):  # a published policy may be enough
        policies.append(compiled(load(settings.policy_dir)))

    def read(topics: Sequence[str], partition: int | None) -> Iterable[ConsumerRecord]:
        only = None if partition is None else {topic: [partition] for topic in topics}
        return read_all(settings.kafka, topics, partitions=only)

    return Trail(
        read, wiring.codec(settings), wiring.topics(settings), present(settings.kafka), policies, settings.region,
        read_key(settings.model_key_file),
    )  # fmt: skip


def _party_of(settings: Settings, wanted: str) -> str:
    records = DecisionLog(settings.kafka, wiring.topics(settings), wiring.codec(settings)).by_id(wanted)
    if not records:
        raise NotFoundError(f"no decision {wanted}: check the spelling and --prefix; decisions are kept for 90 days.")
    return records[0].party


@contextmanager
def _bar() -> Iterator[Progress]:
    columns = (TextColumn("decisions"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield bar
