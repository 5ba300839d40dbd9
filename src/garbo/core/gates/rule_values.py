"""The flat values that the policy's rules see.

Rules
 1. Only what some rule of the policy names is built, once a decision.
 2. `interest` and what is counted are individual behaviour: without `profiling` an interest only says whether the
    customer is asking about the theme right now (an open need, or this very event), and nothing is counted.
 3. Each value has the type that the rules were checked against. An attribute that is not known, or is of another kind
    than declared, has its default. Texts and lists are cut: the cost of a rule is bounded.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from garbo.core.gates import calendar
from garbo.core.gates.context import DecisionContext
from garbo.core.party import counters, limits
from garbo.core.party.consent import CONSENTS, PROFILING, granted
from garbo.core.party.pressure import pressure
from garbo.core.party.state import Party
from garbo.core.policy.attributes import Attribute
from garbo.core.policy.lookups import Lookup, RuleValue, counter_of
from garbo.core.vocabulary.instants import DAY, decayed

NEVER = 9999.0  # days since what has not happened
UNKNOWN = 9999  # days until a date that is not known
FAINT = 1e-200  # what has decayed below this is gone
ITEMS = 100  # elements of a list that a rule looks at

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_KINDS: dict[str, type | tuple[type, ...]] = {
    "int": int, "float": (int, float), "number": (int, float), "string": str, "date": str, "bool": bool,
    "boolean": bool, "list": list, "map": dict,
}  # fmt: skip


def rule_values(
    context: DecisionContext, used: frozenset[str] | None = None, lookups: Mapping[str, Lookup] | None = None
) -> dict[str, RuleValue]:
    """What `used` and `lookups` name; None: what some rule of the catalogue does.

    `interest`, `stage` and `stage_days` depend on the action: `eligibility` adds them.
    """
    policy = context.policy
    used = policy.variables if used is None else used
    lookups = policy.lookups if lookups is None else lookups
    values: dict[str, RuleValue] = {}
    if not used and not lookups:
        return values
    for name in used:
        if (known := policy.attributes.get(name)) is not None:
            values[name] = attribute(context, known)
        elif (build := _BUILDERS.get(name)) is not None:
            with suppress(LookupError):  # an unknown zone: the rules that use its clock fail, and hold the action back
                values[name] = build(context)
    for name, lookup in lookups.items():
        with suppress(LookupError):
            values[name] = _LOOKUPS[lookup.function](context, lookup)
    return values


def attribute(context: DecisionContext, known: Attribute) -> RuleValue:
    """The attribute as declared: of the event, else of the party, else the default."""
    name = known.name
    value: RuleValue = context.effect.attributes.get(name, context.party.attributes.get(name, known.default))
    kind = known.kind
    if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind not in ("bool", "boolean")):
        value = known.default
    if kind in ("float", "number"):
        return float(value)  # type: ignore[arg-type]
    if isinstance(value, list):
        return [limits.text(item) for item in value[:ITEMS]]
    return limits.text(value) if isinstance(value, str) else value


def interest(context: DecisionContext, theme: str) -> float:
    """The party's interest in `theme` now; without `profiling` 1 while the customer is asking about it, else 0."""
    party = context.party
    if not granted(party, PROFILING):
        return 1.0 if context.effect.theme == theme or any(n.theme == theme for n in party.needs) else 0.0
    held = party.interests.get(theme)
    if held is None:
        return 0.0
    found = decayed(held.weight, held.at, context.at, context.policy.interest_half_life)
    return found if found > FAINT else 0.0


# ---- variables -----------------------------------------------------------------------------------------------------


def hour(context: DecisionContext) -> int:
    """The hour where the party is. Raises `LookupError` for an unknown zone."""
    return calendar.local_parts(context.at, context.zone)[0] // 60


def weekday(context: DecisionContext) -> int:
    """The weekday there, 1 for Monday. Raises `LookupError` for an unknown zone."""
    return calendar.local_parts(context.at, context.zone)[1]


def _today(context: DecisionContext) -> str:
    return date.fromordinal(_local_day(context)).isoformat()


def felt_pressure(context: DecisionContext) -> float:
    """The pressure on the party now."""
    found = pressure(context.party, context.at, context.policy.contact)
    return found if found > FAINT else 0.0


def _days_since_contact(context: DecisionContext) -> float:
    last = max(contacts_made(context.party, context.at), default=None)
    return NEVER if last is None else (context.at - last) / DAY


_BUILDERS: Mapping[str, Callable[[DecisionContext], RuleValue]] = {
    "lifecycle": lambda c: c.party.lifecycle,
    "channel": lambda c: c.effect.channel,
    "kind": lambda c: c.effect.kind,
    "theme": lambda c: c.effect.theme,
    "now": lambda c: _EPOCH + timedelta(milliseconds=c.at),
    "today": _today,
    "hour": hour,
    "weekday": weekday,
    "consents": lambda c: [name for name in CONSENTS if granted(c.party, name)],
    "touches": lambda c: len(c.party.touches),
    "pressure": felt_pressure,
    "contacts_30d": lambda c: sum(at > c.at - 30 * DAY for at in contacts_made(c.party, c.at)),
    "days_since_contact": _days_since_contact,
    "household_size": lambda c: 1 + len(c.party.members),
    "open_needs": lambda c: len(c.party.needs),
}


def contacts_made(party: Party, at: int, channel: str = "") -> list[int]:
    """The instants of the contacts made until `at` (ms); channel: only there."""
    return [
        c.at
        for c in party.contacts
        if not (c.planned or c.member) and c.at <= at and (not channel or (c.channel == channel and not c.rider))
    ]


# ---- look-ups ------------------------------------------------------------------------------------------------------


def _count(context: DecisionContext, lookup: Lookup) -> int:
    found = counter_of(lookup)
    return counters.count(context.party, found[0], context.at - found[1]) if found is not None else 0


def _days_since(context: DecisionContext, lookup: Lookup) -> float:
    found = counter_of(lookup)
    last = counters.last(context.party, found[0]) if found is not None else None
    return NEVER if last is None else max(0, context.at - last) / DAY


def _contacts(context: DecisionContext, lookup: Lookup) -> int:
    since = context.at - lookup.window
    return sum(at > since for at in contacts_made(context.party, context.at, lookup.name))


def _days_until(context: DecisionContext, lookup: Lookup) -> int:
    written = attribute(context, context.policy.attributes[lookup.name])
    try:
        day = date.fromisoformat(str(written)[:10])
    except ValueError:
        return UNKNOWN
    return day.toordinal() - _local_day(context)


def _entry(context: DecisionContext, lookup: Lookup) -> float:
    held = attribute(context, context.policy.attributes[lookup.name])
    found = held.get(lookup.key, 0.0) if isinstance(held, dict) else 0.0
    return float(found)


def _local_day(context: DecisionContext) -> int:
    """Days since 0001-01-01 of the customer's date."""
    return calendar.local(context.at, context.zone) // DAY + _EPOCH_ORDINAL


_LOOKUPS: Mapping[str, Callable[[DecisionContext, Lookup], RuleValue]] = {
    "interest_in": lambda c, lookup: interest(c, lookup.name),
    "count": _count,
    "responses": _count,
    "days_since": _days_since,
    "contacts": _contacts,
    "days_until": _days_until,
    "days_from": lambda c, lookup: -_days_until(c, lookup),
    "entry": _entry,
}
