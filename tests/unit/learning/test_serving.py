import random
from hashlib import blake2b
from typing import Any

import msgspec
import pytest

from garbo.core.policy.models import Model
from garbo.learning import registry, snapshots
from garbo.learning.evaluation.progressive import Progressive
from garbo.learning.learner import MAX_KEYS, Parameters
from garbo.learning.serving import SnapshotScorer
from garbo.learning.snapshots import Snapshot, SnapshotError
from garbo.testing.models import examples

MODEL = Model("loan", (), 0.2, 10.0, estimator={"preset": "adagrad"})


def snapshot(count: int = 300, **changes: Any) -> Snapshot:
    learner, progressive = registry.new(MODEL), Progressive()
    for features, label in examples(count):
        progressive.add(learner.predict_one(features), label)
        learner.learn_one(features, label)
    whole = Snapshot("loan", f"loan@{count}", count, registry.scorer(MODEL), learner.parameters(), progressive)
    return msgspec.structs.replace(whole, **changes)


def spoilt(**changes: float | dict[str, float]) -> Parameters:
    return {**snapshot().parameters, **changes}


def framed(body: bytes, schema: int = 1) -> bytes:
    return b"GBMS" + bytes((schema,)) + blake2b(body, digest_size=16).digest() + body


def test_there_and_back() -> None:
    assert snapshot() == snapshots.decode(snapshots.encode(snapshot()))


def test_the_same_examples_give_the_same_bytes() -> None:
    assert snapshots.encode(snapshot()) == snapshots.encode(snapshot())


def test_before_a_snapshot_there_is_no_estimate() -> None:
    assert SnapshotScorer().estimate("loan", {}) is None


def test_an_estimate_carries_its_evidence_and_its_version() -> None:
    scorer = SnapshotScorer()
    assert scorer.update(snapshots.encode(snapshot(300)))
    estimate = scorer.estimate("loan", {"job=doctor": 1.0, "age": 40.0})
    assert estimate is not None
    assert (300.0, "loan@300") == (estimate.evidence, estimate.version)
    learner = registry.restore(MODEL, snapshot(300).parameters)
    assert learner.predict_one({"job=doctor": 1.0, "age": 40.0}) == pytest.approx(estimate.probability, abs=1e-12)
    assert scorer.estimate("card", {}) is None


def test_the_last_snapshot_on_the_log_wins_even_with_a_lower_number() -> None:
    scorer = SnapshotScorer()
    for count in (300, 400, 100):
        assert scorer.update(snapshots.encode(snapshot(count)))
    assert {"loan": "loan@100"} == scorer.versions()


def test_a_tombstone_gives_the_word_back_to_the_prior() -> None:
    scorer = SnapshotScorer()
    scorer.update(snapshots.encode(snapshot()))
    scorer.forget("loan")
    scorer.forget("never there")
    assert scorer.estimate("loan", {}) is None


POISON = {
    "empty": b"",
    "not ours": b"hello, workers of the world, this is not a snapshot",
    "header only": snapshots.encode(snapshot())[:21],
    "cut": snapshots.encode(snapshot())[:-1],
    "another schema": framed(b"\x80", schema=2),
    "another shape": framed(msgspec.msgpack.encode({"family": "loan"})),
    "deeply nested": framed(b"\x91" * 100_000),
    "too large": framed(b"\x00" * 1_000_001),
    "not msgpack": framed(b"\xc1"),
    "unknown scorer": snapshots.encode(snapshot(scorer="oracle")),
    "parameters of another scorer": snapshots.encode(snapshot(scorer="base_rate")),
    "parameters missing": snapshots.encode(snapshot(parameters={"intercept": 0.0})),
    "negative variance": snapshots.encode(snapshot(parameters=spoilt(variances={"age": -1.0, "euribor": 1.0}))),
    "tables that disagree": snapshots.encode(snapshot(parameters=spoilt(means={}))),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
def test_poison_is_refused_and_the_last_good_one_stays(poison: bytes) -> None:
    scorer = SnapshotScorer()
    scorer.update(snapshots.encode(snapshot()))
    assert not scorer.update(poison)
    assert {"loan": "loan@300"} == scorer.versions()
    assert scorer.refusal


def test_any_flipped_byte_is_noticed() -> None:
    good, rng = snapshots.encode(snapshot()), random.Random(5)
    for _ in range(200):
        place = rng.randrange(len(good))
        with pytest.raises(SnapshotError):
            snapshots.decode(good[:place] + bytes((good[place] ^ (1 << rng.randrange(8)),)) + good[place + 1 :])


SENSELESS: dict[str, dict[str, Any]] = {
    "nan": {"parameters": spoilt(intercept=float("nan"))},
    "infinity in a table": {"parameters": spoilt(weights={"age": float("inf")})},
    "too many keys": {"parameters": spoilt(weights={str(n): 0.0 for n in range(MAX_KEYS + 1)})},
    "a long name": {"parameters": spoilt(weights={"x" * 200: 0.0})},
    "a version of another": {"version": "card@300"},
    "counts that disagree": {"trained_on": 3, "version": "loan@3"},
    "no family": {"family": "", "version": "@300"},
}


@pytest.mark.parametrize("changes", SENSELESS.values(), ids=SENSELESS.keys())
def test_nonsense_is_neither_written_nor_read(changes: dict[str, Any]) -> None:
    with pytest.raises(SnapshotError):
        snapshots.encode(snapshot(**changes))
    with pytest.raises(SnapshotError):
        snapshots.decode(framed(msgspec.msgpack.encode(snapshot(**changes))))
