"""Messages that must never stop a worker: one of every unusable kind, with the reason of its dead letter.

The kinds are those of tests/e2e/test_hostile_messages.py; a test compares both lists.
"""

from typing import Final, NamedTuple

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.framing import header
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Identifier, Touchpoint
from garbo.core.vocabulary.reasons import DeadLetterReason as Why
from garbo.processors.ports import InboundMessage

ENTRANCES: Final = ("touchpoints", "party-events")
HUGE_BYTES: Final = 1_000_000  # Kafka's own default refuses more; the engine refuses what is larger than 128 KiB
NOBODYS_SCHEMA: Final = 65_534  # above all ids of a test's registry, below the packaged ids
FAR: Final = 4_000_000_000_000  # in the year 2096
LONG_AGO: Final = 1_709_719_200_000  # 6 March 2024: before the traffic, so that it does not advance a clock


class Hostile(NamedTuple):
    """keyed: it has a key, chosen by its sender."""

    kind: str
    topic: str
    keyed: bool
    value: bytes | None
    why: Why


def hostile(codec: AvroCodec) -> list[Hostile]:
    """Every kind of hostile message at every entrance where it is hostile."""

    def touchpoint(*who: str, at: int = LONG_AGO, text: str = "") -> bytes:
        named = tuple(Identifier("cookie", name) for name in who)
        return codec.encode_inbound(
            InboundMessage("e", at, Touchpoint(Channel.WEB, "page_view", identifiers=named, text=text))
        )

    good = touchpoint("hostile")
    kinds: dict[str, tuple[bool, bytes | None, Why]] = {
        "empty": (True, b"", Why.EMPTY),
        "tombstone": (True, None, Why.EMPTY),
        "null key": (False, good, Why.NULL_KEY),
        "not avro": (True, b"{'json': true}", Why.NOT_AVRO),
        "malformed avro": (True, good[:-3], Why.MALFORMED),
        "bytes behind the end": (True, good + b"\0\0", Why.MALFORMED),
        "unknown schema id": (True, header(NOBODYS_SCHEMA) + good[5:], Why.UNKNOWN_SCHEMA),
        "unknown channel": (True, good.replace(b"\2e\2\x12page_view", b"\2e\0\x12page_view"), Why.UNKNOWN_CHANNEL),
        "huge": (True, touchpoint("hostile", text="x" * HUGE_BYTES), Why.TOO_LARGE),
        "not UTF-8": (True, good.replace(b"page_view", b"page\xff\xfe\xfdew"), Why.NOT_UTF8),
        "future": (True, touchpoint("hostile", at=FAR), Why.FUTURE),
    }
    found = [Hostile(kind, topic, *rest) for topic in ENTRANCES for kind, rest in kinds.items()]
    # On party-events the key names the party, so a message without identifiers is valid there.
    return [*found, Hostile("nobody", "touchpoints", True, touchpoint(), Why.NO_IDENTIFIER)]
