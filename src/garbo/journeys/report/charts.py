"""The small charts: funnel, dwell, responses, pull. Each is one SVG of the page's width or of half of it."""

import math
from collections.abc import Sequence
from typing import Final

from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE, SECOND
from garbo.journeys.attraction import Attraction
from garbo.journeys.report.model import JourneyReport, Label, Responses, StageRow
from garbo.journeys.report.svg import INK, line, rect, svg, tag, text, title
from garbo.journeys.report.words import Say

HALF: Final = 560
_ROW: Final = 34.0
_NAMES: Final = 160.0
_TICKS: Final = (SECOND, MINUTE, HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY)


def funnel(report: JourneyReport, say: Say) -> str:
    """First visits to each stage of the ideal path, for each 100 journeys begun; beside, of the stage before."""
    first = {r.stage: r.entries - r.returns for r in report.stages} | {report.goal: report.reached}
    stages = [s for s in report.ideal if s in first]
    most = max([*(first[s] for s in stages), report.begun, 1])
    wide, out = HALF - _NAMES - 110, []
    for i, stage in enumerate(stages):
        y, n = 6 + i * _ROW, first[stage]
        ink = INK["goal"] if stage == report.goal else INK["node"]
        out.append(text(0, y + 16, say.label(report.labels.get(stage, {}), stage), "name"))
        out.append(rect(_NAMES, y, max(wide * n / most, 1.5), 22, ink, f"{say.number(n)}", 2))
        out.append(text(_NAMES + wide * n / most + 7, y + 15, say.percent(n / max(report.begun, 1)), "big"))
        if i:
            step = n / max(first[stages[i - 1]], 1)
            if step <= 1:  # more come from elsewhere than went on
                out.append(text(HALF, y + 15, f"× {say.number(step, 2)}", "soft", "end"))
    return svg(10 + len(stages) * _ROW, "".join(out), say("funnel"), HALF)


class _Log:
    """A logarithmic axis of durations."""

    def __init__(self, rows: Sequence[StageRow], left: float, right: float) -> None:
        values = [v for r in rows if r.dwell for v in (r.dwell.p10, r.dwell.p90)]
        self._low = math.log(max(min(values, default=MINUTE), SECOND) * 0.7)
        self._high = math.log(max(max(values, default=DAY), HOUR) * 1.4)
        self._left, self._right = left, right

    def __call__(self, ms: float) -> float:
        place = (math.log(max(ms, 1)) - self._low) / (self._high - self._low)
        return self._left + min(max(place, 0.0), 1.0) * (self._right - self._left)

    def shows(self, ms: float) -> bool:
        """Does it lie on the axis?"""
        return ms > 0 and self._low <= math.log(ms) <= self._high


def dwell(report: JourneyReport, say: Say) -> str:
    """How long visits last, a line for each stage."""
    rows = [r for r in report.stages if r.dwell]
    at, bottom = _Log(rows, _NAMES, HALF - 70), 6 + len(rows) * _ROW
    out = []
    for tick in _TICKS:
        if at.shows(tick):
            out.append(line(at(tick), 0, at(tick), bottom, INK["grid"]))
            out.append(text(at(tick), bottom + 13, say.duration(tick), "soft", "middle"))
    for i, row in enumerate(rows):
        y, d = 17 + i * _ROW, row.dwell
        if d is None:
            continue
        tip = f"10 %: {say.duration(d.p10)}, 50 %: {say.duration(d.p50)}, 90 %: {say.duration(d.p90)}"
        out.append(text(0, y + 5, say.label(row.label, row.stage), "name"))
        out.append(line(at(d.p10), y, at(d.p90), y, INK["onward"], 1.5))
        out.append(line(at(d.p25), y, at(d.p75), y, INK["onward"], 8))
        out.append(tag("circle", title(tip), cx=at(d.p50), cy=y, r=5, fill=INK["node"]))
        if at.shows(row.within):
            out.append(line(at(row.within), y - 9, at(row.within), y + 9, INK["goal"], 2.5))
        if at.shows(row.patience):
            out.append(text(at(row.patience), y + 5, "×", "big", "middle"))
        out.append(text(HALF, y + 5, say.duration(d.p50), "big", "end"))
    return svg(bottom + 20, "".join(out), say("dwell"), HALF)


def responses(rows: Sequence[Responses], labels: dict[str, Label], say: Say) -> str:
    """A bar for each stage or treatment: what share of its contacts had which response."""
    kinds, wide, out = ("positive", "neutral", "negative", "ignored"), HALF - _NAMES - 70, []
    x = _NAMES
    for kind in kinds:
        out.append(rect(x, 0, 10, 10, INK[kind]))
        out.append(text(x + 14, 9, say(kind), "soft"))
        x += 30 + 6.4 * len(say(kind))
    for i, row in enumerate(rows):
        y, x = 20 + i * _ROW, _NAMES
        counts = [row.positive, row.neutral, row.negative, row.ignored]
        whole = max(sum(counts), 1)
        out.append(text(0, y + 16, say.label(labels.get(row.name, {}), row.name), "name"))
        for kind, n in zip(kinds, counts, strict=True):
            share = n / whole
            out.append(rect(x, y, share * wide, 22, INK[kind], f"{say(kind)}: {say.number(n)} ({say.percent(share)})"))
            if share > 0.09:
                ink = "onbar" if kind in ("positive", "negative") else "onlight"
                out.append(text(x + share * wide / 2, y + 15, say.percent(share, 0), ink, "middle"))
            x += share * wide
        out.append(text(HALF, y + 15, say.number(row.contacts), "soft", "end"))
    return svg(24 + len(rows) * _ROW, "".join(out), say("responses"), HALF)


def pull(rows: Sequence[Attraction], labels: dict[str, Label], say: Say) -> str:
    """Visits for each party led to a stage, with intervals, about the ideal of 1."""
    ends = [v for r in rows for v in (r.pull.value, r.pull.low, r.pull.high) if v is not None]
    low, high = min([0.9, *ends]) - 0.03, max([1.1, *ends]) + 0.03
    left, right, bottom = _NAMES, HALF - 70, 6 + len(rows) * _ROW

    def at(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    out = [line(at(1), 0, at(1), bottom, INK["soft"], 1, "3 3"), text(at(1), bottom + 13, "1", "soft", "middle")]
    for i, row in enumerate(rows):
        y, p = 17 + i * _ROW, row.pull
        ink = INK["onward"] if p.low is None or p.high is None or p.low <= 1 <= p.high else INK["goal"]
        if p.high is not None and p.high < 1:
            ink = INK["back"]
        tip = f"{say('avoided')}: {say.percent(row.avoided.value)}, {say('returns')}: {say.percent(row.returned.value)}"
        out.append(text(0, y + 5, say.label(labels.get(row.stage, {}), row.stage), "name"))
        out.append(rect(min(at(1), at(p.value)), y - 4, abs(at(p.value) - at(1)), 8, ink, tip))
        if p.low is not None and p.high is not None:
            out.append(line(at(p.low), y, at(p.high), y, INK["text"], 1.5))
        out.append(tag("circle", title(tip), cx=at(p.value), cy=y, r=4.5, fill=ink))
        out.append(text(HALF, y + 5, say.number(p.value, 2), "big", "end"))
    return svg(bottom + 20, "".join(out), say("attraction"), HALF)
