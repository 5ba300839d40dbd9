"""A snapshot: one version of one family's model, as it travels on the compacted topic `model-snapshots`.

Layout: 4 bytes magic, 1 byte schema version, 16 bytes BLAKE2b of the body, the body (msgpack). The checksum finds
damage; the checks find poison: a model that is well written and senseless. A worker refuses both and keeps its last
good one.
"""

from hashlib import blake2b
from math import isfinite

from msgspec import MsgspecError, Struct, msgpack

from garbo.errors import GarboError
from garbo.learning.evaluation.progressive import Progressive
from garbo.learning.learner import KEY_LENGTH, MAX_KEYS, Parameters

MAGIC = b"GBMS"
SCHEMA = 1
_HEAD = len(MAGIC) + 1
_BODY = _HEAD + 16
# Room for every key a model may have (`learner.MAX_KEY_BYTES`) in five tables, and under the topic's 4 MiB. A model
# that does not fit is refused where it is written, not where it is read.
MAX_BYTES = 3_000_000


class SnapshotError(GarboError):
    """A model snapshot cannot be used. Operator action: none at once, workers keep the last good one; look for a
    foreign writer on model-snapshots, and restart the learner to publish the family again."""


class Snapshot(Struct, frozen=True, forbid_unknown_fields=True):
    """trained_on: examples of the family learnt so far, through any change of scorer; it numbers the version.

    parameters: the scorer's own. progressive: of this scorer, so its count is the model's evidence.
    """

    family: str
    version: str
    trained_on: int
    scorer: str
    parameters: Parameters
    progressive: Progressive


def version(family: str, trained_on: int) -> str:
    """The name decision records carry."""
    return f"{family}@{trained_on}"


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(Snapshot)


def encode(snapshot: Snapshot) -> bytes:
    """Raises `SnapshotError` rather than write what nobody would read."""
    check(snapshot)
    body = _encoder.encode(snapshot)
    data = MAGIC + bytes((SCHEMA,)) + _checksum(body) + body
    if len(data) > MAX_BYTES:
        raise SnapshotError(f"snapshot {snapshot.version}: {len(data)} bytes are more than {MAX_BYTES}")
    return data


def decode(data: bytes) -> Snapshot:
    """Raises `SnapshotError` for anything but a whole, sane snapshot."""
    if len(data) > MAX_BYTES:
        raise SnapshotError(f"snapshot of {len(data)} bytes: more than {MAX_BYTES}")
    if data[: len(MAGIC)] != MAGIC or len(data) <= _BODY:
        raise SnapshotError("not a snapshot")
    if data[_HEAD - 1] != SCHEMA:
        raise SnapshotError(f"snapshot schema {data[_HEAD - 1]}: this Garbo reads {SCHEMA}")
    body = data[_BODY:]
    if data[_HEAD:_BODY] != _checksum(body):
        raise SnapshotError("snapshot damaged: checksum")
    try:
        snapshot = _decoder.decode(body)
    except (MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotError(f"snapshot of another shape: {error}") from None
    check(snapshot)
    return snapshot


def check(snapshot: Snapshot) -> None:
    """Raises `SnapshotError` for a name, a size or a number that cannot be."""
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
