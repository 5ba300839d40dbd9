"""A hostile record for a topic, from choices: its value, its right key or a wrong one, and its timestamp."""

from typing import Final

from garbo.adapters.avro.framing import HEADER_BYTES, header
from garbo.processors.dead_letters import MAX_MESSAGE_BYTES
from garbo.processors.identifiers import key_of, normalised
from garbo.processors.ports import ConsumerRecord, Rejected
from tests.fuzz.choices import Choices
from tests.fuzz.grammar import FACTS, HEADERS, SCHEMAS, framed, mutated
from tests.fuzz.initial_state import AT, CODEC, TOPICS
from tests.fuzz.values import UGLY

# Topic -> its schemas. An envelope comes three times as often as a bare fact.
BELONGS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(TOPICS.inbound, FACTS),
    TOPICS.links: ("garbo.IdentityLink",),
    TOPICS.party_events: (*("garbo.PartyEvent",) * 12, *FACTS),
    TOPICS.examples: ("garbo.LearningExample",),
    TOPICS.flows: ("garbo.JourneyFlow",),
}
RATES: Final = (0, 0, 1, 3, 10, 40)
STAMPS: Final = (*[AT] * 12, -1, 0, 2**63 - 1, -(2**63), AT + 10**12)
_LONG_KEY: Final = b"k" * 100_000


def record(choices: Choices, topic: str, offset: int) -> ConsumerRecord:
    raw = value(choices, BELONGS[topic])
    return ConsumerRecord(topic, 0, offset, key(choices, topic, raw), raw, choices.pick(STAMPS))


def value(choices: Choices, names: tuple[str, ...]) -> bytes | None:
    """A plain value after the end of the choices; otherwise mostly a value that the codec almost or just accepts."""
    rate, name = choices.pick(RATES), choices.pick(names)
    match choices.below(24):
        case 23:
            return None if choices.chance(50) else b""
        case 22:
            return choices.bytes(choices.below(200))
        case 21:
            return choices.pick(tuple(HEADERS.values())) + choices.bytes(choices.below(200))
        case 20:
            return header(choices.pick((0, 1, 7, 2**31, 2**32 - 1))) + framed(choices, name, rate)[HEADER_BYTES:]
        case 19:
            return framed(choices, choices.pick(tuple(SCHEMAS)), rate)
        case 18:
            return framed(choices, name, 0)[: HEADER_BYTES + choices.below(80)]
        case 17:
            return framed(choices, name, 0) + b"\0" * (MAX_MESSAGE_BYTES if choices.chance(5) else 1)
        case 16 | 15 | 14:
            return mutated(choices, framed(choices, name, 0))
        case _:
            return framed(choices, name, rate)


def key(choices: Choices, topic: str, raw: bytes | None) -> bytes | None:
    """The right key of `raw`; sometimes another."""
    if choices.chance(10):
        return choices.pick((None, b"", b"\xff\xfe", _LONG_KEY, b"0-nobody", *UGLY))
    try:
        if topic == TOPICS.links:
            return key_of(CODEC.link(raw or b"").identifier)
        if topic == TOPICS.examples:
            return CODEC.example(raw or b"").model.encode()
        if topic == TOPICS.flows:
            return CODEC.flow(raw or b"").party.encode()
        if topic == TOPICS.party_events:
            return CODEC.party_event(ConsumerRecord(topic, 0, 0, b"0-bare", raw, 0)).party.encode()
        named = [normalised(kind, value) for kind, value in CODEC.inbound(raw or b"").body.identifiers]
        return next((key_of(i) for i in named if i is not None), b"cookie:nobody")
    except Rejected:
        return b"cookie:nobody"
