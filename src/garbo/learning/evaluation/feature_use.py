"""Which features a model uses, and which no longer come.

Importance of a feature: the share of the variance of the model's logit that goes with this feature alone, 0 to 1. For a
number that is the squared correlation, for a category the squared correlation ratio (between its values). It looks at
predictions only, so it means the same for every class of model. Features that say the same share what they explain, and
each shows it. A feature is stale when it has not been seen for many examples.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Final, NamedTuple

from msgspec import Struct, field

MOST_FEATURES: Final = 256  # as many as an example may have (`learner.MAX_FEATURES`)
MOST_VALUES: Final = 512  # of all categories together; further values of a category count as one
_OTHER: Final = ""
_INDICATOR: Final = "="


class _Seen(Struct, array_like=True):
    """What came of one feature. last: the number of the example in which it was last seen. count: how often it was.

    Of a number, against the logit beside it (Welford 1962): the means, the sum of squares, and the sum of products.
    values: of a category, value -> (times, the mean logit there).
    """

    last: int = 0
    count: int = 0
    mean: float = 0.0
    mean_logit: float = 0.0
    squares: float = 0.0
    products: float = 0.0
    values: dict[str, tuple[int, float]] = field(default_factory=dict)


class FeatureLine(NamedTuple):
    """name. importance: 0 to 1. unseen: examples since it was last there. share: of the examples in which it was."""

    name: str
    importance: float
    unseen: int
    share: float


class FeatureUse(Struct, array_like=True):
    """examples: how many were looked at. mean, squares: of their logits. seen: by the feature's name, without the value
    of a category. values: how many values of categories are counted."""

    examples: int = 0
    mean: float = 0.0
    squares: float = 0.0
    seen: dict[str, _Seen] = field(default_factory=dict)
    values: int = 0

    def __post_init__(self) -> None:
        if len(self.seen) > MOST_FEATURES or sum(len(seen.values) for seen in self.seen.values()) > 2 * MOST_VALUES:
            raise ValueError("too many features")
        numbers = [self.mean, self.squares]
        for seen in self.seen.values():
            numbers += (seen.mean, seen.mean_logit, seen.squares, seen.products)
            numbers += (mean for _, mean in seen.values.values())
            if not 0 <= seen.last <= self.examples or not 0 <= seen.count <= self.examples:
                raise ValueError("a feature was seen more often than there were examples")
        if not all(map(isfinite, numbers)):
            raise ValueError("a figure of a feature is not finite")

    def add(self, features: Mapping[str, float], logit: float) -> None:
        """Look at the features of an example, and at the model's logit for them."""
        self.examples = examples = self.examples + 1
        apart = logit - self.mean
        self.mean += apart / examples
        self.squares += apart * (logit - self.mean)
        known = self.seen
        for key, x in features.items():
            name, indicator, value = key.partition(_INDICATOR)
            seen = known.get(name)
            if seen is None:
                if len(known) >= MOST_FEATURES:
                    continue
                seen = known[name] = _Seen()
            if seen.last != examples:  # a category may have several values at once
                seen.last = examples
                seen.count += 1
            count = seen.count
            if indicator:
                self._count(seen, value, logit)
                continue
            before = x - seen.mean
            seen.mean += before / count
            seen.mean_logit += (logit - seen.mean_logit) / count
            seen.squares += before * (x - seen.mean)
            seen.products += before * (logit - seen.mean_logit)

    def _count(self, seen: _Seen, value: str, logit: float) -> None:
        found = seen.values.get(value)
        if found is None:
            if self.values >= MOST_VALUES:
                value = _OTHER
                found = seen.values.get(value)
            if found is None:
                self.values += 1
                found = (0, 0.0)
        times = found[0] + 1
        seen.values[value] = (times, found[1] + (logit - found[1]) / times)

    def lines(self) -> list[FeatureLine]:
        """One line a feature, the most important first."""
        found = [
            FeatureLine(name, self._importance(s), self.examples - s.last, s.count / max(self.examples, 1))
            for name, s in self.seen.items()
        ]
        return sorted(found, key=lambda line: (-line.importance, line.name))

    def stale(self, unseen: int) -> list[str]:
        """Features that the last `unseen` examples did not have."""
        return sorted(name for name, seen in self.seen.items() if self.examples - seen.last >= unseen)

    def _importance(self, seen: _Seen) -> float:
        if self.squares <= 0.0:
            return 0.0
        if seen.values:
            between = sum(times * (mean - self.mean) * (mean - self.mean) for times, mean in seen.values.values())
            return min(between / self.squares, 1.0)
        if seen.squares <= 0.0:
            return 0.0
        return min(seen.products * seen.products / seen.squares / self.squares, 1.0)
