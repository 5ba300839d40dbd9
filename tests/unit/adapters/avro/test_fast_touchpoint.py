"""The short way reads what fastavro reads, and leaves to it whatever is unusual."""

import random

from hypothesis import given, settings

from garbo.adapters.avro.fast_touchpoint import TouchpointReader
from garbo.adapters.avro.framing import HEADER_BYTES
from garbo.adapters.avro.schemas import current
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Touchpoint
from garbo.processors.ports import InboundMessage
from tests.golden import messages
from tests.unit.adapters.avro import strategies
from tests.unit.adapters.avro.by_fastavro import BY_FASTAVRO, CODEC, verdict

SCHEMA = current()["garbo.Touchpoint"].parsed()
FAST = TouchpointReader(SCHEMA, HEADER_BYTES)


def test_the_usual_touchpoint_takes_the_short_way() -> None:
    given = messages.INBOUND["garbo.Touchpoint"]
    usual = [m for m in given if not any(isinstance(v, list | dict) for v in m.body.attributes.values())]  # type: ignore[union-attr]
    assert len(given) - 1 == len(usual)
    assert usual == [FAST(CODEC.encode_inbound(message)) for message in usual]


def test_a_long_text_takes_the_other() -> None:
    message = InboundMessage("e", 1, Touchpoint(Channel.SOCIAL, "post", text="x" * 64))
    assert FAST(CODEC.encode_inbound(message)) is None
    assert message == CODEC.inbound(CODEC.encode_inbound(message))


@settings(max_examples=300)
@given(strategies.touchpoints)
def test_both_ways_give_the_same_value(body: Touchpoint) -> None:
    raw = CODEC.encode_inbound(InboundMessage("evt", 1_000, body))
    assert verdict(BY_FASTAVRO, raw) == verdict(CODEC, raw)


def test_both_ways_give_the_same_verdict_on_twenty_thousand_mutations() -> None:
    draw = random.Random(5)
    seeds = [CODEC.encode_inbound(message) for message in messages.INBOUND["garbo.Touchpoint"]]
    accepted = 0
    for _ in range(20_000):
        raw = bytearray(draw.choice(seeds))
        for _ in range(draw.randint(1, 3)):
            place = draw.randrange(HEADER_BYTES, len(raw) + 1)
            match draw.randrange(4):
                case 0:
                    del raw[place : place + draw.randrange(4)]
                case 1 if place < len(raw):
                    raw[place] ^= 1 << draw.randrange(8)
                case 2:
                    raw[place:place] = draw.randbytes(draw.randrange(4))
                case 3 if place < len(raw):
                    raw[place] = draw.choice([0, 1, 2, 3, 4, 6, 8, 127, 128, 255])
        accepted += FAST(bytes(raw)) is not None
        assert verdict(BY_FASTAVRO, bytes(raw)) == verdict(CODEC, bytes(raw))
    assert accepted > 1_000  # mutations that still read, so that the values were compared too
