"""The learner of a text model: River's one-vs-rest logistic regression over hashed n-grams (`text.linear` answers).

An example's features are those of a text, and "class=fraud": what is right. With label 1 each label's regression
learns, one that it is right and the others that they are not. With label 0 only the named one learns, that it is not.
"""

from collections.abc import Mapping
from typing import Any, Final

from garbo.core.policy.models import TEXT, Model
from garbo.core.policy.policy import Policy
from garbo.core.policy.reading import model_of
from garbo.learning.estimators.heads import Texts, sigmoid
from garbo.learning.estimators.serving import Serving, encode_serving
from garbo.learning.learner import Features, bounded
from garbo.text.linear import (
    CLASS,
    INTERCEPT,
    MOST_LABELS,
    SEED,
    SEED_LEAD,
    SEED_VALUE,
    TextState,
    decode,
    encode,
    packed,
    seed_feature,
    weights_of,
)

# One example moves the logit of its own text by at most so much. The features of a text have length 1, so this is the
# greatest rate at which one correction turns a reading round and few others (docs/text.md has the comparison).
LEARNING_RATE: Final = 4.0


def models_of(policy: Policy) -> dict[str, Model]:
    """The models of texts that the policy lets learn, by id."""
    return {name: Model(name, (), 0.5, 0.0, role=TEXT) for name in map(model_of, policy.reader.learns)}


class TextLearner:
    """Learns one correction at a time. River's object holds the state."""

    def __init__(self, state: bytes = b"", *, learning_rate: float = LEARNING_RATE) -> None:
        """state: of `state()`; empty for none. Raises `text.linear.TextModelError`."""
        # Imported here: a worker that only reads never imports River (rule 1 of the package).
        from river import linear_model, multiclass, optim, utils

        self._vector = utils.VectorDict
        self._model: Any = multiclass.OneVsRestClassifier(
            linear_model.LogisticRegression(optim.SGD(learning_rate), intercept_init=INTERCEPT, intercept_lr=0.0)
        )
        given = decode(state) if state else TextState()
        labels = [each.label for each in given.classes]
        for each in given.classes:
            self._add(each.label, weights_of(each, labels))

    def learn_one(self, features: Features, label: int, weight: float = 1.0) -> None:
        """Learn one example. One without a class, or with one more than the model takes, teaches nothing."""
        right, given = _parted(features)
        if right is None:
            return
        for seed in _seeds(given):
            if not self._knows(seed):
                del given[seed_feature(seed)]
        if not self._knows(right):
            return
        if label:
            self._model.learn_one(given, right, w=weight)
        else:
            self._model.classifiers[right].learn_one(given, False, w=weight)

    def predict_one(self, features: Features) -> float:
        """The probability that the class named in `features` is right; without one, that the best one is."""
        right, given = _parted(features)
        labels = self._labels(given) if right is None else [right]
        return _probability(max((self._logit(label, given) for label in labels), default=INTERCEPT))

    def tested(self, features: Features) -> tuple[float, int]:
        """How sure the model is of what it reads in an example's text, and 1 if that is right. Does not learn."""
        right, given = _parted(features)
        logits = {label: self._logit(label, given) for label in self._labels(given)}
        read = max(logits, key=logits.__getitem__, default="")
        return _probability(logits.get(read, INTERCEPT)), int(read == right)

    def state(self) -> bytes:
        """The whole state: enough to continue in another process, to the last bit."""
        classes = self._model.classifiers
        return encode(TextState(tuple(packed(label, one.weights, tuple(classes)) for label, one in classes.items())))

    def serving(self) -> bytes:
        """What `OneVsRest` answers with. It is the state: this optimiser keeps nothing but the weights."""
        return encode_serving(Serving(prior=0.5, keys=[], numbers={}, head=Texts.of(self.state())))

    def _labels(self, given: Features) -> list[str]:
        """What may be read: the labels that are known, and what the seeds read."""
        return list(dict.fromkeys([*self._model.classifiers, *_seeds(given)]))

    def _logit(self, label: str, given: Features) -> float:
        one = self._model.classifiers.get(label)
        if one is not None:
            return float(one._raw_dot_one(given))
        return INTERCEPT + (SEED_LEAD if seed_feature(label) in given else 0.0)

    def _knows(self, label: str) -> bool:
        """Add the label if it is new; False if the model takes no more."""
        if label not in self._model.classifiers:
            if len(self._model.classifiers) >= MOST_LABELS:
                return False
            self._add(label, {seed_feature(label): SEED_LEAD / SEED_VALUE})
        return True

    def _add(self, label: str, weights: Mapping[str, float]) -> None:
        one = self._model.classifier.clone()
        # River has no public setter for weights; tests/unit/learning/test_text.py covers this one.
        one._weights = self._vector(dict(weights))
        self._model.classifiers[label] = one


def _seeds(given: Features) -> list[str]:
    """What the seeds read in the text."""
    return [key.removeprefix(SEED) for key in given if key.startswith(SEED)]


def _probability(logit: float) -> float:
    return bounded(sigmoid(logit))


def _parted(features: Features) -> tuple[str | None, dict[str, float]]:
    """The class that `features` name, and the others."""
    right = next((key.removeprefix(CLASS) for key in features if key.startswith(CLASS)), None)
    return right, {key: value for key, value in features.items() if not key.startswith(CLASS)}
