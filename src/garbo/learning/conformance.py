"""What every model must keep before it may decide for anybody: checks by name, on the learner of the policy.

`registry.check` runs them for `garbo check`, `garbo policy publish` and the workers; `garbo.testing.models` ships them
for a class of one's own. Each takes a fresh learner and made-up examples; together they take a second at most, and the
result is kept per configuration.
"""

import random
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, Protocol, TypeAlias

import msgspec

from garbo.core.policy.models import ACTION, Feature, Model
from garbo.errors import PolicyError
from garbo.learning import learners, snapshots
from garbo.learning.estimators.config import config_hash
from garbo.learning.estimators.serving import decode_serving, formula
from garbo.learning.learner import Features, Learner

Example: TypeAlias = tuple[dict[str, float], int]

EARLY: Final = "early"  # of a target's `learn`
LESSONS: Final = 300
JOBS: Final = ("student", "doctor", "teacher", "retired")
# A score costs a decision time for each candidate: slower models would need their own worker.
MAX_SCORE_US: Final = 2_000.0
# Of the learning state after the lessons: it is written at each commit in which the model learnt.
MAX_STATE: Final = 512 * 1024
_TOLERANCE: Final = 1e-9
_JUMP: Final = 0.3
_ABSURD: Final = (float("nan"), float("inf"), 1e300, -1e300)


class Subject(Protocol):
    """How the checks make the learner that they test."""

    def new(self) -> Learner:
        """A learner without examples."""

    def restore(self, state: bytes) -> Learner:
        """A learner that goes on from a state."""


Check: TypeAlias = Callable[[Subject], str]
"""Why the model fails, or ""."""


class OfModel(msgspec.Struct, frozen=True):
    """The learner of a policy's model."""

    model: Model

    def new(self) -> Learner:
        return learners.new(self.model)

    def restore(self, state: bytes) -> Learner:
        return learners.restore(self.model, state)


def conform(model: Model) -> None:
    """Run every check on a model of a policy.

    Raises:
        PolicyError: it cannot be made, or fails a check; the message names each that failed.
    """
    failures = _failures(config_hash(model), msgspec.json.encode(_probed(model)))
    if failures:
        raise PolicyError(f"model {model.id!r} does not conform: {'; '.join(failures)}")


def failures(subject: Subject, *, early: bool = False) -> list[str]:
    """The checks that `subject` fails, as "name: why". One that raises ends the list.

    early: is it taught a no at once, which a later yes corrects?
    """
    found: list[str] = []
    for name, check in (CHECKS | EARLY_CHECKS if early else CHECKS).items():
        try:
            why = check(subject)
        except PolicyError:
            raise
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as problem:  # noqa: BLE001  an estimator's own code; code in Rust panics with a BaseException
            why = f"{type(problem).__name__} {str(problem)[:100]}".strip()
            return [*found, f"{name}: {why}"]
        if why:
            found.append(f"{name}: {why}")
    return found


@lru_cache(maxsize=256)
def _failures(config: str, model: bytes) -> list[str]:
    """`config` is the hash of `model`'s configuration: the key of the cache."""
    made = msgspec.json.decode(model, type=Model)
    return failures(OfModel(made), early=made.target.learn == EARLY)


def of_estimator(model: Model) -> Subject:
    """What the checks run on for `model`: its configuration, on their own features."""
    return OfModel(_probed(model))


def _probed(model: Model) -> Model:
    features = (Feature("age", "number"), Feature("euribor", "number"), Feature("job", "category"))
    return Model(
        id="conformance",
        features=(*features, Feature("group", "category", ACTION)),
        starting_propensity=0.2,
        starting_evidence=10.0,
        estimator=model.estimator,
        encoding=model.encoding,
        calibration=model.calibration,
        target=model.target,
        crosses=(("job", "group"),) if model.crosses else (),
    )


