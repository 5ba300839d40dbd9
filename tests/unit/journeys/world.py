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
        known = [
            StagePlan(
                s.name, due=s.action, within=int(s.within * HOUR), patience=int(s.patience * HOUR),
                turn="company" if s.action else "customer",
            )
            for s in stages
        ]  # fmt: skip
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
            fold(lambda key, table=table: table.setdefault(key, Cell()), fact, 8 * i + n, paths)  # type: ignore[misc]
    return [PartitionCell(p, key, cell) for p, table in enumerate(tables) for key, cell in table.items()]


def facts(v: Visits, i: int, names: list[str]) -> list[Flow]:
    """One visit: how it began, if the journey begins with it, how it was answered, and how it ended, if it did."""
    journey = names[v.journey[i]]
    stages = [s.name for s in JOURNEYS[journey][1]]
    stage, at, ends = int(v.stage[i]), int(v.at[i] * HOUR), int((v.at[i] + v.dwell[i]) * HOUR)
    channel, segment, obstacle = CHANNELS[v.channel[i]], SEGMENTS[v.segment[i]], OBSTACLES[v.obstacle[i]]
    answered = int(v.answered[i] * HOUR) if v.answered[i] >= 0 else -1
    exit_, here = int(v.exit[i]), stages[stage]

    def fact(at: int, kind: FlowKind, origin: str, target: str = "", **more: object) -> Flow:
        known = {"journey": journey, "channel": channel, "to_channel": channel, "segment": segment}
        return Flow(f"p{i}", at, "journey", origin, target, "", kind=kind, **{"dwell_ms": 0, **known, **more})  # type: ignore[arg-type]

    found = [fact(at, FlowKind.ENTER, "", here)] if v.opens[i] else []
    if ends > END:
        return found
    if not JOURNEYS[journey][1][stage].action:
        found += [fact(at + k * 20 * HOUR, FlowKind.STAY, here) for k in range(1, min(int(v.dwell[i] / 20), 3) + 1)]
    elif answered >= 0:
        quality = "negative" if obstacle == "negative" else "positive" if exit_ == 0 else "neutral"
        action, ignored = f"answer_{here}", quality == "neutral" and i % 3 == 0
        found.append(fact(at + answered, FlowKind.CONTACT, here, action=action))
        found.append(
            fact(ends, FlowKind.RESPONSE, here, quality="" if ignored else quality, implicit=ignored, action=action)
        )
    target = "" if exit_ == 2 else [*stages, GOAL][stage + 1 if exit_ == 0 else stage - 1]
    kind = FlowKind.DROP if exit_ == 2 else FlowKind.MOVE
    named = f"{obstacle}:{_NAMES[obstacle]}" if obstacle in _NAMES else obstacle
    found.append(fact(ends, kind, here, target, dwell_ms=ends - at, obstacle=named, answered_ms=answered))
    if exit_ == 1:
        found.append(fact(ends, FlowKind.RETURN, here, target))
    return found


_NAMES = {"rule": "adults_only", "cap": "two_a_week", "capacity": "call_centre"}
