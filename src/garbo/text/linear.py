"""A one-vs-rest logistic model over hashed n-grams, ready to answer: plain Python, no River.

Rules
 1. One linear function for each label; the label of the greatest one is the answer, the first known among equals.
 2. What the seeds read is a feature too, "seed=fraud": `SEED_VALUE`. Its weight starts at `SEED_LEAD / SEED_VALUE` for
    its own label; every intercept is `INTERCEPT` and stays. So a model without examples answers as the seeds do.
 3. That feature is small and its weight is great, so examples hardly move it. If staff corrects only what was misread,
    the seeds are wrong in every example: a model that could learn to distrust them would, for all other texts as well.
 4. A weight counts in steps of `STEP`, and those of all labels for one feature stand side by side in one integer. So a
    single addition adds them all: quick, exact, and the same in every order and version of Python.
"""

from array import array
from collections.abc import Container, Mapping, Sequence
from math import exp, isfinite
from struct import Struct as Layout
from sys import byteorder
from typing import Final

from msgspec import MsgspecError, Struct, msgpack

from garbo.errors import GarboError
from garbo.text.ngrams import BUCKETS

SEED: Final = "seed="
CLASS: Final = "class="
SEED_VALUE: Final = 0.1
# Logits: by how much the label that the seeds read leads before the first example, and where all of them start.
SEED_LEAD: Final = 4.0
INTERCEPT: Final = -2.0

# Labels of one model, "" among them. Their weights, 10 bytes each, then fit into a snapshot.
MOST_LABELS: Final = 32
_LABEL_LENGTH: Final = 100
_PROBED: Final = 100  # features of a probe
STEP: Final = 2.0**-40
# The largest weight; a larger one counts as this. Few examples reach 10: each moves a weight by less than 1.
MOST_WEIGHT: Final = 4096.0
_ZERO: Final = 2**53  # stands for the weight 0, so that no part of the integer is negative; 1,024 features fit
_LOGIT_BOUND: Final = 29.0  # beyond it a probability is 0 or 1 to a float's eye


class TextModelError(GarboError):
    """The bytes of a text model cannot be used.

    Operator action: not urgent, workers keep the last good one, or read by the seeds. Look for another writer on
    model-snapshots.
    """


class Class(Struct, frozen=True, forbid_unknown_fields=True):
    """The linear function of one label.

    places: of its weights in order, unsigned 16 bits, little-endian: a bucket, or `BUCKETS` plus the index of the class
    that the seeds read. weights: 64-bit floats, little-endian.
    """

    label: str
    places: bytes
    weights: bytes


class TextState(Struct, frozen=True, forbid_unknown_fields=True):
    """The state of a text model, to learn on and to answer with: the optimiser keeps nothing but the weights."""

    classes: tuple[Class, ...] = ()


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(TextState)


class OneVsRest:
    """Answers with the label of a text's features. Equals the learner's own answer to 1e-9 in the logit."""

    def __init__(self, state: TextState) -> None:
        """Raises `TextModelError` if a weight is missing, senseless or belongs to nothing."""
        self.labels: tuple[str, ...] = tuple(each.label for each in state.classes)
        count = len(self.labels)
        self._layout = Layout(f"={count}Q")
        known: set[int] = set()
        columns = []
        for each in state.classes:
            places, weights = _numbers(each, count)
            known.update(places)
            column = [_ZERO] * (BUCKETS + count)
            for place, weight in zip(places, _limited(weights), strict=True):
                column[place] = _ZERO + int(weight / STEP)
            columns.append(column)
        pack = self._layout.pack
        self._rows = {
            _key(place, self.labels): int.from_bytes(pack(*row), byteorder)
            for place, row in enumerate(zip(*columns, strict=True))
            if place in known
        }

    def logits(self, features: Mapping[str, float]) -> dict[str, float]:
        """Label -> the logit that it is right. A label that the seeds read and no example had starts as rule 2 says."""
        get = self._rows.get
        by_value: dict[float, list[int]] = {}
        seeds = []
        for key, value in features.items():  # n-grams share one value: one multiplication for each label
            row = get(key)
            if row is not None:
                by_value.setdefault(value, []).append(row)
            elif key.startswith(SEED):
                seeds.append(key.removeprefix(SEED))
        sums = [INTERCEPT] * len(self.labels)
        for value, rows in by_value.items():
            added = self._layout.unpack(sum(rows).to_bytes(self._layout.size, byteorder))
            nothing = _ZERO * len(rows)
            sums = [before + value * ((steps - nothing) * STEP) for before, steps in zip(sums, added, strict=True)]
        found = dict(zip(self.labels, sums, strict=True))
        for seed in seeds:
            found.setdefault(seed, INTERCEPT + SEED_LEAD)
        return found

    def __call__(self, features: Mapping[str, float]) -> float:
        """The probability that the class named in `features` is right; without one, that the best one is."""
        right = next((key.removeprefix(CLASS) for key in features if key.startswith(CLASS)), None)
        found = self.logits({key: value for key, value in features.items() if not key.startswith(CLASS)})
        logit = max(found.values(), default=INTERCEPT) if right is None else found.get(right, INTERCEPT)
        return 1.0 / (1.0 + exp(-min(max(logit, -_LOGIT_BOUND), _LOGIT_BOUND)))

    def probes(self, most: int) -> list[dict[str, float]]:
        """At most so many vectors, which touch weights from all over the model."""
        keys = list(self._rows)
        return [dict.fromkeys(keys[turn::most][:_PROBED], SEED_VALUE) for turn in range(min(most, len(keys)))]

    def best(self, features: Mapping[str, float], labels: Container[str]) -> str | None:
        """The most probable of `labels`; None if the model knows none of them."""
        found = {label: logit for label, logit in self.logits(features).items() if label in labels}
        return max(found, key=found.__getitem__, default=None)


