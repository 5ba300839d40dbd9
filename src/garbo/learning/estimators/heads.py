"""What serves an estimator without River: a linear model, a tree, the mean of several, a constant. Plain data.

A head gives the score in [0, 1] of an encoded vector, before calibration.
"""

from hashlib import blake2b
from math import exp, isfinite
from typing import Final, TypeAlias

from msgspec import Struct

from garbo.learning.estimators.encoding import Encoded

MAX_NODES: Final = 20_000
# River cuts its sigmoid here.
LOGIT_BOUND: Final = 30.0
SIGMOID: Final = "sigmoid"
IDENTITY: Final = "identity"
NO_NODE: Final = -1


class Linear(Struct, forbid_unknown_fields=True, frozen=True, tag="linear"):
    """link: `SIGMOID`, or `IDENTITY` for a regression on 0 and 1."""

    intercept: float
    weights: dict[str, float]
    link: str

    def __post_init__(self) -> None:
        if self.link not in (SIGMOID, IDENTITY) or not isfinite(self.intercept):
            raise ValueError("a linear model has another link or intercept")
        if not all(map(isfinite, self.weights.values())):
            raise ValueError("a weight is not finite")

    def score(self, encoded: Encoded) -> float | None:
        z = self.intercept
        get = self.weights.get
        for key, value in encoded.items():
            z += get(key, 0.0) * float(value)
        return sigmoid(z) if self.link == SIGMOID else min(max(0.0, z), 1.0)


class Node(Struct, forbid_unknown_fields=True, frozen=True, array_like=True):
    """A fork, or a leaf if `feature` is empty. A fork sends a number up to `threshold` to the first child, a word
    to the child at `words`; a missing value and an unknown word go to `common`. alternate: the root of a tree that
    answers too. yes, no: the leaf's shares."""

    feature: str = ""
    threshold: float | None = None
    words: dict[str, int] = {}
    other: int = NO_NODE  # where another word goes, when the branch asks for a single one
    left: int = NO_NODE
    right: int = NO_NODE
    common: int = NO_NODE
    alternate: int = NO_NODE
    yes: float = 0.0
    no: float = 0.0


class Tree(Struct, forbid_unknown_fields=True, frozen=True, tag="tree"):
    """nodes: the root is the first; each child comes after its parent, so there are no circles."""

    nodes: list[Node]

    def __post_init__(self) -> None:
        count = len(self.nodes)
        if not 0 < count <= MAX_NODES:
            raise ValueError("a tree has too few or too many nodes")
        for number, node in enumerate(self.nodes):
            numeric = node.threshold is not None
            must = (node.common, node.left, node.right) if numeric else (node.common, *node.words.values())
            may = (node.alternate, node.other)
            if node.feature:
                if any(not number < child < count for child in must):
                    raise ValueError("a fork has no such child")
                if any(child != NO_NODE and not number < child < count for child in may):
                    raise ValueError("a fork has no such child")
                if numeric and not isfinite(node.threshold or 0.0):
                    raise ValueError("a threshold is not finite")
            elif not (0.0 <= node.yes <= 1.0 and 0.0 <= node.no <= 1.0):
                raise ValueError("a leaf's shares are not between 0 and 1")

    def score(self, encoded: Encoded) -> float | None:
        yes, no = self._reached(0, encoded)
        return yes / (yes + no) if yes + no > 0.0 else None

    def _reached(self, number: int, encoded: Encoded) -> tuple[float, float]:
        """The shares of the leaf below node `number`, and of all alternates on the way."""
        nodes = self.nodes
        node = nodes[number]
        yes = no = 0.0
        while node.feature:
            if node.alternate != NO_NODE:
                more = self._reached(node.alternate, encoded)
                yes += more[0]
                no += more[1]
            value = encoded.get(node.feature)
            if value is None:
                number = node.common
            elif node.threshold is not None:
                below = node.left if not isinstance(value, str) and value <= node.threshold else node.right
                number = node.common if isinstance(value, str) else below
            else:
                number = node.words.get(str(value), node.other)
                if number == NO_NODE:
                    number = node.common
            node = nodes[number]
        return yes + node.yes, no + node.no


class Constant(Struct, forbid_unknown_fields=True, frozen=True, tag="constant"):
    rate: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.rate <= 1.0:
            raise ValueError("a rate is between 0 and 1")

    def score(self, encoded: Encoded) -> float | None:
        return self.rate


class Mean(Struct, forbid_unknown_fields=True, frozen=True, tag="mean"):
    """The mean of several models that each answer; those that do not are left out."""

    members: list[Linear | Tree]

    def __post_init__(self) -> None:
        if not self.members:
            raise ValueError("a mean of nothing")

    def score(self, encoded: Encoded) -> float | None:
        scores = [score for member in self.members if (score := member.score(encoded)) is not None]
        return sum(scores) / len(scores) if scores else None


class River(Struct, forbid_unknown_fields=True, frozen=True, tag="river"):
    """An estimator that only River can score. estimator: its plain data as JSON. state: by `state_walk`.
    digest: of the state, because a forest has parts that no probe reaches."""

    estimator: bytes
    state: bytes
    version: str
    digest: bytes

    @classmethod
    def of(cls, estimator: bytes, state: bytes, version: str) -> "River":
        return cls(estimator, state, version, digest_of(state))


class Texts(Struct, forbid_unknown_fields=True, frozen=True, tag="texts"):
    """A model of texts. state: of a `text.linear.OneVsRest`. digest: of it, as probes do not reach every weight."""

    state: bytes
    digest: bytes

    def __post_init__(self) -> None:
        if digest_of(self.state) != self.digest:
            raise ValueError("the state of a model of texts has another digest")

    @classmethod
    def of(cls, state: bytes) -> "Texts":
        return cls(state, digest_of(state))


Head: TypeAlias = Linear | Tree | Mean | Constant | River | Texts


def digest_of(state: bytes) -> bytes:
    return blake2b(state, digest_size=16).digest()


def sigmoid(z: float) -> float:
    """River's sigmoid: cut at `LOGIT_BOUND`."""
    if z > LOGIT_BOUND:
        return 1.0
    if z < -LOGIT_BOUND:
        return 0.0
    return 1.0 / (1.0 + exp(-z))
