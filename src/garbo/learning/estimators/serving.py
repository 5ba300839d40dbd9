"""The serving state of an estimator: enough to score, as plain data, and much smaller than what learning needs."""

import random
from collections.abc import Callable, Iterator
from math import inf
from typing import Any, Final

import msgspec
from msgspec import Struct

from garbo.core.scoring.features import BOUND
from garbo.learning.estimators.calibration import calibrated
from garbo.learning.estimators.encoding import (
    AS_IT_IS,
    MOST_DEVIATIONS,
    UNSEEN,
    Crosses,
    Encoded,
    Scale,
    encode,
    scaled,
)
from garbo.learning.estimators.heads import SIGMOID, Constant, Head, Linear, River, Texts, Tree, sigmoid
from garbo.learning.learner import Features, Formula, bounded
from garbo.text.linear import OneVsRest, class_feature, decode

MAX_PROBES: Final = 32
MAX_DRAWN: Final = 32
# In deviations from the mean. The last two are cut.
_STEPS: Final = (-1.0, -0.5, 0.0, 0.5, 1.0, -MOST_DEVIATIONS - 1.0, MOST_DEVIATIONS + 1.0)


class Serving(Struct, forbid_unknown_fields=True, frozen=True):
    """prior: the answer where the estimator says nothing. keys: those it has learnt. numbers: their means and
    factors; with `raw` only the probes use them. platt: intercept and slope of the calibration. most: where a
    standardised number is cut; infinite in a state of before there was a cut, which scores as its learner did."""

    prior: float
    keys: list[str]
    numbers: dict[str, Scale]
    head: Head
    text: bool = False
    raw: bool = False
    crosses: Crosses = ()
    platt: tuple[float, float] | None = None
    most: float = inf

    def __post_init__(self) -> None:
        if not 0.0 < self.prior < 1.0:
            raise ValueError("a prior is between 0 and 1")
        if not self.most >= 1.0:
            raise ValueError("numbers are cut within one deviation")


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Serving)


def encode_serving(serving: Serving) -> bytes:
    return _encoder.encode(serving)


def decode_serving(data: bytes) -> Serving:
    """Raises `msgspec.MsgspecError` if the layout is another, or a value is impossible."""
    return _decoder.decode(data)


def formula(serving: Serving) -> Formula:
    """The probability of a vector. Pure Python without River, unless the head is `River`.

    Raises:
        UnsafeState, PolicyError: the head is River's, and its state is not that of its estimator.
    """
    head = serving.head
    if isinstance(head, Texts):
        return OneVsRest(decode(head.state))
    if isinstance(head, Constant):
        rate = bounded(head.rate)
        return lambda features: rate
    if isinstance(head, Linear) and head.link == SIGMOID and not (serving.crosses or serving.text or serving.platt):
        return _folded(serving, head)
    return _general(serving, _scorer(head))


def _scorer(head: Any) -> Callable[[Encoded], float | None]:
    if not isinstance(head, River):
        return head.score  # type: ignore[no-any-return]
    from garbo.learning.estimators.river_head import scorer  # imports River, which only such a head needs

    return scorer(head)


def _general(serving: Serving, score: Callable[[Encoded], float | None]) -> Formula:
    known = dict.fromkeys(serving.keys)
    scales, prior, platt = serving.numbers, bounded(serving.prior), serving.platt
    text, crosses, raw, most = serving.text, serving.crosses, serving.raw, serving.most

    def shown(key: str, value: float) -> float:
        return value if raw else scaled(value, scales.get(key, UNSEEN), most)

    def whole(features: Features) -> float:
        found = score(encode(features, known, shown, text, crosses))
        if found is None:
            return prior
        return bounded(found if platt is None else calibrated(platt[0], platt[1], found))

    return whole


