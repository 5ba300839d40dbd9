"""The figures of a KPI cell, for people and for JSON: rates, medians, responses. Nothing here adds up: cells do."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from garbo.core.journeys.cells import (
    ANSWER_BITS,
    COUNTS,
    DWELL_EXITS,
    EXIT_CODE,
    EXITS,
    UNANSWERED,
    VALUE,
    Cell,
    merge,
)
from garbo.core.journeys.histogram import quantile
from garbo.readmodel.journey_kpis import Line

QUANTILES: Final = (0.1, 0.5, 0.9)


class Figures(NamedTuple):
    """What one cell says. Durations in milliseconds; a rate is None if it is of nothing.

    conversion: share of the exits that went onward. abandonment: share that dropped out. dwell: by exit, "" for all,
    the quantiles .1, .5 and .9. answered: share of the visits that got an answer; answer: median time to it. needs_in_
    time: share of the needs that ended. pressure: contacts per entry. contacts_per_goal: contacts per goal reached.
    value_customer: the value to the customer delivered (euro), also of each treatment.
    """

    counts: Mapping[str, int]
    exits: int
    conversion: float | None
    abandonment: float | None
    dwell: Mapping[str, tuple[int | None, ...]]
    answered: float | None
    answer: int | None
    needs_in_time: float | None
    pressure: float | None
    contacts_per_goal: float | None
    targets: Mapping[str, int]
    held: Mapping[str, int]
    treated: Mapping[str, Mapping[str, int | float]]
    value_customer: float


class JourneyFigures(NamedTuple):
    """A journey as a whole: begun, those that reached the goal, left and stay; contacts per goal reached;
    value to the customer delivered (euro)."""

    begun: int
    goals: int
    conversion: float | None
    left: int
    present: int
    contacts: int
    contacts_per_goal: float | None
    value_customer: float


def figures(cell: Cell) -> Figures:
    """The figures of a cell, or of a sum of cells."""
    counts = {name: cell.counts[i] for i, name in enumerate(COUNTS) if i in cell.counts}
    delivered = counts.pop(VALUE, 0)
    exits = sum(counts.get(name, 0) for name in EXITS)
    answered: dict[int, int] = {}
    for key, n in cell.answer.items():
        if not key & UNANSWERED:
            answered[key >> ANSWER_BITS] = answered.get(key >> ANSWER_BITS, 0) + n
    needs = [counts.get(name, 0) for name in ("need_in_time", "need_late", "need_unanswered")]
    contacts = counts.get("contact", 0)
    return Figures(
        counts=counts,
        exits=exits,
        conversion=_share(counts.get("onward", 0), exits),
        abandonment=_share(counts.get("drop", 0), exits),
        dwell={how: tuple(quantile(_dwell(cell, how), q) for q in QUANTILES) for how in ("", *DWELL_EXITS)},
        answered=_share(sum(answered.values()), sum(cell.answer.values())),
        answer=quantile(answered, 0.5),
        needs_in_time=_share(needs[0], sum(needs)),
        pressure=_share(contacts, counts.get("enter", 0)),
        contacts_per_goal=_share(contacts, counts.get("goal", 0)),
        targets=dict(sorted(cell.targets.items())),
        held=dict(sorted(cell.held.items())),
        treated=_treated(cell),
        value_customer=delivered / 1000,
    )


def journey_figures(cells: Iterable[Cell]) -> JourneyFigures:
    """The figures of a journey from all its cells. One that began before the first of them counts as present less."""
    total = merge(cells)
    count = total.count
    entries, moves = count("enter"), sum(total.targets.values())
    left = count("drop") + count("end") + count("merged")
    return JourneyFigures(
        begun=entries - moves,
        goals=count("goal"),
        conversion=_share(count("goal"), entries - moves),
        left=left,
        present=entries - sum(map(count, EXITS)),
        contacts=count("contact"),
        contacts_per_goal=_share(count("contact"), count("goal")),
        value_customer=count(VALUE) / 1000,
    )


def as_json(line: Line, now_ms: int) -> dict[str, Any]:
    """A line with its figures."""
    found = figures(line.cell)
    return {
        "start": line.start,
        "end": line.end,
        "final": line.is_final(now_ms),
        "stage": line.stage,
        "channel": line.channel,
        "segment": line.segment,
        **found._asdict(),
        "dwell": {how or "all": values for how, values in found.dwell.items()},
    }


def _dwell(cell: Cell, how: str) -> dict[int, int]:
    """The histogram of the dwell before this exit; "" for every exit."""
    found: dict[int, int] = {}
    for key, n in cell.dwell.items():
        if not how or key & 3 == EXIT_CODE[how]:
            found[key >> 2] = found.get(key >> 2, 0) + n
    return found


def _treated(cell: Cell) -> dict[str, dict[str, int | float]]:
    found: dict[str, dict[str, int | float]] = {}
    for key, n in sorted(cell.treated.items()):
        action, _, what = key.rpartition("|")
        found.setdefault(action, {})[what] = n / 1000 if what == VALUE else n
    return found


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None
