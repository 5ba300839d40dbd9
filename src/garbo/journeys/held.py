"""Visits that something held back at a stage, and the decision that said so: for an auditor who goes on from there.

Rules
 1. A visit is known by the fact of its exit: who, when it began and ended, and its first obstacle. A fact that was
    taken back is no visit.
 2. The decision is the first one of the visit from which the obstacle follows, for the actions that advance the stage.
    Of `negative` it is the decision on the refusal; of `slow`, which labels no visit, the last one of a visit that left
    unanswered and unhindered.
 3. A party is shown by a mask: the same for the same party, and no part of its id.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from garbo.core.delivery.obstacles import CAUSE, OUTRANKED, SILENCE, obstacle_of
from garbo.core.vocabulary.effects import DecisionRecord, Flow, FlowKind
from garbo.core.vocabulary.ids import digest
from garbo.journeys.causes import SLOW

NEGATIVE: Final = "negative"
_LEAVES: Final = frozenset((FlowKind.MOVE, FlowKind.DROP, FlowKind.END))


class Held(NamedTuple):
    """A visit. entered, left: ms. how: the kind of the exit. target: the stage entered next; "" for none."""

    party: str
    entered: int
    left: int
    how: str
    target: str


def masked(party: str) -> str:
    """What is shown instead of a party's id."""
    return f"p-{digest('mask', party)[:6]}"


def held_visits(
    facts: Iterable[Flow], journey: str, stage: str, obstacle: str, *, since: int, until: int, most: int
) -> list[Held]:
    """The latest visits to `stage` that `obstacle` (`cap:weekly`, `slow`) held back and that ended from `since` on and
    before `until` (ms); one a party, the latest first, `most` at most."""
    found: dict[Held, int] = {}
    for fact in facts:
        if fact.journey != journey or fact.origin != stage or fact.kind not in _LEAVES:
            continue
        if not since <= fact.at < until or not _met(fact, obstacle):
            continue
        visit = Held(fact.party, fact.at - fact.dwell_ms, fact.at, fact.kind.value, fact.target)
        found[visit] = found.get(visit, 0) + fact.sign
    latest: dict[str, Held] = {}
    for visit in sorted((v for v, n in found.items() if n > 0), key=lambda v: (-v.left, v.party)):
        latest.setdefault(visit.party, visit)
    return list(latest.values())[:most]


def _met(fact: Flow, obstacle: str) -> bool:
    if obstacle == SLOW:
        return fact.obstacle == "" and fact.answered_ms < 0 and fact.kind is not FlowKind.MOVE
    return fact.obstacle == obstacle


def holding(
    records: Iterable[tuple[str, DecisionRecord]], visits: Sequence[Held], advance: Sequence[str], obstacle: str,
    refusing: Collection[str],
) -> Mapping[Held, DecisionRecord]:  # fmt: skip
    """The decision of each visit (rule 2); a visit without one is left out: retention may have deleted it.

    records: each with the party that it is about. advance: the actions that lead on from the stage. refusing: the
    statuses of outcome that say no.
    """
    of_party = {visit.party: visit for visit in visits}
    found: dict[Held, DecisionRecord] = {}
    for party, record in records:
        visit = of_party.get(party)
        if visit is None or not visit.entered <= record.at <= visit.left:
            continue
        known = found.get(visit)
        if obstacle == SLOW:
            if known is None or record.at >= known.at:
                found[visit] = record
        elif (known is None or record.at < known.at) and _says(record, advance, obstacle, refusing):
            found[visit] = record
    return found


def _says(record: DecisionRecord, advance: Sequence[str], obstacle: str, refusing: Collection[str]) -> bool:
    if obstacle.partition(":")[0] == NEGATIVE:
        return record.event_kind in refusing
    return obstacle in _obstacles(record, advance)


def _obstacles(record: DecisionRecord, advance: Sequence[str]) -> Iterator[str]:
    """What the actions that lead on met in a decision."""
    for candidate in record.scored:
        if candidate.action in advance and candidate.action != record.chosen:
            yield f"{OUTRANKED}:{record.chosen or SILENCE}"
    for line in record.blocked:
        if line.action in advance and line.reason in CAUSE:
            yield obstacle_of(line)