def examples(count: int, seed: int = 7) -> Iterator[Example]:
    """Made-up examples: students say yes, rates hurt, and there is a category that says nothing."""
    rng = random.Random(seed)
    for _ in range(count):
        job = rng.choice(JOBS)
        euribor = rng.gauss(2.0, 1.0)
        yes = rng.random() < (0.6 if job == "student" else 0.15) * (1.3 if euribor < 2.0 else 0.7)
        group = f"group={rng.choice('ab')}"
        yield {f"job={job}": 1.0, "age": float(rng.randrange(18, 90)), "euribor": euribor, group: 1.0}, int(yes)


def trained(subject: Subject, count: int = LESSONS) -> Learner:
    learner = subject.new()
    for features, label in examples(count):
        learner.learn_one(features, label)
    return learner


def _answers(learner: Learner, count: int = 40) -> list[float]:
    return [learner.predict_one(features) for features, _ in examples(count, seed=10)]


def _wrong(probability: float) -> str:
    return "" if 0.0 < probability < 1.0 else f"it answers {probability!r}"


def _score_does_not_learn(subject: Subject) -> str:
    quiet, asked = subject.new(), subject.new()
    for features, label in examples(100):
        for learner in (quiet, asked):
            learner.learn_one(features, label)
        _answers(asked, 2)
        asked.predict_one({"new": 1.0, "job=astronaut": 1.0})
    return "" if _answers(quiet) == _answers(asked) else "scoring changed what it answers later"


def _learning_leaves_the_example(subject: Subject) -> str:
    learner = trained(subject, 20)
    features = {"job=doctor": 1.0, "age": 40.0, "euribor": 1.0}
    before = dict(features)
    learner.learn_one(features, 1)
    return "" if before == features else "learn_one changed the features"


def _before_any_lesson(subject: Subject) -> str:
    learner = subject.new()
    features, _ = next(examples(1))
    served = formula(decode_serving(learner.serving()))
    return _wrong(learner.predict_one(features)) or _wrong(served(features))


def _empty_vector(subject: Subject) -> str:
    learner = subject.new()
    before = _wrong(learner.predict_one({}))
    learner.learn_one({}, 0)
    learner.learn_one({}, 1)
    return before or _wrong(learner.predict_one({})) or _wrong(trained(subject, 50).predict_one({}))


def _one_label_only(subject: Subject) -> str:
    for label in (0, 1):
        learner = subject.new()
        for features, _ in examples(100):
            learner.learn_one(features, label)
        if why := _wrong(_answers(learner, 1)[0]):
            return f"after label {label} alone {why}"
    return ""


def _learns(subject: Subject) -> str:
    learner = trained(subject, 2 * LESSONS)
    scored = [(learner.predict_one(features), label) for features, label in examples(200, seed=11)]
    rate = sum(label for _, label in scored) / len(scored)
    mean = sum(p for p, _ in scored) / len(scored)
    return "" if abs(mean - rate) < _JUMP else f"its mean is {mean:.2f} where {rate:.2f} say yes"


def _absurd_numbers_scored(subject: Subject) -> str:
    learner = trained(subject)
    features, _ = next(examples(1))
    expected = learner.predict_one({k: v for k, v in features.items() if k != "age"})
    for value in _ABSURD:
        if learner.predict_one({**features, "age": value}) != expected:
            return f"{value!r} is not taken for a missing number"
    return ""


def _absurd_numbers_learnt(subject: Subject) -> str:
    for value in _ABSURD:
        learner = trained(subject)
        features, _ = next(examples(1))
        before = learner.predict_one(features)
        learner.learn_one({**features, "age": value}, 1)
        for each, label in examples(10, seed=12):
            learner.learn_one(each, label)
        after = learner.predict_one(features)
        if why := _wrong(after):
            return f"after {value!r} {why}"
        if abs(after - before) > _JUMP:
            return f"{value!r} moves its answer from {before:.2f} to {after:.2f}"
    return ""


