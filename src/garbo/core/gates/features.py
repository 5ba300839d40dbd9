"""The vector of a decision: what the models read of the person and the moment, in the policy's order.

Rules
 1. Without `profiling` and `personal_data` nothing is read, and there is no vector (`DecisionContext.profiled`).
 2. It is built once a decision, when a candidate first needs it, and the record keeps it.
 3. A feature is what holds at the decision's instant, after the event. What is not known is NaN, or "".
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import nan
from typing import Final

from garbo.core.gates import contact_policy
from garbo.core.gates.context import DecisionContext, Vector
from garbo.core.gates.rule_values import contacts_made, felt_pressure, hour, interest, weekday
from garbo.core.gates.standing import standing
from garbo.core.party import counters
from garbo.core.policy.lookups import IGNORED, NEGATIVE, POSITIVE, answer_key
from garbo.core.policy.models import PARTY, Feature
from garbo.core.scoring import catalogue
from garbo.core.scoring.features import Features, Offered, interests_in, number, of_action, of_family, word
from garbo.core.vocabulary.instants import DAY


def features(context: DecisionContext, offered: Offered) -> Features | None:
    """What the models of the action's family read; None without the consents (rule 1)."""
    vector = vector_of(context)
    if vector is None:
        return None
    family = offered.action.family
    reads = context.order.families.get(family)
    if reads is None:
        return {}
    found = context.vectors.get(family)
    if found is None:
        found = context.vectors[family] = of_family(reads, vector.numbers, vector.words)
    if not reads.action:
        return found
    if context.interests is None:
        context.interests = interests_in(context.order.numbers, vector.numbers)
    return {**found, **of_action(reads.action, offered, context.interests)}


def vector_of(context: DecisionContext) -> Vector | None:
    """The vector of the decision; None without the consents (rule 1)."""
    if not context.profiled:
        return None
    if context.vector is None:
        attributes = {**context.party.attributes, **context.effect.attributes}
        order = context.order

        def read(feature: Feature) -> object:
            return attributes.get(feature.name) if feature.source == PARTY else _state(context, feature.name)

        context.vector = Vector(
            tuple([number(read(feature)) for feature in order.numbers]),
            tuple([word(read(feature)) for feature in order.words]),
        )
    return context.vector


def _state(context: DecisionContext, name: str) -> object:
    reader, about = _reader(name)
    try:
        return reader(context, about)
    except LookupError:  # the clock of an unknown zone
        return None


@lru_cache(maxsize=4096)
def _reader(name: str) -> tuple[Callable[[DecisionContext, str], object], str]:
    """What reads the feature, and the channel or theme that it is about."""
    return STATE_READERS[catalogue.base(name)], catalogue.index(name)


# ---- one function a feature: the decision, and the channel or theme that it is about; "" for all ---------------------


def _days(context: DecisionContext, since: int | None) -> float:
    return nan if since is None else max(0, context.at - since) / DAY


def _days_since_contact(context: DecisionContext, channel: str) -> float:
    return _days(context, max(contacts_made(context.party, context.at, channel), default=None))


def _contacts_30d(context: DecisionContext, channel: str) -> float:
    return sum(at > context.at - 30 * DAY for at in contacts_made(context.party, context.at, channel))


def _days_since_touch(context: DecisionContext, channel: str) -> float:
    return _days(context, max((t.at for t in context.party.touches if channel in ("", t.channel)), default=None))


def _contacts_left(context: DecisionContext, channel: str) -> int | None:
    return contact_policy.left(context.policy.contact, channel, context.at, context.party.contacts)


def _answered(how: str) -> Callable[[DecisionContext, str], float]:
    return lambda context, channel: _days(context, counters.last(context.party, answer_key(how, channel)))


STATE_READERS: Final[Mapping[str, Callable[[DecisionContext, str], object]]] = {
    "state.days_since_contact": _days_since_contact,
    "state.contacts_30d": _contacts_30d,
    "state.days_since_touch": _days_since_touch,
    "state.days_since_positive": _answered(POSITIVE),
    "state.days_since_negative": _answered(NEGATIVE),
    "state.days_since_ignored": _answered(IGNORED),
    "state.interest": interest,
    "state.lifecycle": lambda c, _: c.party.lifecycle,
    "state.lifecycle_days": lambda c, _: _days(c, c.party.lifecycle_since or None),
    "state.stage": lambda c, _: i.stage if (i := standing(c, c.effect.theme)) is not None else "",
    "state.stage_days": lambda c, _: _days(c, i.since if (i := standing(c, c.effect.theme)) is not None else None),
    "state.pressure": lambda c, _: felt_pressure(c),
    "state.contacts_left": _contacts_left,
    "state.open_needs": lambda c, _: len(c.party.needs),
    "state.event": lambda c, _: c.effect.kind,
    "state.event_channel": lambda c, _: c.effect.channel,
    "state.event_theme": lambda c, _: c.effect.theme,
    "state.household_size": lambda c, _: 1 + len(c.party.members),
    "state.hour": lambda c, _: hour(c),
    "state.weekday": lambda c, _: weekday(c),
}
