"""A snapshot: one version of one model, as stored on the compacted topic `model-snapshots`.

Layout: 4 bytes magic, 1 byte schema version, 16 bytes keyed BLAKE2b of the body, the body (msgpack). The MAC finds
damage and other writers; the checks find poison: a well-formed model with senseless values, or one that does not give
the scores its writer saw (the golden probes). A worker refuses all of them and keeps its last valid snapshot.
"""

from hashlib import blake2b
from hmac import compare_digest
from math import isfinite
from typing import Final

from msgspec import MsgspecError, Struct, msgpack

from garbo.core.policy.reading import of_texts
from garbo.errors import GarboError
from garbo.learning.estimators.heads import River, Texts
from garbo.learning.estimators.serving import Serving, decode_serving, formula, probes
from garbo.learning.evaluation.figures import Figures
from garbo.learning.evaluation.gate import Verdict
from garbo.learning.learner import KEY_LENGTH, MAX_KEYS, Formula
from garbo.learning.model_key import DEVELOPMENT_KEY

MAGIC: Final = b"GBMS"
SCHEMA: Final = 2
_HEAD: Final = len(MAGIC) + 1
_BODY: Final = _HEAD + 16
# Below the topic's 4 MiB. The writer refuses a model that does not fit, so a reader never meets one.
MAX_BYTES: Final = 3_000_000
# Of what only River can score: its walk reads 1 MB a second or more, so a chunk waits 150 ms at most, once a version.
MAX_RIVER_BYTES: Final = 128 * 1024
_MAX_CROSSES: Final = 256

Probe = tuple[dict[str, float], float]
"""A vector and the probability its writer saw."""


class SnapshotError(GarboError):
    """A model snapshot cannot be used.

    Operator action: not urgent, workers keep the last valid snapshot. Look for another writer on model-snapshots or a
    worker with another model key, and restart the learner to publish the model again.
    """


