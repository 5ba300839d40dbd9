"""The order of the vector: what the models of a policy read of a person and the moment, each feature once.

Rules
 1. A decision has one vector of the person and the moment, as two arrays in this order; the record keeps it. The order
    is that of models.yaml, so with the policy the arrays say what each number is.
 2. What a model reads of the action is not in it: it follows from the policy, the candidate, and the vector.
    `action.interest` is the interest in the action's theme, so its model puts the interest in each theme of its actions
    into the vector.
 3. What travels with a contact, and reaches the models, is the union of what the models of the action's family read.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from garbo.core.policy.actions import Action
from garbo.core.policy.lookups import IGNORED, NEGATIVE, POSITIVE, answer_key
from garbo.core.policy.models import ACTION, STATE, Feature, Model, families_of

NUMBER: Final = "number"
CATEGORY: Final = "category"

INTEREST: Final = "state.interest."
"""Before a theme: the feature that is the person's interest in it."""

ACTION_INTEREST: Final = "action.interest"

ANSWERED: Final = {f"state.days_since_{how}.": how for how in (POSITIVE, NEGATIVE, IGNORED)}
"""Before a channel: the features that the row must count answers for."""


class Reads(Struct, frozen=True):
    """What the models of one family read: places in the vector with the feature's name, and features of the action."""

    numbers: tuple[tuple[int, str], ...] = ()
    words: tuple[tuple[int, str], ...] = ()
    action: tuple[Feature, ...] = ()


class VectorOrder(Struct, frozen=True):
    """numbers, words: the features behind the two arrays, in their order. families: by name, what its models read."""

    numbers: tuple[Feature, ...] = ()
    words: tuple[Feature, ...] = ()
    families: Mapping[str, Reads] = {}


def vector_order(models: Mapping[str, Model], actions: Iterable[Action]) -> VectorOrder:
    """The order for these `models`, whose families `actions` belong to."""
    themes: dict[str, dict[str, None]] = {}
    for action in actions:
        if action.theme:
            themes.setdefault(action.family, {})[action.theme] = None
    numbers: dict[str, Feature] = {}
    words: dict[str, Feature] = {}
    wanted: dict[str, dict[Feature, None]] = {}
    for model in models.values():
        for family in families_of(model, models):
            wanted.setdefault(family, {}).update(dict.fromkeys(model.features))
        for feature in _of_the_moment(model, families_of(model, models), themes):
            (numbers if feature.kind == NUMBER else words).setdefault(feature.name, feature)
    number_at = {name: index for index, name in enumerate(numbers)}
    word_at = {name: index for index, name in enumerate(words)}
    return VectorOrder(
        tuple(numbers.values()),
        tuple(words.values()),
        {
            family: Reads(
                tuple((number_at[f.name], f.name) for f in read if f.source != ACTION and f.kind == NUMBER),
                tuple((word_at[f.name], f.name) for f in read if f.source != ACTION and f.kind != NUMBER),
                tuple(f for f in read if f.source == ACTION),
            )
            for family, read in wanted.items()
        },
    )


def _of_the_moment(model: Model, families: Iterable[str], themes: Mapping[str, Iterable[str]]) -> Iterable[Feature]:
    for feature in model.features:
        if feature.source != ACTION:
            yield feature
        elif feature.name == ACTION_INTEREST:
            for family in families:
                for theme in themes.get(family, ()):
                    yield Feature(INTEREST + theme, NUMBER, STATE)


def answer_counters(models: Iterable[Model]) -> set[str]:
    """The counters of answers that the row must keep for `models`."""
    return {
        answer_key(how, feature.name.removeprefix(before))
        for model in models
        for feature in model.features
        for before, how in ANSWERED.items()
        if feature.source == STATE and feature.name.startswith(before)
    }