def _folded(serving: Serving, head: Linear) -> Formula:
    """A dot product over (slope, centre, most) of each key: 2.4 us. A key that was never learnt has slope 0.

    most: of the product, where the number is cut.
    """
    terms: dict[str, tuple[float, float, float]] = {}
    for key, weight in head.weights.items():
        number = "=" not in key and not serving.raw
        mean, factor = serving.numbers.get(key, UNSEEN) if number else AS_IT_IS
        terms[key] = (weight * factor, mean, abs(weight) * serving.most if number and weight else inf)
    term, intercept, unseen = terms.get, head.intercept, (0.0, 0.0, inf)
    guarded = _general(serving, head.score)

    def whole(features: Features) -> float:
        z = intercept
        for key, value in features.items():
            slope, centre, most = term(key, unseen)
            part = slope * (value - centre)
            if -most <= part <= most:
                z += part
            elif -BOUND < value < BOUND:
                z += most if part > 0.0 else -most
            else:
                return guarded(features)  # absurd or NaN: the guard leaves it out
        if -15.0 < z < 15.0:
            return sigmoid(z)
        return guarded(features)  # far out or NaN: an absurd number may be the cause, and the guard leaves it out

    return whole


def probes(serving: Serving) -> list[dict[str, float]]:
    """Vectors that touch every key, made of the serving state alone: no person's vector is in a snapshot."""
    found: list[dict[str, float]] = [{}]
    if isinstance(serving.head, Texts):
        model = OneVsRest(decode(serving.head.state))
        touched = model.probes(MAX_PROBES)
        return (
            found
            + [{**vector, class_feature(label): 1.0} for label in model.labels for vector in touched[:1]]
            + touched
        )
    single = [key for key in serving.keys if "*" not in key]
    for turn in range(min(MAX_PROBES - 1, len(single))):
        chosen = _one_of_each(single, turn) if serving.text else _every_nth(single, turn)
        found.append({key: _shown(serving, key, turn) for key in chosen})
    if isinstance(serving.head, Tree):
        found.extend(_paths(serving, serving.head))
    if isinstance(serving.head, River):
        rng = random.Random(1)
        found.extend(_drawn(serving, single, rng) for _ in range(MAX_DRAWN))
    return found


def _drawn(serving: Serving, keys: list[str], rng: random.Random) -> dict[str, float]:
    """Values at random: nobody knows which of them reach a part of an estimator that only River can score."""
    found: dict[str, float] = {}
    for each in _by_name(keys).values():
        key = rng.choice(each)
        if "=" in key:
            found[key] = 1.0
        else:
            mean, factor = serving.numbers.get(key, UNSEEN)
            found[key] = mean + rng.gauss(0.0, 2.0) / (factor or 1.0)
    return found


def _every_nth(keys: list[str], turn: int) -> list[str]:
    """The keys of one turn, and all numbers."""
    return [key for place, key in enumerate(keys) if "=" not in key or place % (MAX_PROBES - 1) == turn]


def _one_of_each(keys: list[str], turn: int) -> list[str]:
    return [each[turn % len(each)] for each in _by_name(keys).values()]


def _by_name(keys: list[str]) -> dict[str, list[str]]:
    by_name: dict[str, list[str]] = {}
    for key in keys:
        by_name.setdefault(key.partition("=")[0], []).append(key)
    return by_name


def _shown(serving: Serving, key: str, turn: int) -> float:
    if "=" in key:
        return 1.0
    mean, factor = serving.numbers.get(key, UNSEEN)
    step = _STEPS[(turn * 3 + len(key)) % len(_STEPS)]
    return mean + (step / factor if factor else step)


def _paths(serving: Serving, tree: Tree) -> Iterator[dict[str, float]]:
    """For each leaf, up to `MAX_PROBES` of them, a vector that reaches it or one nearby."""
    waiting: list[tuple[int, dict[str, float]]] = [(0, {})]
    count = 0
    while waiting and count < MAX_PROBES:
        number, path = waiting.pop()
        node = tree.nodes[number]
        if not node.feature:
            count += 1
            yield path
        elif node.threshold is not None:
            mean, factor = serving.numbers.get(node.feature, AS_IT_IS)
            at = node.threshold if serving.raw else mean + (node.threshold / factor if factor else 0.0)
            away = abs(at) * 1e-9 + (0.001 / factor if factor else 1.0)
            waiting += [(node.left, {**path, node.feature: at - away}), (node.right, {**path, node.feature: at + away})]
        else:
            waiting += [
                (
                    child,
                    {
                        **{k: v for k, v in path.items() if k.partition("=")[0] != node.feature},
                        f"{node.feature}={w}": 1.0,
                    },
                )
                for w, child in node.words.items()
            ]
