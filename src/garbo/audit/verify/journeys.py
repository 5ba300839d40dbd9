"""I24: for each journey and stage, entries less exits are the persons who stand there, by journey-flows and the rows.

Rules
 1. An entry is a fact `enter`, or the target of a `move`; an exit is the origin of a `move`, of `drop`, `end` or
    `merged`. A fact with sign -1 takes one back.
 2. Who stands there is read from the latest row of each party; an alias holds nobody. A party stands once in a journey.
 3. No stage ever has more exits than entries over the whole log, and every fact that is taken back was said before.
 4. The check needs transactions, which commit rows and facts together, and the whole log.
"""

from collections import Counter
from typing import Any, Final, TypeAlias

from msgspec import DecodeError, msgpack

from garbo.audit.verify.report import InvariantResult
from garbo.core.vocabulary.effects import Flow, FlowKind

ALIAS_OF: Final = 3
JOURNEYS: Final = 35
"""Places in a row, which is an array; fields are only ever appended."""

At: TypeAlias = tuple[str, str]
"""(journey, stage)."""

ENTRIES: Final = frozenset((FlowKind.ENTER, FlowKind.MOVE))
EXITS: Final = frozenset((FlowKind.MOVE, FlowKind.DROP, FlowKind.END, FlowKind.MERGED))


def standing(row: bytes | None) -> tuple[At, ...]:
    """Where the party of `row` stands; nowhere for no row, an alias, or a row of before there were journeys."""
    try:
        fields: Any = msgpack.decode(row) if row else []
    except DecodeError:  # I5 and I7 judge rows
        return ()
    if len(fields) <= JOURNEYS or fields[ALIAS_OF]:
        return ()
    return tuple((found[0], found[1]) for found in fields[JOURNEYS] if found[1])


class Passages:
    """What journey-flows says, added up as it is read: a town's facts are not kept."""

    def __init__(self) -> None:
        self.facts = 0
        self.balance: Counter[At] = Counter()
        self.taken_back: Counter[tuple[Any, ...]] = Counter()

    def take(self, fact: Flow) -> None:
        """Add a fact."""
        if fact.axis != "journey":
            return
        self.facts += 1
        if fact.kind in ENTRIES:
            self.balance[fact.journey, fact.target] += fact.sign
        if fact.kind in EXITS:
            self.balance[fact.journey, fact.origin] -= fact.sign
        if fact.kind in ENTRIES or fact.kind in EXITS:
            # A merge takes back what was said of the other party, so the party is no part of it.
            self.taken_back[fact.kind, fact.journey, fact.origin, fact.target, fact.at, fact.dwell_ms] += fact.sign


def check(
    passages: Passages, rows: dict[str, tuple[At, ...]], *, exactly_once: bool, truncated: bool
) -> InvariantResult:
    """Check invariant I24. rows: party -> where it stands."""
    result = InvariantResult("I24", "per journey and stage, entries less exits are the persons who stand there")
    if not exactly_once or truncated:
        return result
    result.checked = passages.facts
    present: Counter[At] = Counter(at for where in rows.values() for at in where)
    for party, where in rows.items():
        twice = [journey for journey, count in Counter(journey for journey, _ in where).items() if count > 1]
        result.violations += [f"{party} stands twice in the journey {journey}" for journey in twice]
    for at in sorted({*passages.balance, *present}):
        if passages.balance[at] != present[at]:
            journey, stage = at
            result.violations.append(
                f"{journey}/{stage or '(start)'}: {passages.balance[at]} by entries less exits, "
                f"but {present[at]} persons stand there"
            )
    for fact, count in passages.taken_back.items():
        if count < 0:
            kind, journey, origin, target, *_ = fact
            result.violations.append(
                f"{journey}: a {kind} from '{origin}' to '{target}' was taken back that was never said"
            )
    return result
