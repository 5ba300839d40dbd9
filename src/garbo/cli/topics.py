"""`garbo topics`: list the topics that Garbo needs and their problems, or create them."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from garbo.adapters.kafka.reader import present
from garbo.adapters.kafka.topics import DAY_MS, TopicSpec, create, topic_specs, verify
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import load_settings
from garbo.policy.loader import load

PARTITIONS: Final = 4  # enough for four workers; an installation chooses its own before the first event


def topics(
    make: Annotated[
        bool, typer.Option("--create", help="Create missing topics; existing topics are not changed.")
    ] = False,
    partitions: Annotated[
        int | None,
        typer.Option(
            envvar="GARBO_PARTITIONS",
            min=1,
            help="Partitions of topics keyed by person: the maximum number of workers. "
            "By default the number that party-events has, otherwise 4.",
        ),
    ] = None,
    replication: Annotated[
        int, typer.Option(envvar="GARBO_REPLICATION", help="Copies of each partition; -1: the broker's default.")
    ] = -1,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka broker, host:port (or GARBO_BOOTSTRAP).")] = None,
    prefix: Annotated[str | None, typer.Option(help="Prefix of all topic names (or GARBO_TOPIC_PREFIX).")] = None,
    policy: Annotated[
        Path | None,
        typer.Option(help="Policy folder; its channels have topics (or GARBO_POLICY_DIR). By default the bank."),
    ] = None,
    config: Annotated[Path | None, typer.Option(envvar="GARBO_CONFIG", help="TOML file with settings.")] = None,
) -> None:
    """List the topics that Garbo needs for a policy, with their problems: each channel has one for its commands.

    Exits with 1 if a topic is missing or wrong.
    """
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix, policy_dir=policy)
    channels = load(settings.policy_dir).vocabulary.command_channels
    kafka = settings.kafka
    there = present(kafka)  # also fails fast if there is no broker
    width = partitions or there.get(wiring.topics(settings).party_events) or PARTITIONS
    specs = topic_specs(width, kafka.prefix, channels)
    created = set(create(kafka, specs, replication=replication)) if make else set()
    problems = verify(kafka, specs)
    out = Console(highlight=False, soft_wrap=True)
    out.print(_table(specs, problems, created))
    for sentence in _grouped(specs, problems):
        out.print(f"[red]{escape(sentence)}[/]")
    for name in wiring.topics(settings).of_commands(there):
        if name not in {spec.name for spec in specs}:
            out.print(f"{escape(name)}: no channel of this policy; delete it when its dispatcher has done all")
    if problems:
        raise typer.Exit(1)
    out.print(f"[green]{len(specs)} topics, all as required[/]")


def _grouped(specs: list[TopicSpec], problems: list[str]) -> list[str]:
    """One sentence for all topics with the same problem: on a new cluster all are missing."""
    first: dict[str, str] = {}
    others: Counter[str] = Counter()
    for problem in problems:
        name = next((spec.name for spec in specs if _about(problem, spec)), "")
        trouble = problem.removeprefix(f"Topic {name} ")
        if first.setdefault(trouble, problem) is not problem:
            others[trouble] += 1
    return [f"{problem} (Same for {others[t]} others.)" if others[t] else problem for t, problem in first.items()]


def _about(problem: str, spec: TopicSpec) -> bool:
    return problem.startswith(f"Topic {spec.name} ")


def _table(specs: list[TopicSpec], problems: list[str], created: set[str]) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("topic", no_wrap=True)
    table.add_column("partitions", justify="right")
    table.add_column("kept")
    table.add_column("state")
    for spec in specs:
        mine = [problem for problem in problems if _about(problem, spec)]
        if mine:
            state = "[red]missing[/]" if "is missing" in mine[0] else "[red]wrong[/]"
        else:
            state = "[green]created[/]" if spec.name in created else "ok"
        kept = "latest of each key" if spec.retention_ms is None else f"{spec.retention_ms // DAY_MS} days"
        table.add_row(spec.name, str(spec.partitions), kept, state)
    return table