def seed_feature(label: str) -> str:
    """The name of the feature that says: the seeds read `label`."""
    return SEED + label


def class_feature(label: str) -> str:
    """The name of the feature of an example that says: `label` is right."""
    return CLASS + label


def encode(state: TextState) -> bytes:
    """The bytes of a state."""
    return _encoder.encode(state)


def decode(data: bytes) -> TextState:
    """The state of these bytes.

    Raises:
        TextModelError: they are none.
    """
    try:
        state = _decoder.decode(data)
    except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise TextModelError(f"the text model has another layout: {error}") from None
    labels = [each.label for each in state.classes]
    if len(set(labels)) != len(labels):
        raise TextModelError("the text model has a label twice")
    if len(labels) > MOST_LABELS or any(len(label) > _LABEL_LENGTH for label in labels):
        raise TextModelError(f"the text model has more than {MOST_LABELS} labels, or one that is too long")
    return state


def weights_of(each: Class, labels: Sequence[str]) -> dict[str, float]:
    """Feature -> weight of one class, in the order in which they were learnt. labels: of all classes.

    Raises:
        TextModelError: they are not complete, not finite, or of no feature.
    """
    return {_key(place, labels): weight for place, weight in zip(*_numbers(each, len(labels)), strict=True)}


def _key(place: int, labels: Sequence[str]) -> str:
    return f"#{place}" if place < BUCKETS else seed_feature(labels[place - BUCKETS])


def _numbers(each: Class, labels: int) -> tuple["array[int]", "array[float]"]:
    """The places and the weights of a class; raises `TextModelError` for one that cannot be. labels: how many."""
    try:
        places, weights = array("H", each.places), array("d", each.weights)
    except ValueError:
        raise TextModelError("the text model has a part of a number") from None
    if _SWAPPED:
        places.byteswap()
        weights.byteswap()
    if len(places) != len(weights) or not all(map(isfinite, weights)):
        raise TextModelError("the text model has a weight that is missing or not finite")
    if places and max(places) >= BUCKETS + labels:
        raise TextModelError("the text model has a weight of no feature")
    if len(set(places)) != len(places):
        raise TextModelError("the text model has two weights of one feature")
    return places, weights


def _limited(weights: Sequence[float]) -> Sequence[float]:
    if max(weights, default=0.0) <= MOST_WEIGHT and min(weights, default=0.0) >= -MOST_WEIGHT:
        return weights
    return [min(max(weight, -MOST_WEIGHT), MOST_WEIGHT) for weight in weights]


def packed(label: str, weights: Mapping[str, float], labels: Sequence[str]) -> Class:
    """The state of one class. weights: by feature, a bucket or one of `labels`, which are those of all classes."""
    index = {seed_feature(name): BUCKETS + place for place, name in enumerate(labels)}
    places = array("H", (int(key[1:]) if key.startswith("#") else index[key] for key in weights))
    numbers = array("d", weights.values())
    if _SWAPPED:
        places.byteswap()
        numbers.byteswap()
    return Class(label, places.tobytes(), numbers.tobytes())


def _is_big_endian() -> bool:
    return array("H", (1,)).tobytes() == b"\x00\x01"


_SWAPPED: Final = _is_big_endian()
