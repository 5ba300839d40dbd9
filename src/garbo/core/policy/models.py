"""Acceptance models, as models.yaml describes them."""

from collections.abc import Mapping

from msgspec import Struct

from garbo.core.vocabulary.events import Scalar


class Feature(Struct, frozen=True):
    """One input of a model. kind: "number" | "category". All of them need the consent `profiling`."""

    name: str
    kind: str


class Model(Struct, frozen=True):
    """The acceptance model of one action family. The starting propensity and evidence are P0 and SE of
    `core.choice.arbitration`."""

    family: str
    scorer: str
    features: tuple[Feature, ...]
    starting_propensity: float
    starting_evidence: float
    parameters: Mapping[str, Scalar] = {}