def _unseen_and_vanished_features(subject: Subject) -> str:
    learner = trained(subject)
    features, _ = next(examples(1))
    cases: list[Features] = [
        {**features, "moon": 3.0, "job=astronaut": 1.0},
        {key: value for key, value in features.items() if key != "euribor"},
        {"age": 30.0},
        {"moon": 1.0},
    ]
    return next((why for case in cases if (why := _wrong(learner.predict_one(case)))), "")


def _snapshot_round_trip(subject: Subject) -> str:
    learner = trained(subject)
    state = learner.state()
    restored = subject.restore(state)
    if _answers(learner) != _answers(restored):
        return "a restored learner answers something else"
    for features, label in examples(150, seed=13):
        learner.learn_one(features, label)
        restored.learn_one(features, label)
    return "" if _answers(learner) == _answers(restored) else "a restored learner learns something else"


def _serving_answers_as_the_learner(subject: Subject) -> str:
    learner = trained(subject)
    serving = learner.serving()
    score = formula(decode_serving(serving))
    for features, _ in examples(60, seed=10):
        one, other = learner.predict_one(features), score(features)
        if abs(one - other) > _TOLERANCE:
            return f"it serves {other!r} where it has learnt {one!r}"
    again = formula(decode_serving(serving))
    if any(again(vector) != expected for vector, expected in snapshots.golden(serving)):
        return "its probes are not reproduced to the bit"
    return ""


def _deterministic(subject: Subject) -> str:
    one, other = trained(subject), trained(subject)
    return "" if one.state() == other.state() else "the same examples give another state; give it a seed"


def _time_of_a_score(subject: Subject) -> str:
    score = formula(decode_serving(trained(subject).serving()))
    vectors = [features for features, _ in examples(20)]
    costs = []
    for _ in range(5):
        began = time.perf_counter()
        for features in vectors:
            score(features)
        costs.append((time.perf_counter() - began) / len(vectors) * 1e6)
    return "" if min(costs) <= MAX_SCORE_US else f"{min(costs):.0f} us, at most {MAX_SCORE_US:.0f}"


def _state_size(subject: Subject) -> str:
    learner = trained(subject)
    size, serving = len(learner.state()), len(learner.serving())
    if size > MAX_STATE:
        return f"{size} bytes after {LESSONS} examples, at most {MAX_STATE}"
    if serving > snapshots.MAX_RIVER_BYTES:
        return f"{serving} bytes serve it after {LESSONS} examples, at most {snapshots.MAX_RIVER_BYTES}"
    return ""


def _weighs_its_examples(subject: Subject) -> str:
    """An early no and its yes differ by their weights; an estimator may ignore them (no `w` in River)."""
    plain, heavy = subject.new(), subject.new()
    for features, label in examples(100):
        plain.learn_one(features, label)
        heavy.learn_one(features, label, 3.0 if label else 1.0)
    asked = [features for features, _ in examples(20, seed=14)]
    raw = [
        [getattr(learner, "raw_score", learner.predict_one)(features) for features in asked]
        for learner in (plain, heavy)
    ]
    return "takes no weight, and `learn: early` needs it: write learn: close" if raw[0] == raw[1] else ""


CHECKS: Final[dict[str, Check]] = {
    "before any lesson": _before_any_lesson,
    "empty vector": _empty_vector,
    "learns the rate": _learns,
    "score does not learn": _score_does_not_learn,
    "learning leaves the example": _learning_leaves_the_example,
    "one label only": _one_label_only,
    "absurd numbers scored": _absurd_numbers_scored,
    "absurd numbers learnt": _absurd_numbers_learnt,
    "unseen and vanished features": _unseen_and_vanished_features,
    "snapshot round trip": _snapshot_round_trip,
    "serving answers as the learner": _serving_answers_as_the_learner,
    "deterministic": _deterministic,
    "time of a score": _time_of_a_score,
    "state size": _state_size,
}
"""The checks by name."""

EARLY_CHECKS: Final[dict[str, Check]] = {"weighs its examples": _weighs_its_examples}
"""Those for a model that learns early besides."""
