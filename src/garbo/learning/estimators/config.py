"""What of a model decides whether a learnt state can go on: its estimator, encoding, calibration and target."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec

from garbo.core.policy.models import Model
from garbo.core.policy.reading import of_texts
from garbo.core.vocabulary.nearest import did_you_mean, quoted
from garbo.errors import PolicyError
from garbo.learning.estimators.encoding import MOST_DEVIATIONS
from garbo.learning.estimators.presets import expand

INDICATORS: Final = "indicators"
VALUES: Final = "values"
STANDARDISED: Final = "standardised"
RAW: Final = "raw"
PLATT: Final = "platt"
NONE: Final = "none"
# Forks that ask for a word, and take a missing indicator for a missing value: they need the words themselves.
_WORDS: Final = ("river.tree.", "river.forest.")
_LOGISTIC: Final = ("river.linear_model.LogisticRegression",)


class Config(NamedTuple):
    """estimator: presets expanded. data: it as JSON. text, raw, platt: what encoding and calibration come to."""

    estimator: Mapping[str, Any]
    data: bytes
    text: bool
    raw: bool
    platt: bool


def estimator_of(model: Model) -> Mapping[str, Any]:
    """The model's estimator as its policy has it."""
    return model.estimator


def config_of(model: Model) -> Config:
    """The configuration of a model whose estimator is River's.

    Raises:
        PolicyError: there is no such preset, encoding or calibration.
    """
    estimator = estimator_of(model)
    if "preset" in estimator:
        estimator = expand(estimator["preset"], estimator.get("parameters") or {})
    last = estimator
    while isinstance(last.get("pipeline"), list | tuple) and last["pipeline"]:
        last = last["pipeline"][-1]
    path = str(last.get("class", ""))
    categories = model.encoding.categories or (VALUES if path.startswith(_WORDS) else INDICATORS)
    numbers = model.encoding.numbers or (RAW if path.startswith(_WORDS) else STANDARDISED)
    calibration = model.calibration or (NONE if path in _LOGISTIC else PLATT)
    _one_of("encoding of categories", categories, (INDICATORS, VALUES))
    _one_of("encoding of numbers", numbers, (STANDARDISED, RAW))
    _one_of("calibration", calibration, (PLATT, NONE))
    data = msgspec.json.encode(estimator, order="deterministic")
    return Config(estimator, data, categories == VALUES, numbers == RAW, calibration == PLATT)


def config_hash(model: Model) -> str:
    """Names what a state was learnt with. A model with another one starts from nothing.

    Features and crosses are not part of it: a model goes on when it gets another feature. Where numbers are cut is: a
    model that learnt its weights on other numbers would go on with the wrong ones.
    """
    target = (model.target.touchpoint, model.target.theme)
    estimator = estimator_of(model)
    if of_texts(model.id):
        kept: object = ("text", model.id)
    elif estimator.get("preset") == "constant":
        kept = ("constant", target)
    else:
        config = config_of(model)
        kept = (config.data, config.text, None if config.raw else MOST_DEVIATIONS, config.platt, target)
    return blake2b(msgspec.json.encode(kept), digest_size=8).hexdigest()


def _one_of(what: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise PolicyError(f"{what} {quoted(word)} does not exist{did_you_mean(word, known)}")