class Snapshot(Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a model.

    version: names the content (`version`). trained_on: the number of examples learnt so far, across changes of the
    configuration.
    config: the hash of the configuration. serving: `estimators.serving`. progressive: this configuration's figures, so
    its count is the model's evidence. probes: vectors with their scores, to the bit. promoted: the champion whose place
    the model takes; empty: it was not promoted. verdict: what the gate says of a challenger; None if it has no trial.
    """

    model: str
    version: str
    trained_on: int
    config: str
    serving: bytes
    progressive: Figures
    probes: list[Probe]
    promoted: str = ""
    verdict: Verdict | None = None


def version(model: str, trained_on: int, serving: bytes, evidence: int, probes: list[Probe]) -> str:
    """The version's name in decision records: `model@1200.3fa9c1d2`.

    The number alone is not enough: a model whose configuration changes is published before its next example, with the
    number of its last version. The digest covers all that an estimate follows from, so two snapshots of one name give
    the same answers, and a decision can be recomputed with either.

    serving, evidence, probes: the snapshot's serving state, count of examples, and probes.
    """
    content = _encoder.encode((serving, evidence, probes))
    return f"{model}@{trained_on}.{blake2b(content, digest_size=4).hexdigest()}"


def snapshot_of(
    model: str, trained_on: int, config: str, serving: bytes, progressive: Figures,
    promoted: str = "", verdict: Verdict | None = None,
) -> Snapshot:  # fmt: skip
    """A snapshot with its probes and its version. The arguments are those of `Snapshot`."""
    probes = golden(serving)
    name = version(model, trained_on, serving, progressive.count, probes)
    return Snapshot(model, name, trained_on, config, serving, progressive, probes, promoted, verdict)


def golden(serving: bytes) -> list[Probe]:
    """Vectors that touch all of a serving state, with its scores."""
    state = decode_serving(serving)
    score = formula(state)
    return [(vector, score(vector)) for vector in probes(state)]


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(Snapshot)


def encode(snapshot: Snapshot, key: bytes = DEVELOPMENT_KEY) -> bytes:
    """The bytes of a snapshot. key: the MAC's.

    Raises:
        SnapshotError: readers would refuse it.
    """
    _check(snapshot)
    try:
        _check_serving(snapshot, decode_serving(snapshot.serving))
    except (MsgspecError, ValueError) as error:
        raise SnapshotError(f"snapshot {snapshot.version}: {error}") from None
    body = _encoder.encode(snapshot)
    data = MAGIC + bytes((SCHEMA,)) + _mac(body, key) + body
    if len(data) > MAX_BYTES:
        raise SnapshotError(f"snapshot {snapshot.version}: {len(data)} bytes are more than {MAX_BYTES}")
    return data


def decode(data: bytes, key: bytes = DEVELOPMENT_KEY) -> Snapshot:
    """The snapshot of these bytes; its serving state is not read yet (`formula_of`).

    Raises:
        SnapshotError: the bytes are not a complete and valid snapshot, or were written with another key.
    """
    if len(data) > MAX_BYTES:
        raise SnapshotError(f"snapshot of {len(data)} bytes: more than {MAX_BYTES}")
    if data[: len(MAGIC)] != MAGIC or len(data) <= _BODY:
        raise SnapshotError("not a snapshot")
    if data[_HEAD - 1] != SCHEMA:
        raise SnapshotError(f"snapshot schema {data[_HEAD - 1]}: this Garbo reads {SCHEMA}")
    body = data[_BODY:]
    if not compare_digest(data[_HEAD:_BODY], _mac(body, key)):
        raise SnapshotError("the snapshot is damaged, or was written with another key: its MAC is wrong")
    try:
        snapshot = _decoder.decode(body)
    except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotError(f"the snapshot has another layout: {error}") from None
    _check(snapshot)
    return snapshot


def formula_of(snapshot: Snapshot) -> Formula:
    """The snapshot's formula, after it has given the score of every golden probe to the bit.

    Raises:
        SnapshotError: the serving state is malformed, of another version of River, or scores differently here.
    """
    try:
        state = decode_serving(snapshot.serving)
        _check_serving(snapshot, state)
        score = formula(state)
        for vector, expected in snapshot.probes:
            if score(vector) != expected:
                raise SnapshotError(f"snapshot {snapshot.version}: it does not score as its writer saw it")
    except SnapshotError:
        raise
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  an estimator's own code, in C and Rust too, on a state from outside
        raise SnapshotError(f"snapshot {snapshot.version}: {type(error).__name__}: {str(error)[:200]}") from None
    return score


def _check(snapshot: Snapshot) -> None:
    name = snapshot.version[:64]
    if not snapshot.probes:
        raise SnapshotError(f"snapshot {name}: it has no probes")
    named = version(snapshot.model, snapshot.trained_on, snapshot.serving, snapshot.progressive.count, snapshot.probes)
    if not snapshot.model or snapshot.version != named:
        raise SnapshotError(f"snapshot of {snapshot.model[:64]!r}: its version does not match")
    if not 0 <= snapshot.progressive.count <= snapshot.trained_on:
        raise SnapshotError(f"snapshot {name}: its counts contradict each other")
    for vector, expected in snapshot.probes:
        if not 0.0 < expected < 1.0 or not all(map(isfinite, vector.values())):
            raise SnapshotError(f"snapshot {name}: a probe is not a vector with a probability")


def _check_serving(snapshot: Snapshot, serving: Serving) -> None:
    if isinstance(serving.head, Texts) is not of_texts(snapshot.model):
        raise SnapshotError(f"snapshot {snapshot.version}: a model of texts reads texts, and no other does")
    if isinstance(serving.head, River) and len(serving.head.state) > MAX_RIVER_BYTES:
        raise SnapshotError(f"snapshot {snapshot.version}: a state of {len(serving.head.state)} bytes would block")
    if len(serving.keys) > MAX_KEYS or len(serving.crosses) > _MAX_CROSSES:
        raise SnapshotError(f"snapshot {snapshot.version}: too many keys or crosses")
    if any(len(key) > 2 * KEY_LENGTH + 1 for key in serving.keys):
        raise SnapshotError(f"snapshot {snapshot.version}: a key is too long")
    if not all(isfinite(number) for scale in serving.numbers.values() for number in scale):
        raise SnapshotError(f"snapshot {snapshot.version}: a scale is not finite")
    if serving.platt is not None and not all(map(isfinite, serving.platt)):
        raise SnapshotError(f"snapshot {snapshot.version}: its calibration is not finite")


def _mac(body: bytes, key: bytes) -> bytes:
    return blake2b(body, digest_size=16, key=key).digest()
