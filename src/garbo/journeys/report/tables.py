"""The tables: what the pictures show, in numbers."""

from collections.abc import Sequence
from html import escape
from typing import Final

from garbo.journeys.attraction import Attraction, LikedStop
from garbo.journeys.finding import Finding
from garbo.journeys.jackknife import Estimate
from garbo.journeys.report.model import Attention, JourneyReport, Label, Responses, Slice
from garbo.journeys.report.words import Say

MOST_FINDINGS: Final = 8
FEW_EXITS: Final = 30
LEAST_RANKED: Final = 0.005
"""Gains below half a percent are left out of the ranking."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Cells are HTML. The first `left` columns are aligned left."""
    align = [' class="l"' if i < left else "" for i in range(len(head))]
    top = "".join(f"<th{a}>{escape(h)}</th>" for h, a in zip(head, align, strict=True))
    lines = ["".join(f"<td{a}>{c}</td>" for c, a in zip(row, align, strict=True)) for row in rows]
    body = "".join(f"<tr>{cells}</tr>" for cells in lines)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def interval(found: Estimate, say: Say, places: int = 1) -> str:
    """12.3 % with its interval below it in small type."""
    if found.low is None or found.high is None:
        return say.percent(found.value, places)
    low, high = (say.number(100 * max(v, 0.0), places) for v in (found.low, found.high))
    return f"{say.percent(found.value, places)} <small>{low}–{high}</small>"


def stages(report: JourneyReport, say: Say, marked: str) -> str:
    """A line for each stage."""
    head = ["stage", "turn", "entries", "returns", "skipped", "exits", "onward", "back", "aside", "lost", "median",
            "p90", "time", "touches", "weight"]  # fmt: skip
    rows = []
    for r in report.stages:
        exits = max(r.drop_off.exits, 1)
        name = escape(say.label(r.label, r.stage))
        rows.append([
            f"<b class=hot>{name}</b>" if r.stage == marked else name,
            escape(say(r.turn)) if r.turn else "", say.number(r.entries), say.number(r.returns), say.number(r.skips),
            say.number(r.drop_off.exits), *(say.percent(n / exits) for n in (r.onward, r.back, r.aside)),
            interval(r.lost, say), say.duration(r.dwell.p50) if r.dwell else "–",
            say.duration(r.dwell.p90) if r.dwell else "–", say.percent(r.time, 0), say.number(r.touches, 1),
            say.rise(r.weight),
        ])  # fmt: skip
    return table([say(h) for h in head], rows, 2)


def findings(ranking: Sequence[Finding], claimed: Sequence[Finding], labels: dict[str, Label], say: Say) -> str:
    """The causes by gain, those claimed in bold."""
    head = ["stage", "cause", "detail", "gain", "interval", "band", "sure", "share", "usual", "where"]
    rows = []
    for f in [f for f in ranking if f.gain >= LEAST_RANKED][:MOST_FINDINGS]:
        cause = escape(say.cause(f.cause)) + (
            f" <small>({escape(say('association'))})</small>" if f.association else ""
        )
        rows.append([
            escape(say.label(labels.get(f.stage, {}), f.stage)), f"<b class=hot>{cause}</b>" if f in claimed else cause,
            escape(f.detail), say.rise(f.gain, 1), f"{say.rise(f.low, 1)} … {say.rise(f.high, 1)}",
            f"{say.rise(f.band_low, 1)} … {say.rise(f.band_high, 1)}", say.number(f.sure, 2), say.percent(f.share),
            say.percent(f.usual), escape(say.where(f.channel, f.segment) or say("everywhere")),
        ])  # fmt: skip
    return table([say(h) for h in head], rows, 3) if rows else ""


