"""I24: for each journey and stage, entries less exits are the persons who stand there, by journey-flows and the rows.

Rules
 1. An entry is a fact `enter`, or the target of a `move`; an exit is the origin of a `move`, of `drop`, `end` or
    `merged`. A fact with sign -1 takes one back.
 2. Who stands there is read from the latest row of each party; an alias holds nobody. A party stands once in a journey.
 3. No stage ever has more exits than entries over the whole log, and every fact that is taken back was said before.
 4. The value to the customer is delivered at most once for each contact that was commanded, with a value that a
    decision gave the action; an offer delivers nothing when it is made. A response without quality takes back what
    was delivered: its channel failed.
 5. The check needs transactions, which commit rows and facts together, and the whole log.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, TypeAlias

from msgspec import DecodeError, msgpack

from garbo.audit.verify.report import InvariantResult
from garbo.core.vocabulary.effects import Deliver, Flow, FlowKind, Scored

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
        self.delivered: Counter[tuple[str, int]] = Counter()  # by action and value
        self.hasty: Counter[str] = Counter()  # offers that delivered when they were made, by action

    def take(self, fact: Flow) -> None:
        """Add a fact."""
        if fact.axis != "journey":
            return
        self.facts += 1
        if fact.value_customer:
            if fact.kind is FlowKind.CONTACT and fact.trigger == "marketing":
                self.hasty[fact.action] += fact.sign
            failed = fact.kind is FlowKind.RESPONSE and not fact.quality
            at = fact.action, -fact.value_customer if failed else fact.value_customer
            self.delivered[at] += -fact.sign if failed else fact.sign
        if fact.kind in ENTRIES:
            self.balance[fact.journey, fact.target] += fact.sign
        if fact.kind in EXITS:
            self.balance[fact.journey, fact.origin] -= fact.sign
        if fact.kind in ENTRIES or fact.kind in EXITS:
            # A merge takes back what was said of the other party, so the party is no part of it.
            self.taken_back[fact.kind, fact.journey, fact.origin, fact.target, fact.at, fact.dwell_ms] += fact.sign


class Promised(NamedTuple):
    """contacts: by action, how many were commanded, alone or riding on another. values: by action, those that decisions
    gave it (thousandths of a euro)."""

    contacts: Counter[str]
    values: dict[str, set[int]]


def promised(commands: Iterable[Deliver], scored: Iterable[Scored]) -> Promised:
    """What the commands and the decisions say of the value to the customer."""
    made = {c.action_id: (c.action, *(r.action for r in c.riders)) for c in commands}
    values: dict[str, set[int]] = defaultdict(set)
    for candidate in scored:
        values[candidate.action].add(round(candidate.value_customer * 1000))
    return Promised(Counter(action for actions in made.values() for action in actions), values)


def check(
    passages: Passages, rows: dict[str, tuple[At, ...]], promised: Promised, *, exactly_once: bool, truncated: bool
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
    result.violations += _undue(passages, promised)
    return result


def _undue(passages: Passages, promised: Promised) -> Iterable[str]:
    for action, count in passages.hasty.items():
        if count:
            yield f"{action} is an offer, and delivered its value {count} times before anybody said yes"
    times: Counter[str] = Counter()
    for (action, value), count in sorted(passages.delivered.items()):
        times[action] += count
        if count < 0:
            yield f"{action}: {value} thousandths of value to the customer were taken back that were never delivered"
        elif count and value not in promised.values.get(action, {value}):
            yield f"{action} delivered {value} thousandths to the customer, and no decision gave it that value"
    for action, count in times.items():
        if count > promised.contacts[action]:
            yield f"{action} delivered its value {count} times in {promised.contacts[action]} contacts"
