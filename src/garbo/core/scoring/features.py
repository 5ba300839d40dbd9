"""From what is known to what a model reads: numbers, words, and the vector of one family of actions.

Rules
 1. Features are individual behaviour and profile: they may be built only with the `profiling` consent. The callers
    check it; without it there is no vector at all and the starting propensity decides.
 2. A category is an indicator, "name=value": 1.0. A number is "name": value, unscaled; the learner scales. A "=" in the
    key therefore means a category, and an attribute's name may not contain one.
 3. A value that is missing, not finite or absurd is left out, never set to zero: a zero would be a claim. In the arrays
    of a record, which have a place for each feature, it is NaN, or "" for a word.
 4. Crosses are no part of a vector: the models multiply them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import nan
from typing import Final, TypeAlias

from msgspec import Struct

from garbo.core.policy.actions import Action
from garbo.core.policy.models import PARTY, Feature, Model
from garbo.core.policy.vector import INTEREST, NUMBER, Reads
from garbo.core.vocabulary.events import Value

# A number at or beyond this is a producer's mistake. Below it, a learner's running variance stays a finite float.
BOUND = 1e15
# Characters of a category: enough for the longest ISO or NACE title, too few for a free text.
CATEGORY_LENGTH = 64

Features: TypeAlias = dict[str, float]


class Offered(Struct, frozen=True):
    """An action as it is made. channel: "" if not known. Values: what it is worth (euro), None if not known."""

    action: Action
    theme: str
    channel: str = ""
    inbound: bool = False
    value_company: float | None = None
    value_customer: float | None = None


def number(value: object) -> float:
    """A value as a number; NaN if it is none, or an absurd one (rule 3)."""
    if isinstance(value, int | float) and -BOUND < value < BOUND:  # false for NaN too
        return float(value)
    return nan


def word(value: object) -> str:
    """A value as a category; "" if it is missing, or is a list or a map."""
    if value is None or isinstance(value, list | dict):  # `garbo check` refuses these as features
        return ""
    return str(value)[:CATEGORY_LENGTH]


def of_family(reads: Reads, numbers: Sequence[float], words: Sequence[str]) -> Features:
    """What the models of a family read of the vector of a decision."""
    features: Features = {}
    for index, name in reads.numbers:
        value = numbers[index]
        if value == value:  # no NaN
            features[name] = value
    for index, name in reads.words:
        if text := words[index]:
            features[f"{name}={text}"] = 1.0
    return features


def of_action(read: Iterable[Feature], offered: Offered, interests: Mapping[str, float]) -> Features:
    """What they read of the action. interests: theme -> the person's interest in it."""
    features: Features = {}
    for feature in read:
        value = ACTION_READERS[feature.name](offered, interests)
        if feature.kind == NUMBER:
            if (found := number(value)) == found:
                features[feature.name] = found
        elif text := word(value):
            features[f"{feature.name}={text}"] = 1.0
    return features


def vector(model: Model, values: Mapping[str, Value]) -> Features:
    """What `model` reads of a party's attributes alone; for a contact that this engine did not decide on."""
    features: Features = {}
    for feature in model.features:
        if feature.source != PARTY:
            continue
        value = values.get(feature.name)
        if feature.kind == NUMBER:
            if (found := number(value)) == found:
                features[feature.name] = found
        elif text := word(value):
            features[f"{feature.name}={text}"] = 1.0
    return features


def interests_in(order: Iterable[Feature], numbers: Sequence[float]) -> dict[str, float]:
    """theme -> interest, as far as the vector has it. order: of its numbers."""
    return {
        feature.name.removeprefix(INTEREST): value
        for feature, value in zip(order, numbers, strict=True)
        if feature.name.startswith(INTEREST)
    }


def is_category(key: str) -> bool:
    """Is `key` of a vector that of a category? Otherwise it is that of a number."""
    return "=" in key


ACTION_READERS: Final[Mapping[str, Callable[[Offered, Mapping[str, float]], object]]] = {
    "action.name": lambda o, _: o.action.name,
    "action.class": lambda o, _: o.action.action_class.value,
    "action.group": lambda o, _: o.action.group,
    "action.purpose": lambda o, _: o.action.purpose,
    "action.theme": lambda o, _: o.theme,
    "action.channel": lambda o, _: o.channel,
    "action.inbound": lambda o, _: ("yes" if o.inbound else "no") if o.channel else "",
    "action.value": lambda o, _: o.value_company,
    "action.value_customer": lambda o, _: o.value_customer,
    "action.lever": lambda o, _: o.action.lever,
    "action.interest": lambda o, interests: interests.get(o.theme),
}
