"""The schema of models.yaml: acceptance models, what they predict, how they estimate it, and from what."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from garbo.core.policy.models import DEFAULT_ESTIMATOR
from garbo.policy.schema.units import Name, Part, Span

# Keys of earlier versions and their successors.
RENAMED: Final[Mapping[str, str]] = {
    "scorer": "estimator",
    "parameters": "estimator",
    "numbers": "party.numbers",
    "categories": "party.categories",
}

DEEPEST: Final = 6  # estimators inside estimators: further down it is a mistake

ONE_KIND: Final = "an estimator has one of preset, class and pipeline"


def plain_estimator(value: Any) -> Any:
    """Check an estimator; a name is short for the preset of that name. Raises `PydanticCustomError`."""
    if isinstance(value, str):
        return {"preset": value}
    _checked(value, 0)
    return value


def _checked(value: Any, depth: int) -> None:
    if not isinstance(value, dict):
        raise PydanticCustomError("estimator", "an estimator is the name of a preset, or a map: " + ONE_KIND)
    if depth > DEEPEST:
        raise PydanticCustomError("estimator", "estimators inside estimators inside estimators: write fewer levels")
    kinds = [key for key in ("preset", "class", "pipeline") if key in value]
    unknown = sorted(str(key) for key in value if key not in ("preset", "class", "pipeline", "parameters"))
    if len(kinds) != 1 or unknown or ("pipeline" in value and "parameters" in value):
        more = f"; remove {', '.join(unknown)}" if unknown else ""
        raise PydanticCustomError("estimator", ONE_KIND + ", and parameters beside a preset or a class" + more)
    if "pipeline" in value:
        steps = value["pipeline"]
        if not isinstance(steps, list) or not steps:
            raise PydanticCustomError("estimator", "a pipeline is a list of estimators: [{class: ...}, {class: ...}]")
        for step in steps:
            _checked(step, depth + 1)
    elif not isinstance(value[kinds[0]], str) or not value[kinds[0]]:
        raise PydanticCustomError("estimator", f"the {kinds[0]} of an estimator is a name")
    parameters = value.get("parameters", {})
    if not isinstance(parameters, dict) or not all(isinstance(key, str) for key in parameters):
        raise PydanticCustomError("estimator", "the parameters of an estimator are a map: {name: value}")
    for parameter in parameters.values():
        if isinstance(parameter, dict) and ("class" in parameter or "pipeline" in parameter):
            _checked(parameter, depth + 1)


Estimator = Annotated[dict[str, Any], BeforeValidator(plain_estimator)]


class TargetPart(Part):
    touchpoint: str = Field(default="", description="the kind that is the conversion; left out: a positive outcome")
    theme: str = Field(default="", description="only touchpoints about this theme")
    window: Span = Field(default=1_209_600_000, description="how long after the contact it may come")
    windows: dict[str, Span] = Field(default={}, description="channel -> window, where it differs")
    learn: Literal["close", "early"] = Field(default="close", description="when the window closes, or before it does")


class EncodingPart(Part):
    categories: Literal["indicators", "values"] = "indicators"
    numbers: Literal["standardised", "raw"] = "standardised"


class PartyFeaturesPart(Part):
    numbers: list[str] = Field(default=[])
    categories: list[str] = Field(default=[])


class FeaturesPart(Part):
    party: PartyFeaturesPart = Field(default=PartyFeaturesPart(), description="attributes of attributes.yaml")
    state: list[str] = Field(default=[], description="features of the engine about the person and the moment")
    action: list[str] = Field(default=[], description="features of the engine about the action")


class ModelPart(Part):
    role: Literal["champion", "challenger", "shadow"] = "champion"
    of: str = Field(default="", description="the champion that a challenger or a shadow stands against")
    share: float = Field(default=0.0, gt=0, le=0.5, description="of the decisions that a challenger makes")
    promotion: Literal["automatic", "proposal"] = "proposal"
    families: list[str] = Field(
        default=[], min_length=1, description="the names by which groups name it; left out: its own"
    )
    target: TargetPart | None = None
    estimator: Estimator = Field(default=dict(DEFAULT_ESTIMATOR))
    encoding: EncodingPart = EncodingPart()
    calibration: Literal["", "platt", "none"] = ""
    features: FeaturesPart
    crosses: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(
        default=[], description="pairs of features of the model that are multiplied"
    )
    starting_propensity: float = Field(gt=0, lt=1)
    starting_evidence: float = Field(ge=1, le=1_000_000)


class ModelsFile(Part):
    """models.yaml: the acceptance models that groups of actions name."""

    models: dict[Name, ModelPart]
