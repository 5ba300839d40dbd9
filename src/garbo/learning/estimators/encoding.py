"""A vector as an estimator sees it: its own keys, numbers standardised, crosses multiplied, indicators or words.

Rules
 1. A key that was never learnt does not reach the estimator, so an unseen value cannot change or confuse it.
 2. A number that is not finite, or absurd, counts as missing. One 1e300 would ruin a linear model for ever.
 3. When it learns, the scaler counts an example before it scales it, as River's pipelines do.
 4. A cross multiplies what the estimator sees: "a*b" of two numbers, "a*b=w" of a number and a category,
    "a=v*b=w" of two categories.
 5. A standardised number is cut at `MOST_DEVIATIONS`, on both sides (winsorised). A number that was constant for
    thousands of examples has a tiny deviation, and the first other value would stand hundreds of deviations away.
"""

from collections.abc import Callable, Mapping
from math import inf, sqrt
from typing import Final, TypeAlias

from msgspec import Struct

from garbo.core.scoring.features import BOUND
from garbo.learning.learner import MAX_KEY_BYTES, MAX_KEYS, Features

Scale: TypeAlias = tuple[float, float]
"""The mean and the factor of a number."""
Shown: TypeAlias = Callable[[str, float], float]
"""Key and value of a number -> the number as an estimator sees it."""
Encoded: TypeAlias = dict[str, float | str]
Crosses: TypeAlias = tuple[tuple[str, str], ...]

# Chebyshev: at most one value in this number's square lies farther out, whatever the distribution.
MOST_DEVIATIONS: Final = 5.0
UNSEEN: Final[Scale] = (0.0, 0.0)
AS_IT_IS: Final[Scale] = (0.0, 1.0)
# A deviation under 1e-12 of the mean is the rounding of a running mean (1e-16), not a variation.
_ROUNDING: Final = 1e-24


class Scaler(Struct, forbid_unknown_fields=True):
    """What the encoder has learnt. keys: those it passes on, in the order of their first example."""

    keys: list[str]
    counts: dict[str, float]
    means: dict[str, float]
    variances: dict[str, float]

    def __post_init__(self) -> None:
        if not self.counts.keys() == self.means.keys() == self.variances.keys():
            raise ValueError("the scaler's tables have different features")
        if any(n < 1.0 for n in self.counts.values()) or any(v < 0.0 for v in self.variances.values()):
            raise ValueError("a count or a variance is negative")


class Encoder:
    """Encodes the vectors of one model, and learns which keys there are and how its numbers vary."""

    def __init__(self, names: frozenset[str], crosses: Crosses, text: bool, raw: bool, scaler: Scaler) -> None:
        """text: categories as words; otherwise indicators. raw: numbers as they are; otherwise standardised."""
        self._names, self.crosses, self.text, self.raw = names, crosses, text, raw
        self.scaler = scaler
        self.most = inf if raw else MOST_DEVIATIONS
        self._known = dict.fromkeys(scaler.keys)
        self._bytes = sum(len(key.encode()) for key in scaler.keys)

    def learn(self, features: Features) -> Encoded:
        """Learn the keys and the numbers of an example; it as the estimator learns it."""
        own = {k: v for k, v in features.items() if k.partition("=")[0] in self._names and -BOUND < v < BOUND}
        for key, value in own.items():
            self._admit(key)
            if "=" not in key and key in self._known:
                self._count(key, value)
        encoded = encode(own, self._known, self.shown, self.text, ())
        for key, each in cross(own, self._known, self.shown, self.text, self.crosses):
            self._admit(key)
            if key in self._known:
                encoded[_shown(key, self.text)] = each
        return encoded

    def encode(self, features: Features) -> Encoded:
        """A vector as the estimator scores it. Learns nothing."""
        return encode(features, self._known, self.shown, self.text, self.crosses)

    def shown(self, key: str, value: float) -> float:
        """A number as the estimator sees it."""
        return value if self.raw else scaled(value, self.spread(key), self.most)

    def spread(self, key: str) -> Scale:
        """The mean of a number and one over its deviation, 0 before it has varied."""
        mean = self.scaler.means.get(key)
        if mean is None:
            return UNSEEN
        variance = self.scaler.variances[key]
        return (mean, 1.0 / sqrt(variance)) if variance > _ROUNDING * mean * mean else (mean, 0.0)

    def _count(self, key: str, value: float) -> None:
        s = self.scaler
        n = s.counts.get(key, 0.0) + 1.0
        mean = s.means.get(key, 0.0)
        new = mean + (value - mean) / n
        s.variances[key] = max(
            0.0, s.variances.get(key, 0.0) + ((value - mean) * (value - new) - s.variances.get(key, 0.0)) / n
        )
        s.counts[key], s.means[key] = n, new

    def _admit(self, key: str) -> None:
        if key in self._known:
            return
        size = len(key.encode())
        if len(self._known) < MAX_KEYS and self._bytes + size <= MAX_KEY_BYTES:
            self._known[key] = None
            self._bytes += size
            self.scaler.keys.append(key)


def encode(features: Features, known: Mapping[str, object], shown: Shown, text: bool, crosses: Crosses) -> Encoded:
    """`features` as an estimator sees them. known: the keys that it has learnt."""
    encoded: Encoded = {}
    for key, value in features.items():
        if key in known and -BOUND < value < BOUND:
            if "=" not in key:
                encoded[key] = shown(key, value)
            elif text:
                name, _, word = key.partition("=")
                encoded[name] = word
            else:
                encoded[key] = value
    if crosses:
        for key, each in cross(features, known, shown, text, crosses):
            if key in known:
                encoded[_shown(key, text)] = each
    return encoded


def scaled(value: float, scale: Scale, most: float) -> float:
    """A number as an estimator sees it: `most` deviations from its mean, at most."""
    mean, factor = scale
    return min(max(-most, (value - mean) * factor), most)


def cross(
    features: Features, known: Mapping[str, object], shown: Shown, text: bool, crosses: Crosses
) -> list[tuple[str, float | str]]:
    """The crosses of an example: (key, what the estimator sees)."""
    names = {key.partition("=")[0]: key for key in features if key in known}
    found: list[tuple[str, float | str]] = []
    for one, other in crosses:
        a, b = names.get(one), names.get(other)
        if a is None or b is None:
            continue
        if "=" in a and "=" not in b:
            a, b = b, a  # the number stands first
        key = f"{a}*{b}"
        if text and "=" in a:
            found.append((key, f"{a.partition('=')[2]}*{b.partition('=')[2]}"))
        else:
            product = _factor(a, features[a], shown) * _factor(b, features[b], shown)
            if -BOUND < product < BOUND:
                found.append((key, product))
    return found


def _factor(key: str, value: float, shown: Shown) -> float:
    return value if "=" in key else shown(key, value)


def _shown(key: str, text: bool) -> str:
    """The name under which the estimator sees a cross: of two words, without their values."""
    one, _, other = key.partition("*")
    if text and "=" in one:
        return f"{one.partition('=')[0]}*{other.partition('=')[0]}"
    return key
