"""A hostile record for a topic, off a tape: its value, the key it should have had or a worse one, and its stamp."""

from typing import Final

from garbo.adapters.avro.framing import HEADER_BYTES, header
from garbo.processors.dead_letters import MAX_MESSAGE_BYTES
from garbo.processors.identifiers import key_of, normalised
from garbo.processors.ports import ConsumerRecord, Rejected
from tests.fuzz.grammar import FACTS, HEADERS, SCHEMAS, framed, mutated
from tests.fuzz.ground import AT, CODEC, TOPICS
from tests.fuzz.tape import Tape
from tests.fuzz.words import UGLY

# Topic -> the schemas that belong on it. An envelope comes three times as often as a bare fact.
BELONGS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(TOPICS.inbound, FACTS),
    TOPICS.links: ("garbo.IdentityLink",),
    TOPICS.party_events: (*("garbo.PartyEvent",) * 12, *FACTS),
    TOPICS.examples: ("garbo.LearningExample",),
}
RATES: Final = (0, 0, 1, 3, 10, 40)
STAMPS: Final = (*[AT] * 12, -1, 0, 2**63 - 1, -(2**63), AT + 10**12)
_LONG_KEY: Final = b"k" * 100_000


def record(tape: Tape, topic: str, offset: int) -> ConsumerRecord:
    raw = value(tape, BELONGS[topic])
    return ConsumerRecord(topic, 0, offset, key(tape, topic, raw), raw, tape.pick(STAMPS))


def value(tape: Tape, names: tuple[str, ...]) -> bytes | None:
    """Plain when the tape has ended; in most cases, so nearly right that it gets past the codec."""
    rate, name = tape.pick(RATES), tape.pick(names)
    match tape.below(24):
        case 23:
            return None if tape.chance(50) else b""
        case 22:
            return tape.bytes(tape.below(200))
        case 21:
            return tape.pick(tuple(HEADERS.values())) + tape.bytes(tape.below(200))
        case 20:
            return header(tape.pick((0, 1, 7, 2**31, 2**32 - 1))) + framed(tape, name, rate)[HEADER_BYTES:]
        case 19:
            return framed(tape, tape.pick(tuple(SCHEMAS)), rate)
        case 18:
            return framed(tape, name, 0)[: HEADER_BYTES + tape.below(80)]
        case 17:
            return framed(tape, name, 0) + b"\0" * (MAX_MESSAGE_BYTES if tape.chance(5) else 1)
        case 16 | 15 | 14:
            return mutated(tape, framed(tape, name, 0))
        case _:
            return framed(tape, name, rate)


def key(tape: Tape, topic: str, raw: bytes | None) -> bytes | None:
    """The key an honest producer of `raw` would have given; now and then another."""
    if tape.chance(10):
        return tape.pick((None, b"", b"\xff\xfe", _LONG_KEY, b"0-nobody", *UGLY))
    try:
        if topic == TOPICS.links:
            return key_of(CODEC.link(raw or b"").identifier)
        if topic == TOPICS.examples:
            return CODEC.example(raw or b"").family.encode()
        if topic == TOPICS.party_events:
            return CODEC.party_event(ConsumerRecord(topic, 0, 0, b"0-bare", raw, 0)).party.encode()
        named = [normalised(kind, value) for kind, value in CODEC.inbound(raw or b"").body.identifiers]
        return next((key_of(i) for i in named if i is not None), b"cookie:nobody")
    except Rejected:
        return b"cookie:nobody"
