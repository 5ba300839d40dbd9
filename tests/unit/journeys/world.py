"""Visits of the benchmark's world as facts, so that they pass through the real cells."""

from benchmarks.journey_world import CHANNELS, JOURNEYS, OBSTACLES, SEGMENTS, Plant, Visits, simulate
from garbo.core.journeys.cells import Cell, CellKey, fold, positions
from garbo.core.vocabulary.effects import Flow, FlowKind
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.journeys.merged import PartitionCell
from garbo.journeys.plan import JourneyPlan, StagePlan

END = 180 * DAY
GOAL = "goal"


def plans() -> list[JourneyPlan]:
    """The map of the world, as the analysis is given it."""
    found = []
    for journey, (_, stages) in JOURNEYS.items():
        known = [StagePlan(s.name, due=s.action, within=int(s.within * HOUR), patience=int(s.patience * HOUR))
                 for s in stages]  # fmt: skip
        found.append(JourneyPlan(journey, [*known, StagePlan(GOAL)], [*(s.name for s in stages), GOAL], GOAL))
    return found


def cells(seed: int, plant: Plant | None = None, parties: int = 20_000, partitions: int = 4) -> list[PartitionCell]:
    """The cells that the visits of a simulated world give."""
    return fold_visits(simulate(seed, plant, parties)[0], partitions)


def fold_visits(v: Visits, partitions: int = 4) -> list[PartitionCell]:
    paths = positions({plan.journey: plan.ideal for plan in plans()})
    tables: list[dict[CellKey, Cell]] = [{} for _ in range(partitions)]
    names = list(JOURNEYS)
    for i in range(len(v.at)):
        table = tables[i % partitions]
        for n, fact in enumerate(facts(v, i, names)):
            fold(lambda key, table=table: table.setdefault(key, Cell()), fact, 2 * i + n, paths)  # type: ignore[misc]
    return [PartitionCell(p, key, cell) for p, table in enumerate(tables) for key, cell in table.items()]


def facts(v: Visits, i: int, names: list[str]) -> list[Flow]:
    """One visit: how it began, if the journey begins with it, and how it ended, if it did."""
    journey = names[v.journey[i]]
    stages = [s.name for s in JOURNEYS[journey][1]]
    stage, at, ends = int(v.stage[i]), int(v.at[i] * HOUR), int((v.at[i] + v.dwell[i]) * HOUR)
    channel, segment, obstacle = CHANNELS[v.channel[i]], SEGMENTS[v.segment[i]], OBSTACLES[v.obstacle[i]]
    answered = int(v.answered[i] * HOUR) if v.answered[i] >= 0 else -1
    exit_ = int(v.exit[i])
    target = "" if exit_ == 2 else [*stages, GOAL][stage + 1 if exit_ == 0 else stage - 1]
    kind = FlowKind.DROP if exit_ == 2 else FlowKind.MOVE
    found = []
    if v.opens[i]:
        found.append(
            Flow(f"p{i}", at, "journey", "", stages[stage], "", 0, FlowKind.ENTER, journey, 1, channel, "", segment)
        )
    if ends <= END:
        left = Flow(
            f"p{i}", ends, "journey", stages[stage], target, "", ends - at, kind, journey, 1, channel, channel, segment,
            obstacle, answered,
        )  # fmt: skip
        found.append(left)
    return found
