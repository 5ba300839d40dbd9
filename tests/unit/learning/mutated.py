"""Mutated snapshots with a valid MAC, against a scorer that has a good one.

    python -m tests.unit.learning.mutated [COUNT]

A mutation replaces one to three values anywhere in the message, also inside River's state, by values that did damage
before: other types, huge and odd numbers, paths of other classes and functions, references to nothing.
"""

import copy
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec import msgpack

from garbo.learning import registry, snapshots
from garbo.learning.conformance import examples
from garbo.learning.estimators.config import config_hash, config_of
from garbo.learning.estimators.implied import implied
from garbo.learning.estimators.state_load import load
from garbo.learning.estimators.state_walk import UnsafeState
from garbo.learning.evaluation.progressive import Progressive
from garbo.learning.model_key import DEVELOPMENT_KEY
from garbo.learning.serving import SnapshotScorer
from garbo.learning.snapshots import Snapshot
from tests.unit.learning.estimators.catalogue import CONFORM, model

ESTIMATORS: Final = ("ftrl", "hoeffding_adaptive_tree", "naive_bayes", "bagging", "SRPClassifier", "ARFClassifier")
ODD: Final = (
    *(None, 0, -1, 2**62, 1e308, -1e308, float("nan"), float("inf"), "x", b"\xff" * 8, [], {}, True, 0.5, 1e-12),
    ["o", "os:system", False, ["t", []], None, None],
    ["o", "subprocess:Popen", True, ["t", [["l", ["touch", "mutated"]]]], None, None],
    *(["c", "builtins:eval"], ["r", 0], ["r", 10**6], ["f", "river.datasets.base:os.system"], ["f", "os:system"]),
    ["m", ["l", []], "__class__"],
    {"class": "river.datasets.Bananas"},
)


def good(name: str) -> Snapshot:
    learner, progressive = registry.new(model(CONFORM[name])), Progressive()
    for features, label in examples(600):
        progressive.add(learner.predict_one(features), label)
        learner.learn_one(features, label)
    serving = learner.serving()
    config = config_hash(model(CONFORM[name]))
    return snapshots.snapshot_of("loan", 600, config, serving, progressive)


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every (container, key) below `value`."""
    for key in range(len(value)) if isinstance(value, list) else list(value):
        found.append((value, key))
        if isinstance(value[key], list | dict):
            places(value[key], found)
    return found


def opened(snapshot: Snapshot) -> dict[str, Any]:
    """The message as plain values, what is bytes inside it too."""
    plain: dict[str, Any] = msgpack.decode(msgpack.encode(snapshot))
    plain["serving"] = msgpack.decode(plain["serving"])
    head = plain["serving"]["head"]
    if head["type"] == "river":
        head["state"] = msgpack.decode(head["state"])
        head["estimator"] = msgspec.json.decode(head["estimator"])
    return plain


def closed(plain: dict[str, Any]) -> bytes:
    """The message of `opened`, under the name of its new content where that can be made, and signed."""
    serving = plain["serving"]
    if isinstance(serving, dict):
        head = serving.get("head")
        if isinstance(head, dict) and "state" in head:
            head["state"] = msgpack.encode(head["state"])
            if not isinstance(head.get("estimator"), bytes):
                head["estimator"] = msgspec.json.encode(head.get("estimator"))
        plain["serving"] = msgpack.encode(serving)
    with suppress(Exception):
        count, probes = sum(map(sum, plain["progressive"][1:3])), plain["probes"]
        plain["version"] = snapshots.version(plain["model"], plain["trained_on"], plain["serving"], count, probes)
    body = msgpack.encode(plain)
    return snapshots.MAGIC + bytes((snapshots.SCHEMA,)) + snapshots._mac(body, DEVELOPMENT_KEY) + body


def mutants(snapshot: Snapshot, count: int, seed: int) -> Iterator[bytes]:
    rng = random.Random(seed)
    whole = msgpack.encode(opened(snapshot))
    while count:
        plain = msgpack.decode(whole)
        # Half of them in the serving state: most places of a message are bins of a histogram.
        root = plain["serving"] if rng.random() < 0.5 else plain
        for _ in range(rng.choice((1, 1, 3))):
            container, key = rng.choice(places(root, []))
            container[key] = copy.deepcopy(rng.choice(ODD))
        try:
            yield closed(plain)
        except (msgspec.MsgspecError, TypeError, ValueError, OverflowError):
            continue
        count -= 1


def outcomes(name: str, count: int, seed: int = 1) -> Mapping[str, int]:
    """What `count` mutants come to: refused, the same answers, or (never) other answers.

    An exception of `update`, or of a score after it, leaves this function.
    """
    snapshot, found = good(name), Counter[str]()
    scorer = SnapshotScorer()
    assert scorer.update(snapshots.encode(snapshot))
    asked = [features for features, _ in examples(40, seed=5)]
    expected = [scorer.estimate("loan", features) for features in asked]
    for mutant in mutants(snapshot, count, seed):
        taken = scorer.update(mutant)
        answers = [scorer.estimate("loan", features) for features in asked]
        if not taken:
            found["refused" if answers == expected else "refused, yet other answers"] += 1
            continue
        same = [a and a.probability for a in answers] == [e and e.probability for e in expected]
        found["taken, the same answers" if same else "taken, other answers"] += 1
        assert scorer.update(snapshots.encode(snapshot))
        scorer.forget("x")
    return found


def loads(name: str, count: int, seed: int = 1) -> Mapping[str, int]:
    """What River's own state comes to when `count` mutants of it are loaded and scored: without its digest, its MAC
    and its probes nothing but the allow-list stands in their way."""
    estimator = msgspec.json.encode(config_of(model(CONFORM[name])).estimator, order="deterministic")
    learner = registry.new(model(CONFORM[name]))
    for features, label in examples(600):
        learner.learn_one(features, label)
    whole, allowed = msgspec.msgpack.decode(learner.state())["estimator"], implied(estimator)
    rng, found = random.Random(seed), Counter[str]()
    while found.total() < count:
        plain = msgpack.decode(whole)
        for _ in range(rng.choice((1, 1, 3))):
            container, key = rng.choice(places(plain, []))
            container[key] = copy.deepcopy(rng.choice(ODD))
        try:
            found["loaded" if load(msgpack.encode(plain), allowed) is not None else "nothing"] += 1
        except UnsafeState:
            found["refused"] += 1
    return found


def main(count: int) -> None:
    total = Counter[str]()
    for name in ESTIMATORS:
        found = outcomes(name, count // len(ESTIMATORS) + 1)
        total.update(found)
        print(f"{name:28s}{dict(found)}", flush=True)
    for name in ESTIMATORS:
        print(f"{name:28s}state alone: {dict(loads(name, count // len(ESTIMATORS)))}", flush=True)
    print(f"{total.total()} mutants: {dict(total)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
