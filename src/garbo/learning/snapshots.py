"""A snapshot: one version of one family's model, as stored on the compacted topic `model-snapshots`.

Layout: 4 bytes magic, 1 byte schema version, 16 bytes BLAKE2b of the body, the body (msgpack). The checksum finds
damage; the checks find poison: a well-formed model with senseless values. A worker refuses both and keeps its last
valid snapshot.
"""

from hashlib import blake2b
from math import isfinite

from msgspec import MsgspecError, Struct, msgpack

from garbo.errors import GarboError
from garbo.learning.evaluation.figures import Figures
from garbo.learning.learner import KEY_LENGTH, MAX_KEYS, Parameters

MAGIC = b"GBMS"
SCHEMA = 1
_HEAD = len(MAGIC) + 1
_BODY = _HEAD + 16
# Enough for five tables of the longest keys that a model may have (`learner.MAX_KEY_BYTES`), and below the topic's
# 4 MiB. The writer refuses a model that does not fit, so a reader never meets one.
MAX_BYTES = 3_000_000


class SnapshotError(GarboError):
    """A model snapshot cannot be used.

    Operator action: not urgent, workers keep the last valid snapshot. Look for another writer on model-snapshots, and
    restart the learner to publish the family again.
    """


class Snapshot(Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a family's model.

    trained_on: the number of examples of the family learnt so far, across changes of the scorer; the version has this
    number. parameters: the scorer's. progressive: this scorer's figures, so its count is the model's evidence.
    trial: how a challenger's trial stands, in words; empty if it has none.
    """

    family: str
    version: str
    trained_on: int
    scorer: str
    parameters: Parameters
    progressive: Figures
    trial: str = ""


def version(family: str, trained_on: int) -> str:
    """The version's name in decision records."""
    return f"{family}@{trained_on}"


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(Snapshot)


def encode(snapshot: Snapshot) -> bytes:
    """The bytes of a snapshot.

    Raises:
        SnapshotError: readers would refuse it.
    """
    check(snapshot)
    body = _encoder.encode(snapshot)
    data = MAGIC + bytes((SCHEMA,)) + _checksum(body) + body
    if len(data) > MAX_BYTES:
        raise SnapshotError(f"snapshot {snapshot.version}: {len(data)} bytes are more than {MAX_BYTES}")
    return data


def decode(data: bytes) -> Snapshot:
    """The snapshot of these bytes.

    Raises:
        SnapshotError: the bytes are not a complete and valid snapshot.
    """
    if len(data) > MAX_BYTES:
        raise SnapshotError(f"snapshot of {len(data)} bytes: more than {MAX_BYTES}")
    if data[: len(MAGIC)] != MAGIC or len(data) <= _BODY:
        raise SnapshotError("not a snapshot")
    if data[_HEAD - 1] != SCHEMA:
        raise SnapshotError(f"snapshot schema {data[_HEAD - 1]}: this Garbo reads {SCHEMA}")
    body = data[_BODY:]
    if data[_HEAD:_BODY] != _checksum(body):
        raise SnapshotError("the snapshot is damaged: its checksum is wrong")
    try:
        snapshot = _decoder.decode(body)
    except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotError(f"the snapshot has another layout: {error}") from None
    check(snapshot)
    return snapshot


def check(snapshot: Snapshot) -> None:
    """Check a snapshot's values.

    Raises:
        SnapshotError: a name, a size or a number is impossible.
    """
    if not snapshot.family or snapshot.version != version(snapshot.family, snapshot.trained_on):
        raise SnapshotError(f"snapshot of {snapshot.family[:64]!r}: its version does not match")
    if not 0 <= snapshot.progressive.count <= snapshot.trained_on:
        raise SnapshotError(f"snapshot {snapshot.version}: its counts contradict each other")
    for name, value in snapshot.parameters.items():
        table = value if isinstance(value, dict) else {name: value}
        if len(table) > MAX_KEYS:
            raise SnapshotError(f"snapshot {snapshot.version}: {len(table)} entries in {name[:64]!r}")
        for key, number in table.items():
            if not isfinite(number):
                raise SnapshotError(f"snapshot {snapshot.version}: {name[:64]!r} holds {number}")
            if len(key) > KEY_LENGTH:
                raise SnapshotError(f"snapshot {snapshot.version}: a name in {name[:64]!r} is too long")


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).digest()
