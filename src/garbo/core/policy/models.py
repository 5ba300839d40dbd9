"""Acceptance models, as models.yaml describes them."""

from collections.abc import Mapping

from msgspec import Struct

from garbo.core.vocabulary.events import Value


class Feature(Struct, frozen=True):
    """One input of a model. kind: "number" | "category". behavioural ones need `profiling`."""

    name: str
    kind: str


class Model(Struct, frozen=True):
    """The acceptance model of one action family; P0 and SE are its starting propensity and evidence."""

    family: str
    scorer: str
    features: tuple[Feature, ...]
    starting_propensity: float
    starting_evidence: float
    parameters: Mapping[str, Value] = {}
