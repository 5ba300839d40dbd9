import random
from hashlib import blake2b
from typing import Any

import msgspec
import pytest

from garbo.core.policy.models import Feature, Model
from garbo.learning import registry, snapshots
from garbo.learning.conformance import examples
from garbo.learning.estimators.config import config_hash
from garbo.learning.estimators.heads import Linear
from garbo.learning.estimators.serving import Serving, decode_serving, encode_serving
from garbo.learning.evaluation.figures import Figures
from garbo.learning.learner import MAX_KEYS
from garbo.learning.model_key import DEVELOPMENT_KEY
from garbo.learning.serving import SnapshotScorer
from garbo.learning.snapshots import Snapshot, SnapshotError

FEATURES = (
    *(Feature("age", "number"), Feature("euribor", "number")),
    *(Feature("job", "category"), Feature("group", "category", "action")),
)
MODEL = Model("loan", FEATURES, 0.2, 10.0)
KEY = b"a key of one's own, with enough bytes"


def snapshot(count: int = 300, **changes: Any) -> Snapshot:
    learner, progressive = registry.new(MODEL), Figures()
    for features, label in examples(count):
        progressive.add(learner.predict_one(features), label)
        learner.learn_one(features, label)
    serving = changes.pop("serving", learner.serving())
    probes = changes.pop("probes", None) or snapshots.golden(learner.serving())
    whole = Snapshot("loan", "", count, config_hash(MODEL), serving, progressive, probes)
    whole = msgspec.structs.replace(whole, **changes)
    name = snapshots.version(whole.model, whole.trained_on, serving, progressive.count, probes)
    return whole if whole.version else msgspec.structs.replace(whole, version=name)


def spoilt(**changes: Any) -> bytes:
    """The serving state with other values, past every check of its writer."""
    plain = msgspec.msgpack.decode(snapshot().serving)
    for name, value in changes.items():
        (plain if name in plain else plain["head"])[name] = value
    return msgspec.msgpack.encode(plain)


def framed(body: bytes, schema: int = 2, key: bytes = DEVELOPMENT_KEY) -> bytes:
    """A body with a valid MAC."""
    return b"GBMS" + bytes((schema,)) + blake2b(body, digest_size=16, key=key).digest() + body


def forged(**changes: Any) -> bytes:
    return framed(msgspec.msgpack.encode(snapshot(**changes)))


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
    assert (300.0, snapshot(300).version) == (estimate.evidence, estimate.version)
    learner = registry.new(MODEL)
    for features, label in examples(300):
        learner.learn_one(features, label)
    assert learner.predict_one({"job=doctor": 1.0, "age": 40.0}) == pytest.approx(estimate.probability, abs=1e-12)
    assert scorer.estimate("card", {}) is None


def test_the_last_snapshot_on_the_log_wins_even_with_a_lower_number() -> None:
    scorer = SnapshotScorer()
    for count in (300, 400, 100):
        assert scorer.update(snapshots.encode(snapshot(count)))
    assert {"loan": snapshot(100).version} == scorer.versions()


def test_a_tombstone_gives_the_word_back_to_the_prior() -> None:
    scorer = SnapshotScorer()
    scorer.update(snapshots.encode(snapshot()))
    scorer.forget("loan")
    scorer.forget("never there")
    assert scorer.estimate("loan", {}) is None


def test_a_promoted_model_says_whose_place_it_takes() -> None:
    scorer = SnapshotScorer()
    assert "" == scorer.promoted("card")
    scorer.update(snapshots.encode(snapshot(promoted="card")))
    assert ("loan", "") == (scorer.promoted("card"), scorer.promoted(""))


def test_a_snapshot_of_another_key_is_refused() -> None:
    scorer = SnapshotScorer(KEY)
    assert not scorer.update(snapshots.encode(snapshot()))
    assert "its MAC is wrong" in scorer.refusal
    assert scorer.update(snapshots.encode(snapshot(), KEY))