def treatments(rows: Sequence[Responses], say: Say) -> str:
    """A line for each treatment. An offer that rides on another contact has no contact of its own, and one contact may
    have several responses: then there is no share."""
    head = ["treatment", "contacts", "positive", "neutral", "negative", "ignored", "value"]
    body = [
        [escape(r.name), say.number(r.contacts)]
        + [
            f"{say.number(n)} <small>{say.percent(n / r.contacts, 0)}</small>" if 0 < r.contacts >= n else say.number(n)
            for n in (r.positive, r.neutral, r.negative, r.ignored)
        ]
        + [say.number(r.value)]
        for r in rows
    ]
    return table([say(h) for h in head], body)


def attraction(rows: Sequence[Attraction], labels: dict[str, Label], say: Say) -> str:
    """Avoided, returned, and why."""
    body = []
    for r in rows:
        whys = "<br>".join(
            escape(
                say(
                    "why_one",
                    obstacle=say.cause(w.obstacle),
                    avoiders=say.percent(w.avoiders, 0),
                    enterers=say.percent(w.enterers, 0),
                )
            )
            for w in r.whys[:3]
        )
        body.append([escape(say.label(labels.get(r.stage, {}), r.stage)), whys, say.number(r.led),
                     interval(r.avoided, say), interval(r.returned, say)])  # fmt: skip
    head = [say(h) for h in ("stage", "why", "led", "avoided", "returns")]
    if any(r.whys for r in rows):
        return table(head, body, 2)
    return table([head[0], *head[2:]], [[row[0], *row[2:]] for row in body])


def liked(rows: Sequence[LikedStop], labels: dict[str, Label], say: Say) -> str:
    """Where customers like to stop."""
    body = [
        [
            escape(say.label(labels.get(r.stage, {}), r.stage)), say.number(r.entries), say.number(r.touches.value, 2),
            interval(r.returned, say), say.duration(r.dwell) if r.dwell is not None else "–",
        ]
        for r in rows
    ]  # fmt: skip
    return table([say(h) for h in ("stage", "entries", "touches", "returns", "median")], body)


def attention(rows: Sequence[Attention], labels: dict[str, Label], say: Say) -> str:
    """What was owed and not given; "" if there is nothing."""
    body = []
    for r in rows:
        if not (r.silent or r.late or r.unanswered):
            continue
        reasons = sorted(r.reasons.items(), key=lambda x: (-x[1], x[0]))
        said = [f"{say.cause(name)} {say.number(n)}" for name, n in reasons[:4]]
        rest = r.silent - sum(n for _, n in reasons[:4])
        said += [f"{say('waited')} {say.number(rest)}"] if rest > 0 else []
        body.append([escape(say.label(labels.get(r.stage, {}), r.stage)), escape(", ".join(said)), say.number(r.silent),
                     say.number(r.needs), say.number(r.late), say.number(r.unanswered)])  # fmt: skip
    head = [say(h) for h in ("stage", "reasons", "silent", "needs", "late", "unanswered")]
    return table(head, body, 2) if body else ""


def slices(rows: Sequence[Slice], names: Sequence[tuple[str, str]], say: Say) -> str:
    """Drop-off by slice and stage, darker where more is lost. names: (stage, label)."""
    begun = any(r.begun is not None for r in rows)
    head = ["", say("visits"), *([say("begun"), say("reached")] if begun else [say("reached")]), *(n for _, n in names)]
    body = []
    for r in rows:
        cells = []
        for stage, _ in names:
            found = r.lost.get(stage)
            if found is None or found.exits < FEW_EXITS:
                cells.append('<span class="soft">–</span>')
            else:
                shade = f"background:rgba(179,38,30,{min(found.rate, 0.85) * 0.75:.2f})"
                exits = f"<small>{say.number(found.exits)}</small>"
                cells.append(f'<span class="heat" style="{shade}">{say.percent(found.rate)}</span> {exits}')
        counts = [say.number(r.visits), *([say.number(r.begun)] if r.begun is not None else []), say.number(r.reached)]
        body.append([escape(say.segment(r.name) or say("nobody")), *counts, *cells])
    return table(head, body)
