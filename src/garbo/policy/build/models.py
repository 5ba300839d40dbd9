"""The models of models.yaml. What a challenger or a shadow predicts, and for whom, is its champion's."""

from collections.abc import Iterable, Mapping

from garbo.core.policy.models import ACTION, CHAMPION, STATE, Encoding, Feature, Model, Target
from garbo.core.policy.vector import CATEGORY, NUMBER
from garbo.core.scoring import catalogue
from garbo.policy.schema.models import FeaturesPart, ModelPart, TargetPart


def core_model(name: str, parts: Mapping[str, ModelPart]) -> Model:
    """The model `name` of `parts`."""
    part = parts[name]
    lead = part if part.role == CHAMPION else parts.get(part.of, part)
    return Model(
        id=name,
        features=tuple(features(part.features)),
        starting_propensity=part.starting_propensity,
        starting_evidence=part.starting_evidence,
        families=families_of(name, parts),
        estimator=dict(part.estimator),
        encoding=Encoding(part.encoding.categories, part.encoding.numbers),
        calibration=part.calibration,
        crosses=tuple((first, second) for first, second in part.crosses),
        target=_target(lead.target),
        role=part.role,
        of=part.of,
        share=part.share,
        promotion=part.promotion,
    )


def families_of(name: str, parts: Mapping[str, ModelPart]) -> tuple[str, ...]:
    """The families of actions that the model `name` scores: its own, or those of its champion."""
    part = parts[name]
    if part.role != CHAMPION and part.of in parts:
        name, part = part.of, parts[part.of]
    return tuple(part.families) or (name,)


def served(parts: Mapping[str, ModelPart]) -> frozenset[str]:
    """The families that have a champion: what groups of actions may name."""
    return frozenset(f for name, part in parts.items() if part.role == CHAMPION for f in families_of(name, parts))


def features(part: FeaturesPart) -> Iterable[Feature]:
    """The features, without those that the engine does not have."""
    for name in part.party.numbers:
        yield Feature(name, NUMBER)
    for name in part.party.categories:
        yield Feature(name, CATEGORY)
    for source, given in ((STATE, part.state), (ACTION, part.action)):
        for name in given:
            if catalogue.base(name) in catalogue.CATALOGUE:
                yield catalogue.feature(name, source)


def _target(part: TargetPart | None) -> Target:
    if part is None:
        return Target()
    return Target(part.touchpoint, part.theme, part.window, dict(part.windows), part.learn)