POISON = {
    "empty": b"",
    "not ours": b"hello, workers of the world, this is not a snapshot",
    "header only": snapshots.encode(snapshot())[:21],
    "cut": snapshots.encode(snapshot())[:-1],
    "another schema": framed(b"\x80", schema=1),
    "another shape": framed(msgspec.msgpack.encode({"model": "loan"})),
    "deeply nested": framed(b"\x91" * 100_000),
    "too large": framed(b"\x00" * 3_000_001),
    "not msgpack": framed(b"\xc1"),
    "serving state is no msgpack": forged(serving=b"\xc1"),
    "serving state of another shape": forged(serving=msgspec.msgpack.encode({"prior": 0.2})),
    "unknown head": forged(serving=spoilt(head={"type": "oracle"})),
    "a weight that is no number": forged(serving=spoilt(weights={"age": "much"})),
    "another weight": forged(serving=spoilt(weights={"age": 1.0})),
    "another intercept": forged(serving=spoilt(intercept=1e-9)),
    "another scale": forged(serving=spoilt(numbers={"age": (0.0, 1.0), "euribor": (0.0, 1.0)})),
    "nan": forged(serving=spoilt(intercept=float("nan"))),
    "infinity in a table": forged(serving=spoilt(weights={"age": float("inf")})),
    "too many keys": forged(serving=spoilt(keys=[str(n) for n in range(MAX_KEYS + 1)])),
    "a long name": forged(serving=spoilt(keys=["x" * 300])),
    "a probe that does not agree": forged(probes=[({"age": 30.0}, 0.123)]),
    "an estimator that is not River's": forged(
        serving=spoilt(
            head={
                "type": "river",
                "estimator": b'{"class":"os.system"}',
                "state": b"\xc0",
                "version": "0",
                "digest": b"",
            }
        )
    ),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
def test_poison_is_refused_and_the_last_good_one_stays(poison: bytes) -> None:
    scorer = SnapshotScorer()
    scorer.update(snapshots.encode(snapshot()))
    assert not scorer.update(poison)
    assert {"loan": snapshot().version} == scorer.versions()
    assert scorer.refusal


def test_any_flipped_byte_is_noticed() -> None:
    good, rng = snapshots.encode(snapshot()), random.Random(5)
    for _ in range(200):
        place = rng.randrange(len(good))
        with pytest.raises(SnapshotError):
            snapshots.decode(good[:place] + bytes((good[place] ^ (1 << rng.randrange(8)),)) + good[place + 1 :])


SENSELESS: dict[str, dict[str, Any]] = {
    "a version of another model": {"version": snapshot().version.replace("loan", "card")},
    "a version of another content": {"version": snapshot(299).version.replace("@299", "@300")},
    "counts that disagree": {"trained_on": 3},
    "no model": {"model": ""},
    "a probe without a probability": {"probes": [({}, 2.0)]},
}


@pytest.mark.parametrize("changes", SENSELESS.values(), ids=SENSELESS.keys())
def test_nonsense_is_neither_written_nor_read(changes: dict[str, Any]) -> None:
    with pytest.raises(SnapshotError):
        snapshots.encode(snapshot(**changes))
    with pytest.raises(SnapshotError):
        snapshots.decode(forged(**changes))


def test_a_snapshot_without_probes_is_refused() -> None:
    with pytest.raises(SnapshotError, match="no probes"):
        snapshots.encode(msgspec.structs.replace(snapshot(), probes=[]))


def test_the_probes_touch_every_key_and_hold_nobodys_vector() -> None:
    serving = decode_serving(snapshot().serving)
    probes = snapshots.golden(snapshot().serving)
    assert set(serving.keys) <= {key for vector, _ in probes for key in vector}
    people = [features for features, _ in examples(300)]
    assert all(vector not in people for vector, _ in probes)


def test_an_absurd_number_does_not_decide_a_linear_score() -> None:
    serving = Serving(0.2, ["age"], {"age": (40.0, 0.1)}, Linear(0.5, {"age": 2.0}, "sigmoid"))
    score = snapshots.formula(decode_serving(encode_serving(serving)))
    assert [score({})] * 3 == [score({"age": value}) for value in (1e300, -1e300, float("nan"))]
