"""The report on the terminal: what limits each journey first, then its stages, and what was owed and not given."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from garbo.journeys.finding import Finding
from garbo.journeys.jackknife import Estimate
from garbo.journeys.narrowing import Bar
from garbo.journeys.report.model import JourneyReport, Report
from garbo.journeys.report.sentences import claim, drifted, no_claim
from garbo.journeys.report.tables import LEAST_RANKED
from garbo.journeys.report.words import Say

_FINDINGS: Final = 5
_BAR: Final = 12
_NARROW: Final = 110
"""Below so many columns a table leaves out what the page has."""


def show(report: Report, bar: Bar, say: Say, out: Console) -> None:
    """Print the report."""
    for journey in report.journeys:
        _journey(journey, report, bar, say, out)
    for note in report.notes:
        out.print(escape(say.label(note, "")), style="dim")


def _journey(j: JourneyReport, report: Report, bar: Bar, say: Say, out: Console) -> None:
    name = say.label(j.label, j.journey)
    span = f"{_day(j.since)} – {_day(report.until)}"
    out.print(f"[bold]{escape(name)}[/] [dim]({escape(j.journey)}, {span})[/]")
    expected = f" ({say('expected', share=say.percent(j.expect))})" if j.expect else ""
    lost = sum(row.drop_off.total for row in j.stages)
    out.print(
        f"{say.percent(j.completion)} {say('completion')}{expected}; {say.number(j.begun)} {say('begun')}, "
        f"{say.number(j.reached)} {say('reached')}, {say.number(lost)} {say('lost_visits')}"
    )
    out.print()
    for f in j.narrowing.claims[:3]:
        said = claim(f, j.labels, say)
        out.print(Padding(f"[bold red]▶ {escape(said.head)}[/] {escape(said.text)} {escape(said.more)}", (0, 0, 0, 1)))
    if not j.narrowing.claims:
        for said_ in no_claim(j, bar, say):
            if said_:
                out.print(Padding(escape(said_), (0, 0, 0, 1)))
        if not any(row.drop_off.exits >= bar.visits for row in j.stages):
            out.print(Padding(f"[yellow]{escape(say('few_visits', number=say.number(bar.visits)))}[/]", (0, 0, 0, 1)))
    for d in j.drifts:
        out.print(Padding(f"[yellow]~[/] {escape(drifted(d, j.labels, say))}", (0, 0, 0, 1)))
    wide = out.width >= _NARROW
    for table in (_ranking(j, say, wide), _stages(j, say, wide), _avoided(j, say), _attention(j, say)):
        if table is not None:
            out.print()
            out.print(table)
    out.print()


def _table(title: str) -> Table:
    return Table(
        title=f"[bold]{escape(title)}[/]", title_style="", title_justify="left", box=None, header_style="dim",
        padding=(0, 1, 0, 0),
    )  # fmt: skip


def _columns(table: Table, left: Sequence[str], right: Sequence[str]) -> None:
    for header in left:
        table.add_column(header, overflow="fold")
    for header in right:
        table.add_column(header, justify="right", no_wrap=True)


def _ranking(j: JourneyReport, say: Say, wide: bool) -> Table | None:
    rows = [f for f in j.narrowing.ranking if abs(f.gain) >= LEAST_RANKED][:_FINDINGS]
    if not rows:
        return None
    table = _table(say("ranking"))
    more = [say("band"), say("sure")] if wide else [say("band")]
    _columns(table, [say("stage"), say("cause")], [say("share"), say("usual"), say("gain"), say("interval"), *more])
    if wide:
        table.add_column(say("where"), overflow="fold")
    for f in rows:
        mark = "[bold red]" if f in j.narrowing.claims else ""
        cells = [
            escape(say.label(j.labels.get(f.stage, {}), f.stage)), escape(_cause(f, say)),
            say.percent(f.share, 0), say.percent(f.usual, 0), say.rise(f.gain), _span(f.low, f.high, say),
            _span(f.band_low, f.band_high, say),
        ]  # fmt: skip
        if wide:
            cells += [say.number(f.sure, 2), escape(say.where(f.channel, f.segment) or "–")]
        table.add_row(*[f"{mark}{cell}[/]" if mark else cell for cell in cells])
    return table


def _cause(f: Finding, say: Say) -> str:
    named = say.cause(f"{f.cause}:{f.detail}" if f.detail else f.cause)
    return f"{named} ({say('association')})" if f.association else named


def _stages(j: JourneyReport, say: Say, wide: bool) -> Table:
    """The funnel and the drop-offs."""
    table = _table(say("stages"))
    counts = [say("entries"), say("onward"), say("back"), say("aside")] if wide else [say("entries"), say("onward")]
    _columns(table, [say("stage")], [*counts, say("lost"), say("median"), say("time")])
    if wide:
        table.add_column(say("weight"), justify="right", no_wrap=True)
    table.add_column(say("funnel"), no_wrap=True)
    most = max((row.entries - row.returns for row in j.stages), default=0)
    for row in j.stages:
        n, exits = say.number, row.drop_off.exits
        moved = [n(row.entries), n(row.onward), n(row.back), n(row.aside)] if wide else [n(row.entries), n(row.onward)]
        first = max(row.entries - row.returns, 0)
        cells = [
            escape(say.label(row.label, row.stage)), *moved, _estimate(row.lost, say) if exits else "–",
            say.duration(row.dwell.p50) if row.dwell is not None else "–", say.percent(row.time, 0),
            *([say.rise(row.weight)] if wide else []), _bar(first, most),
        ]  # fmt: skip
        table.add_row(*cells)
    table.add_row(escape(say.label(j.labels.get(j.goal, {}), j.goal)), say.number(j.reached),
                  *[""] * (7 if wide else 4), _bar(j.reached, most), style="green")  # fmt: skip
    return table


def _avoided(j: JourneyReport, say: Say) -> Table | None:
    if not j.attraction:
        return None
    table = _table(say("attraction"))
    _columns(table, [say("stage")], [say("led"), say("avoided"), say("returns"), say("pull")])
    table.add_column(say("why"), overflow="fold")
    for a in j.attraction:
        why = a.whys[0] if a.whys else None
        said = "" if why is None else say(
            "why_one", obstacle=say.cause(why.obstacle), avoiders=say.percent(why.avoiders, 0),
            enterers=say.percent(why.enterers, 0),
        )  # fmt: skip
        table.add_row(
            escape(say.label(j.labels.get(a.stage, {}), a.stage)), say.number(a.led), say.percent(a.avoided.value),
            say.percent(a.returned.value), say.number(a.pull.value, 2), escape(said),
        )  # fmt: skip
    return table


def _attention(j: JourneyReport, say: Say) -> Table | None:
    owed = [a for a in j.attention if a.silent or a.late or a.unanswered]
    if not owed:
        return None
    table = _table(say("attention"))
    _columns(table, [say("stage")], [say("silent"), say("needs"), say("late"), say("unanswered")])
    table.add_column(say("reasons"), overflow="fold")
    for a in owed:
        reasons = sorted(a.reasons.items(), key=lambda x: (-x[1], x[0]))[:3]
        said = ", ".join(f"{say.cause(name)} {say.number(n)}" for name, n in reasons)
        table.add_row(
            escape(say.label(j.labels.get(a.stage, {}), a.stage)), say.number(a.silent), say.number(a.needs),
            say.number(a.late), say.number(a.unanswered), escape(said),
        )  # fmt: skip
    return table


def _bar(n: int, most: int) -> str:
    """Eighths of a block: so many of the most."""
    eighths = round(8 * _BAR * min(n / most, 1.0)) if most else 0
    full, rest = divmod(eighths, 8)
    return "█" * full + ("▏▎▍▌▋▊▉"[rest - 1] if rest else "")


def _estimate(found: Estimate, say: Say) -> str:
    value = say.percent(found.value)
    if found.low is None or found.high is None:
        return value
    return f"{value} ±{say.number(100 * (found.high - found.low) / 2, 1)}"


def _span(low: float, high: float, say: Say) -> str:
    return f"{say.rise(low).removesuffix(' %')} … {say.rise(high)}"


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")
