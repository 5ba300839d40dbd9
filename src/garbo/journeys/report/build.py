"""From cells to what the report shows.

All figures of a journey are of one period: the windows that are ripe (`merged.ripe_from`) and before `until`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import numpy as np

from garbo.core.journeys.cells import VALUE, Cell, Waited, merge, waited
from garbo.core.journeys.histogram import middle, quantile
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.journeys.attraction import attraction, liked_stops
from garbo.journeys.causes import HOLDING, cause_of
from garbo.journeys.chain import completion
from garbo.journeys.drift import Drift, drifts
from garbo.journeys.drop_off import drop_off
from garbo.journeys.finding import Narrowing
from garbo.journeys.from_cells import to_tally
from garbo.journeys.jackknife import Estimate, share
from garbo.journeys.merged import PartitionCell, merge_period, ripe_cells
from garbo.journeys.narrowing import Bar, find
from garbo.journeys.plan import JourneyPlan, StagePlan
from garbo.journeys.report.model import Attention, Dwell, JourneyReport, Label, Report, Responses, Slice, StageRow
from garbo.journeys.tally import OUT, Array, Tally

_RESPONSES: Final = ("contact", "positive", "neutral", "negative", "implicit")
_SHORT = 75 * DAY
"""A shorter period is shown by weeks, a longer one by months."""
_TOP: Final = 12


def build(
    title: Label, plans: Sequence[JourneyPlan], cells: Sequence[PartitionCell], until: int, bar: Bar,
    notes: Sequence[Label] = (), *, since: int = 0, only: Collection[str] | None = None,
) -> Report:  # fmt: skip
    """The report of the journeys of `plans`. until: the end of the last final window (ms).

    since: exits before it (ms) do not count. only: show only these journeys; what is usual is still that of all.
    """
    kept: list[PartitionCell] = []
    begins: dict[str, int] = {}
    for plan in plans:
        begins[plan.journey], mine = ripe_cells(plan, cells, until, since)
        kept += mine
    tally = to_tally(plans, merge_period(kept, 0, until))
    narrowing = find(tally, bar)
    shown = [plan for plan in plans if only is None or plan.journey in only]
    changed = drifts(plans, cells, until, since)
    first = min((begins[plan.journey] for plan in shown), default=until)
    return Report(
        title,
        first,
        until,
        [_journey(plan, kept, tally, narrowing, begins[plan.journey], changed) for plan in shown],
        notes,
    )


def _journey(
    plan: JourneyPlan, cells: Sequence[PartitionCell], tally: Tally, narrowing: Narrowing, since: int,
    changed: Sequence[Drift],
) -> JourneyReport:  # fmt: skip
    mine = [c for c in cells if c.key.journey == plan.journey]
    by_stage = _sums(mine, lambda c: c.key.stage)
    entered = {s.stage: by_stage.get(s.stage, Cell()).count("enter") for s in plan.stages}
    flows = {
        (s.stage, target): n
        for s in plan.open_stages
        for target, n in by_stage.get(s.stage, Cell()).targets.items()
        if n > 0
    }
    weights, now = _weights(plan, tally)
    begun = {s: entered[s] - sum(n for (_, to), n in flows.items() if to == s) for s in entered}
    lasting = {s.stage: _lasting(by_stage.get(s.stage, Cell())) for s in plan.open_stages}
    parts = _sums(mine, lambda c: f"{c.partition}|{c.key.stage}")
    rows = [
        _row(plan, stage, by_stage.get(stage.stage, Cell()), max(begun[stage.stage], 0),
             _lost(plan, stage, parts), lasting[stage.stage] / max(sum(lasting.values()), 1),
             weights.get(stage.stage, 0.0))
        for stage in plan.open_stages
    ]  # fmt: skip
    span = max((c.key.window for c in mine), default=0) - min((c.key.window for c in mine), default=0)
    pattern = "%G-W%V" if span * HOUR < _SHORT else "%Y-%m"
    return JourneyReport(
        journey=plan.journey, label=plan.label, ideal=plan.ideal, goal=plan.goal, ends=plan.ends,
        labels={s.stage: s.label for s in plan.stages}, expect=plan.expect,
        begun=sum(max(n, 0) for n in begun.values()), reached=sum(n for (_, to), n in flows.items() if to == plan.goal),
        completion=now, stages=rows, flows=flows, narrowing=narrowing.of(plan.journey),
        attraction=attraction(plan, mine), liked=liked_stops(plan, mine),
        responses=[r for s in plan.open_stages if (r := _responses(s.stage, by_stage.get(s.stage, Cell())))],
        treatments=_treatments(by_stage.values()),
        attention=[_attention(s, by_stage.get(s.stage, Cell())) for s in plan.open_stages],
        channels=_slices(plan, mine, lambda c: c.key.channel, whole=False),
        segments=_slices(plan, mine, lambda c: c.key.segment),
        periods=_slices(plan, mine, lambda c: datetime.fromtimestamp(c.key.window * 3600, UTC).strftime(pattern)),
        since=since, drifts=[d for d in changed if d.journey == plan.journey],
    )  # fmt: skip


def _sums(cells: Iterable[PartitionCell], by: Callable[[PartitionCell], str]) -> dict[str, Cell]:
    found: dict[str, list[Cell]] = {}
    for cell in cells:
        found.setdefault(by(cell), []).append(cell.cell)
    return {name: merge(some) for name, some in sorted(found.items())}


def _row(
    plan: JourneyPlan, stage: StagePlan, cell: Cell, begun: int, lost: Estimate, time: float, weight: float
) -> StageRow:
    entries, ended = cell.count("enter"), drop_off(plan, cell)
    to_ends = sum(cell.targets.get(end, 0) for end in plan.ends if end not in plan.path)
    return StageRow(
        stage.stage, stage.label, stage.turn, begun, entries, cell.count("return"), cell.count("skip"),
        cell.count("onward"), cell.count("back"), cell.count("aside") - to_ends, ended, lost, _dwell(cell), time,
        cell.count("stay") / max(entries, 1), weight, stage.patience, stage.within,
    )  # fmt: skip


def _lost(plan: JourneyPlan, stage: StagePlan, parts: dict[str, Cell]) -> Estimate:
    """The rate of `drop_off`, with an interval over partitions."""
    pairs = []
    for name, cell in parts.items():
        if name.partition("|")[2] == stage.stage:
            ended = drop_off(plan, cell)
            pairs.append([ended.total, ended.exits])
    return share(np.array(pairs, np.float64).reshape(-1, 2)).as_share()


def _histogram(cell: Cell) -> dict[int, int]:
    found: dict[int, int] = {}
    for coded, count in cell.dwell.items():
        found[coded // 4] = found.get(coded // 4, 0) + count
    return found


def _dwell(cell: Cell) -> Dwell | None:
    histogram = _histogram(cell)
    found = [quantile(histogram, q) for q in (0.1, 0.25, 0.5, 0.75, 0.9)]
    return None if found[0] is None else Dwell(*(x or 0 for x in found))


def _lasting(cell: Cell) -> int:
    """The time of all visits together (ms), at most 1.6 % off."""
    return sum(middle(bucket) * max(count, 0) for bucket, count in _histogram(cell).items())


def _weights(plan: JourneyPlan, tally: Tally) -> tuple[dict[str, float], float]:
    """For each stage the relative rise of completions if nobody dropped off there, and the completion today."""
    mine = tally.journeys().get(plan.journey, [])
    routes: Array = tally.routes[np.ix_(mine, range(tally.routes.shape[1]), [*mine, tally.routes.shape[2] - 1])]
    exits, starts = tally.exits[mine].sum((1, 2, 3)) + tally.unaided[mine].sum(1), tally.starts[mine].sum(1)
    exits[:, OUT] += tally.left[mine]
    exits = exits / np.maximum(exits.sum(1, keepdims=True), 1)
    now = float(completion(exits, routes, starts))
    found = {}
    for place, stage in enumerate(mine):
        then, ways = exits.copy(), routes.copy()
        then[place, OUT] = 0
        kept = then[place] * ways[place].sum(1)  # a move to an end of the map leads nowhere in `routes`
        then[place] = kept / max(kept.sum(), 1e-9)
        ways[place] /= np.maximum(ways[place].sum(1, keepdims=True), 1e-9)
        found[tally.stages[stage][1].stage] = float(completion(then, ways, starts)) / max(now, 1e-9) - 1
    return found, now


def _responses(name: str, cell: Cell) -> Responses | None:
    return _line(name, cell.count) if any(map(cell.count, _RESPONSES)) else None


def _line(name: str, count: Callable[[str], int]) -> Responses:
    contacts, positive, neutral, negative, ignored = map(count, _RESPONSES)
    return Responses(name, contacts, positive, neutral, negative, ignored, count(VALUE) / 1000)


def _treatments(cells: Iterable[Cell]) -> list[Responses]:
    found: dict[str, Counter[str]] = {}
    for cell in cells:
        for key, count in cell.treated.items():
            action, _, what = key.rpartition("|")
            found.setdefault(action, Counter())[what] += count
    rows = [_line(name, counts.__getitem__) for name, counts in found.items()]
    return sorted(rows, key=lambda r: (-r.contacts, r.name))[:_TOP]


def _attention(stage: StagePlan, cell: Cell) -> Attention:
    reasons: dict[str, int] = {}
    held_drops = 0
    for key, count in cell.held.items():
        cause, name, how = cause_of(key)
        if cause in HOLDING and how == "drop" and count > 0:
            held_drops += count
            reason = f"{cause}:{name}" if name else cause
            reasons[reason] = reasons.get(reason, 0) + count
    alone = sum(count for coded, count in cell.answer.items() if _left_alone(waited(coded)))
    silent = held_drops + (max(alone, 0) if stage.promises else 0)
    late, unanswered = cell.count("need_late"), cell.count("need_unanswered")
    return Attention(
        stage.stage, silent, cell.count("need_in_time") + late + unanswered, late, unanswered,
        reasons if silent else {},
    )  # fmt: skip


def _left_alone(visit: Waited) -> bool:
    """It dropped out without an answer, and nothing held it back."""
    return visit.exit == "drop" and not (visit.answered or visit.held)


def _slices(
    plan: JourneyPlan, cells: Sequence[PartitionCell], by: Callable[[PartitionCell], str], whole: bool = True
) -> list[Slice]:
    found = []
    for name in sorted({by(c) for c in cells}):
        stages = _sums((c for c in cells if by(c) == name), lambda c: c.key.stage)
        moved = sum(n for s in stages.values() for to, n in s.targets.items() if to not in (plan.goal, *plan.ends))
        open_ = [s.stage for s in plan.open_stages]
        entered = sum(stages[s].count("enter") for s in open_ if s in stages)
        reached = sum(s.targets.get(plan.goal, 0) for s in stages.values())
        lost = {s: drop_off(plan, stages[s]) for s in open_ if s in stages}
        if entered <= 0 and not any(drop.exits for drop in lost.values()):
            continue  # only touches, contacts and responses
        found.append(Slice(name, entered, max(entered - moved, 0) if whole else None, reached, lost))
    return found
