"""The schema of models.yaml: what a model predicts, how it is estimated, what it reads, and whether it decides."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from garbo.policy.schema.units import Duration, Name, OneOrMore, Part

KINDS: Final = ("preset", "class", "pipeline")
# The scorers of earlier versions -> the presets that they are now.
_SCORERS: Final = {"logistic_adagrad": "adagrad", "base_rate": "constant"}

Pair: TypeAlias = Annotated[list[str], Field(min_length=2, max_length=2)]


class NumbersAndCategories(Part):
    numbers: list[str] = Field(default=[], description="attributes that are read as numbers")
    categories: list[str] = Field(default=[], description="attributes that are read as words")


class FeaturesPart(Part):
    party: NumbersAndCategories = Field(default=NumbersAndCategories(), description="attributes of attributes.yaml")
    state: list[str] = Field(default=[], description="of the person's behaviour and the moment: state.pressure")
    action: list[str] = Field(default=[], description="of the action that is scored: action.group")


class TargetPart(Part):
    touchpoint: str = Field(default="", description="the kind of touchpoint that is the conversion; none: a yes")
    theme: str = Field(default="", description="what the touchpoint must be about")
    window: Duration = Field(default=1_209_600_000, description="how long after the contact it may come")
    windows: dict[str, Duration] = Field(default={}, description="by channel, where it differs")
    learn: Literal["close", "early"] = Field(
        default="close", description="when the window closes, or a no at once that a later yes corrects"
    )


class EncodingPart(Part):
    categories: Literal["indicators", "values"] | None = None
    numbers: Literal["standardised", "raw"] | None = None


def _or_name(schema: dict[str, Any]) -> None:
    """In the JSON Schema, the name of a preset stands for it."""
    whole = dict(schema)
    schema.clear()
    schema["anyOf"] = [{"type": "string"}, whole]


class EstimatorPart(Part):
    model_config = ConfigDict(json_schema_extra=_or_name)

    preset: str | None = Field(default=None, description="an estimator with a name of ours")
    path: str | None = Field(default=None, alias="class", description="a class of River: river.tree.SGTClassifier")
    parameters: dict[str, Any] = Field(default={}, description="of the preset or the class; one may be a class itself")
    pipeline: list[dict[str, Any]] | None = Field(default=None, min_length=1, description="estimators in their order")

    @model_validator(mode="before")
    @classmethod
    def _long(cls, given: Any) -> Any:
        return {"preset": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [name for name, value in zip(KINDS, (self.preset, self.path, self.pipeline), strict=True) if value]
        if len(given) != 1:
            raise PydanticCustomError("estimator", "an estimator is a preset, or has one of preset, class and pipeline")
        if self.pipeline and self.parameters:
            raise PydanticCustomError("estimator", "a pipeline has no parameters: give them to its steps")
        return self

    def plain(self) -> dict[str, object]:
        """As the core has it."""
        if self.pipeline:
            return {"pipeline": self.pipeline}
        named: dict[str, object] = {"preset": self.preset} if self.preset else {"class": self.path}
        return {**named, "parameters": self.parameters} if self.parameters else named


class GatePart(Part):
    most_value: float | None = Field(
        default=None, gt=0, le=1_000_000, description="the largest value of a yes that counts, in euro"
    )
    best_at: int | None = Field(
        default=None, ge=100, le=10_000_000, description="examples after which the test is the sharpest"
    )


class ModelPart(Part):
    """A challenger or a shadow takes what it leaves out (families, target, prior) from its champion."""

    families: OneOrMore = Field(default=[], description="the families of actions that it scores; none: that of its id")
    role: Literal["champion", "challenger", "shadow"] = Field(
        default="champion", description="decides; decides a share in its champion's place; scores and never decides"
    )
    of: str = Field(default="", description="the champion that a challenger or a shadow stands against")
    share: float | None = Field(default=None, gt=0, le=0.5, description="of the decisions that a challenger makes")
    promotion: Literal["automatic", "proposal"] | None = Field(
        default=None, description="what follows when the test says that a challenger is better"
    )
    gate: GatePart | None = Field(default=None, description="how the test that a challenger must pass is set")
    target: TargetPart | None = None
    estimator: EstimatorPart | None = None
    encoding: EncodingPart = EncodingPart()
    calibration: Literal["platt", "none"] | None = Field(default=None, description="none given: as the estimator needs")
    features: FeaturesPart = FeaturesPart()
    crosses: list[Pair] = Field(default=[], description="pairs of its features that are multiplied")
    starting_propensity: float | None = Field(default=None, gt=0, lt=1)
    starting_evidence: float | None = Field(default=None, ge=1, le=1_000_000)


class ModelsFile(Part):
    """models.yaml: the acceptance models of the families of actions."""

    models: dict[Name, ModelPart]

    @field_validator("models", mode="before")
    @classmethod
    def _of_today(cls, given: Any) -> Any:
        """One error for a file of an earlier version, which says what to write."""
        for name, model in given.items() if isinstance(given, Mapping) else ():
            if isinstance(model, Mapping) and (old := _old_words(model)):
                raise PydanticCustomError(
                    "old_model",
                    "'{name}' is written as in an earlier version ({old}): write {new}, and so in each model",
                    {"name": str(name), "old": ", ".join(old), "new": " and ".join(dict.fromkeys(old.values()))},
                )
        return given


def _old_words(model: Mapping[Any, Any]) -> dict[str, str]:
    """Word of an earlier version in the entry -> what to write instead."""
    old: dict[str, str] = {}
    if not {"scorer", "parameters"}.isdisjoint(model):
        preset = _SCORERS.get(str(model.get("scorer")), "adagrad")
        rate = model["parameters"].get("learning_rate") if isinstance(model.get("parameters"), Mapping) else None
        long = f"{{preset: {preset}, parameters: {{lr: {rate}}}}}"
        words = f"estimator: {long if isinstance(rate, float) and preset == 'adagrad' else preset}"
        old |= {word: words for word in ("scorer", "parameters") if word in model}
    features = model.get("features")
    if isinstance(features, Mapping):
        words = "features: {party: {numbers: [...], categories: [...]}}"
        old |= {f"features.{word}": words for word in ("numbers", "categories") if word in features}
    return old
