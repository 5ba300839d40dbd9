"""`garbo evaluate`: what a challenger, or a score without one factor, would have earned, from the decision log.

NumPy and DuckDB are imported by the command itself, because every other command and every worker imports this module.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings, load_settings
from garbo.cli.policies import Policies
from garbo.cli.spans import span_of
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.instants import DAY
from garbo.errors import ConfigError
from garbo.evaluation.from_kafka import from_kafka
from garbo.evaluation.rows import Rows
from garbo.evaluation.targets import FACTORS, PolicyOf
from garbo.policy.loader import load

if TYPE_CHECKING:
    from garbo.evaluation.report import Evaluated, Report
    from garbo.learning.evaluation.off_policy import Interval

ZONE: Final = "Europe/Rome"  # of --from and --to when no policy is at hand
FAR: Final = 1 << 62
_NONE: Final = "none"


def evaluate(
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help="Challenger or shadow to evaluate; may be repeated. By default all in the log."
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FACTOR",
            help=f"Leave this factor out of the score: {', '.join(FACTORS)}, or {_NONE}; may be repeated. "
            "By default each in turn.",
        ),
    ] = None,
    conversion: Annotated[
        str, typer.Option(metavar="KIND[/THEME]", help="Touchpoint whose uplift against the hold-out is wanted.")
    ] = "",
    files: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Read Parquet or JSON lines from this folder, not Kafka.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write what was read to this folder, as JSON lines.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="DIR", help="With --files: folder of the policy that decided.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Only decisions since: 2025-03-10 or 2025-03-10T14:30.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Only decisions until then, the whole day included.")
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(min=0, metavar="DAYS", help="Days until a contact's outcome is known; by default the policies'."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka broker, host:port (or GARBO_BOOTSTRAP).")] = None,
    prefix: Annotated[str | None, typer.Option(help="Prefix of all topic names (or GARBO_TOPIC_PREFIX).")] = None,
    config: Annotated[Path | None, typer.Option(envvar="GARBO_CONFIG", help="TOML file with settings.")] = None,
) -> None:
    """Estimate what a challenger, or a score without one factor, would have earned on the recorded decisions.

    Exits with 1 when every question is refused, because the log cannot answer it. docs/evaluation.md.
    """
    from garbo.evaluation.from_files import to_files
    from garbo.evaluation.report import evaluate as evaluated

    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
    with Console(stderr=True).status("Reading the log of decisions..."):
        rows, policies = read(settings, files, policy)
        span = span_of(since, until, policies.zone)
        first, before = span.first or 0, span.before or FAR
        rows.decisions = [row for row in rows.decisions if first <= row.at < before]
        if save is not None:
            to_files(save, rows)
        report = evaluated(
            rows,
            policies.get,
            policies.window(rows) if window is None else window * DAY,
            models=model or None,
            factors=[] if without == [_NONE] else without or None,
            conversion=conversion,
        )
    if as_json:
        print(json.dumps(report.data(), indent=2, ensure_ascii=False))
    else:
        show(report, Console(highlight=False, soft_wrap=True))
    if report.refused:
        raise typer.Exit(1)


class AtHand:
    """The policies of recorded decisions."""

    def __init__(self, get: PolicyOf, zone: str) -> None:
        self.get, self.zone = get, zone

    def window(self, rows: Rows) -> int:
        """The longest window (ms) of the policies that decided."""
        from garbo.evaluation.report import longest_window

        found = {row.policy_version: self.get(row.policy_version) for row in rows.decisions}
        return longest_window([policy for policy in found.values() if policy is not None])


def read(settings: Settings, files: Path | None, folder: Path | None) -> tuple[Rows, AtHand]:
    """The log, and the policies that decided.

    Raises:
        ConfigError: a policy folder without files, or files that cannot be read.
        BrokerError: the broker does not answer.
    """
    if files is None:
        if folder is not None:
            raise ConfigError("--policy goes with --files: an installation has its policies on a topic.")
        policies = Policies(settings)
        rows = from_kafka(settings.kafka, wiring.topics(settings), wiring.codec(settings))
        return rows, AtHand(policies.get, policies.current.zone if policies.current else ZONE)
    from garbo.evaluation.from_files import from_files

    own = load(folder) if folder is not None else None

    def get(version: str) -> Policy | None:
        return own if own is not None and own.version == version else None

    return from_files(files), AtHand(get, own.zone if own else ZONE)


def show(report: "Report", out: Console) -> None:
    """Print the report for a person."""
    s = report.selection
    out.print(
        f"{len(s.draws):,} of {s.decided:,} decisions are used: {s.answered:,} contacts with a known outcome, "
        f"{s.unknown:,} without (cancelled or not made: they earn 0), {s.silent:,} times silence (earns 0)."
    )
    out.print(
        f"Left out: {s.undrawn:,} without a draw (service, confirmations, no exploration), {s.unprofiled:,} without "
        f"the consent profiling, {s.open:,} whose {report.window / DAY:g} days are not over, {s.odd:,} that contradict "
        "themselves."
    )
    if report.unreadable:
        out.print(f"[yellow]{report.unreadable:,} records could not be read.[/]")
    answered = [one for one in report.targets if not one.refused]
    if answered:
        out.print(_table(answered))
        out.print(
            "Euro a decision, with 95 % intervals. DR and SNIPS are the ones to trust; DM's interval does not hold the "
            "error of its reward model (a ridge regression for each action)."
        )
    for one in report.targets:
        for sentence in one.refused:
            out.print(f"[red]refused[/] {_name(one)}: {escape(sentence)}.")
        for sentence in one.estimates.doubts if one.estimates is not None and not one.refused else ():
            out.print(f"[yellow]doubt[/] {_name(one)}: {escape(sentence)}.")
        if one.unknown:
            out.print(f"{_name(one)}: {one.unknown:,} decisions are left out, which it cannot be repeated at.")
    if report.uplift is not None:
        _uplift(report, out)


def _name(one: "Evaluated") -> str:
    return escape(f"without {one.name}" if one.kind == "without" else one.name)


def _table(answered: "list[Evaluated]") -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("target", "ESS", "as logged", "IPS", "SNIPS", "DM", "DR", "DR - logged"):
        table.add_column(heading, justify="left" if heading == "target" else "right")
    for one in answered:
        e = one.estimates
        if e is None:
            continue
        figures = (e.logged, e.ips, e.snips, e.dm, e.dr, e.gain)
        table.add_row(_name(one), f"{e.ess:,.0f}", *(_figure(figure) for figure in figures))
    return table


def _figure(interval: "Interval") -> str:
    return f"{interval.mean:.4f} ({interval.low:.4f} to {interval.high:.4f})"


def _uplift(report: "Report", out: Console) -> None:
    u = report.uplift
    if u is None:
        return
    if u.refused:
        out.print(f"[red]refused[/] uplift of {escape(u.conversion)}: {escape(u.refused)}.")
        return
    out.print(
        f"Uplift of {escape(u.conversion)}: {u.marketed.rate:.2%} of {u.marketed.parties:,} parties with marketing, "
        f"{u.held_out.rate:.2%} of {u.held_out.parties:,} in the hold-out: {u.difference:+.2%} "
        f"({u.low:+.2%} to {u.high:+.2%})."
    )
