"""Models of models.yaml -> the core's `Model`."""

from collections.abc import Mapping
from typing import Any

from garbo.core.policy.models import ACTION as OF_ACTION
from garbo.core.policy.models import CHAMPION, DEFAULT_ESTIMATOR, PARTY, Encoding, Feature, GateOptions, Model, Target
from garbo.core.policy.models import STATE as OF_STATE
from garbo.core.scoring import catalogue
from garbo.policy.schema.models import FeaturesPart, ModelPart, TargetPart

Models = Mapping[str, ModelPart]


def core_model(model: str, models: Models) -> Model:
    """The model of that id among `models`. What a challenger or a shadow leaves out, its champion says."""
    part = models[model]
    champion = models.get(part.of, part)
    given: dict[str, Any] = {"promotion": part.promotion} if part.promotion else {}
    if part.gate is not None:
        given["gate"] = GateOptions(**part.gate.model_dump(exclude_none=True))
    return Model(
        id=model,
        features=_features(part.features),
        starting_propensity=part.starting_propensity or champion.starting_propensity or 0.0,
        starting_evidence=part.starting_evidence or champion.starting_evidence or 0.0,
        families=families_of(model, models),
        estimator=part.estimator.plain() if part.estimator is not None else dict(DEFAULT_ESTIMATOR),
        encoding=Encoding(part.encoding.categories or "", part.encoding.numbers or ""),
        calibration=part.calibration or "",
        crosses=tuple((one, other) for one, other in part.crosses),
        target=target_of(part.target or champion.target),
        role=part.role,
        of=part.of,
        share=part.share or 0.0,
        **given,
    )


def families_of(model: str, models: Models) -> tuple[str, ...]:
    """The families that it scores."""
    part = models[model]
    if part.families or part.role == CHAMPION or part.of not in models:
        return tuple(part.families) or (model,)
    return tuple(models[part.of].families) or (part.of,)


def target_of(part: TargetPart | None) -> Target:
    """The target; that of the core where there is none."""
    return (
        Target() if part is None else Target(part.touchpoint, part.theme, part.window, dict(part.windows), part.learn)
    )


def attributes_of(part: ModelPart) -> list[str]:
    """The attributes of persons and events that the model reads."""
    return [*part.features.party.numbers, *part.features.party.categories]


def _features(part: FeaturesPart) -> tuple[Feature, ...]:
    """Its features, without those that lint refuses."""
    return (
        *(Feature(name, "number", PARTY) for name in part.party.numbers),
        *(Feature(name, "category", PARTY) for name in part.party.categories),
        *(catalogue.feature(name, OF_STATE) for name in part.state if catalogue.known(name)),
        *(catalogue.feature(name, OF_ACTION) for name in part.action if catalogue.known(name)),
    )
