"""`garbo journey kpis`: how the journeys go, from the KPI cells."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from garbo.bootstrap import wiring
from garbo.bootstrap.settings import load_settings
from garbo.cli.letters import Bootstrap, Config, Prefix
from garbo.cli.policies import Policies
from garbo.cli.spans import since_of
from garbo.core.journeys.cells import LIFE_CYCLE
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.errors import ConfigError, NotFoundError
from garbo.readmodel.journey_figures import Figures, JourneyFigures, as_json, figures, journey_figures
from garbo.readmodel.journey_kpis import SPANS, SPLITS, JourneyKpis, Line, Question, Span, from_kafka

_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60))


def kpis(
    journey: Annotated[str | None, typer.Argument(help="Only this journey.")] = None,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="From: 2h, 30d, 2025-03-10, in UTC; taken to whole hours.")
    ] = "30d",
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before; by default now.")] = None,
    by: Annotated[str, typer.Option(help=f"The length of a line: {', '.join(SPANS)}.")] = "all",
    split: Annotated[
        str, typer.Option(help=f"What each line is of, separated by commas: {', '.join(SPLITS)}.")
    ] = "stage",
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="PART=NAME", help="Only this stage, channel or segment: channel=email; repeatable."),
    ] = None,
    in_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, with all counts and histograms' quantiles.")
    ] = False,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    config: Config = None,
) -> None:
    """Show how journeys go: entries, exits, conversion, dwell, answers, contacts and responses, by stage.

    Reads the cells of journey-kpis. An hour is final a day after its end.
    """
    now = time.time_ns() // 1_000_000
    parts = [part.strip() for part in split.split(",") if part.strip()]
    if by not in SPANS:
        raise ConfigError(f"--by {by}: no such span{did_you_mean(by, SPANS)}")
    for part in parts:
        if part not in SPLITS:
            raise ConfigError(f"--split {part}: no such part{did_you_mean(part, SPLITS)}")
    kept = _only(only or ())
    first, last = since_of(since, now), None if until is None else since_of(until, now)
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
    found = from_kafka(
        settings.kafka, wiring.topics(settings), wiring.codec(settings),
        journeys=None if journey is None else [journey], since=first, until=last,
    )  # fmt: skip
    if journey is not None and journey not in found.journeys:
        raise NotFoundError(f"there is no cell of journey {journey!r} since {since}; `garbo journey kpis` shows all")
    asked = [
        Question(name, first, last, _span(by), parts, **kept)
        for name in found.journeys
        if journey is not None or name != LIFE_CYCLE
    ]
    if in_json:
        print(json.dumps([_json(found, question, now) for question in asked], indent=2, ensure_ascii=False))
        return
    out, policy = Console(highlight=False), Policies(settings).current
    if not asked:
        out.print(f"No journey has a cell since {since}.")
    for question in asked:
        lines = found.read(question)
        if question.journey == LIFE_CYCLE:
            out.print(life_cycle(question, lines))
            continue
        out.print(table(question, _in_order(lines, policy, question.journey), now))
        if not kept.keys() - {"segment"}:  # a part of the stages does not know who began
            out.print(escape(summary(journey_figures(line.cell for line in lines))), soft_wrap=True)
        out.print()
    if found.unreadable:
        out.print(f"{found.unreadable} messages are no cells of this version; they are left out.")


def table(question: Question, lines: Sequence[Line], now_ms: int) -> Table:
    """One line a span and group. A span that is not final has a star."""
    made = Table(
        title=escape(question.journey or "(no journey)"), title_justify="left", box=None, header_style="bold",
        padding=(0, 1, 0, 0),
    )  # fmt: skip
    if question.by != "all":
        made.add_column("from", no_wrap=True)
    for name in SPLITS:
        if name in question.split:
            made.add_column(name, overflow="fold")
    for header in (
        "entries", "onward", "back", "aside", "drop", "end", "conv.", "dwell p50", "p90", "answered", "after",
        "contacts", "+/0/-", "value", "goal",
    ):  # fmt: skip
        made.add_column(header, justify="right", no_wrap=True)
    for line in lines:
        start = [] if question.by == "all" else [_instant(line.start) + ("" if line.is_final(now_ms) else "*")]
        names = [escape(getattr(line, name)) or "-" for name in SPLITS if name in question.split]
        made.add_row(*start, *names, *_values(figures(line.cell)))
    return made


def life_cycle(question: Question, lines: Sequence[Line]) -> Table:
    """The moves along the life cycle: one line a span, state that was left, and state that was entered."""
    made = Table(title="life cycle", title_justify="left", box=None, header_style="bold", padding=(0, 1, 0, 0))
    for header in ("since", "from", "to"):
        made.add_column(header, no_wrap=True)
    made.add_column("moves", justify="right")
    for line in lines:
        for target, moves in sorted(line.cell.targets.items()):
            made.add_row(_instant(line.start), escape(line.stage) or "-", escape(target), f"{moves:,}")
    return made


def _in_order(lines: Sequence[Line], policy: Policy | None, journey: str) -> list[Line]:
    """In the order of time, then of the map, then of the names."""
    found = None if policy is None else policy.journeys.get(journey)
    places = {} if found is None else {stage: place for place, stage in enumerate(found.stages)}
    return sorted(lines, key=lambda line: (line.start, places.get(line.stage, len(places)), line[2:5]))


def _values(found: Figures) -> list[str]:
    n = found.counts.get
    _, median, ninety = found.dwell[""]
    return [
        *(f"{n(name, 0):,}" for name in ("enter", "onward", "back", "aside", "drop", "end")),
        _percent(found.conversion), _span_of(median), _span_of(ninety), _percent(found.answered),
        _span_of(found.answer), f"{n('contact', 0):,}",
        "/".join(str(n(name, 0)) for name in ("positive", "neutral", "negative")), f"{found.value_customer:,.2f}",
        f"{n('goal', 0):,}",
    ]  # fmt: skip


def summary(found: JourneyFigures) -> str:
    """The journey in a sentence."""
    per_goal = "" if found.contacts_per_goal is None else f", {found.contacts_per_goal:.1f} for each goal"
    return (
        f"{found.begun:,} began, {found.goals:,} reached the goal ({_percent(found.conversion) or 'none'}), "
        f"{found.left:,} left, {found.present:,} more entered than left; {found.contacts:,} contacts{per_goal}; "
        f"value to the customer delivered: EUR {found.value_customer:,.2f}."
    )


def _json(found: JourneyKpis, question: Question, now_ms: int) -> dict[str, Any]:
    lines = found.read(question)
    return {
        "journey": question.journey,
        **journey_figures(line.cell for line in lines)._asdict(),
        "lines": [as_json(line, now_ms) for line in lines],
    }


def _only(pairs: Sequence[str]) -> dict[str, str]:
    """The names of `--only`, by part."""
    kept: dict[str, str] = {}
    for pair in pairs:
        part, equals, name = pair.partition("=")
        if not equals or part not in SPLITS:
            raise ConfigError(f"--only {pair}: write PART=NAME, as channel=email{did_you_mean(part, SPLITS)}")
        kept[part] = name
    return kept


def _span(by: str) -> Span:
    return next(span for span in SPANS if span == by)


def _instant(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def _span_of(ms: int | None) -> str:
    """A duration in two digits."""
    if ms is None:
        return ""
    seconds = ms / 1000
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}" if seconds < 10 * size else f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
