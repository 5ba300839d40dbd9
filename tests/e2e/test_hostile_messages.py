"""A hostile message becomes a dead letter with its reason, and the next good event on its partition is decided."""

from collections.abc import Iterator

import pytest

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.bootstrap.settings import Settings, packaged_example
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Identifier, Touchpoint
from garbo.core.vocabulary.reasons import DeadLetterReason as Why
from garbo.demo.runner import PARTITIONS, DemoRunner, play
from garbo.policy.loader import load
from garbo.processors.dead_letters import MAX_MESSAGE_BYTES
from garbo.processors.partitioner import partition_for
from garbo.processors.ports import InboundMessage
from garbo.testing import instant as at

CODEC = AvroCodec(PackagedRegistry())
WHO = Identifier("cookie", "hostile")
KEY = b"cookie:hostile"


def touchpoint(event_id: str = "e", text: str = "") -> bytes:
    body = Touchpoint(Channel.WEB, "page_view", identifiers=(WHO,), theme="savings", text=text)
    return CODEC.encode_inbound(InboundMessage(event_id, at("2024-03-06 11:00"), body))


GOOD = touchpoint()

HOSTILE: dict[str, tuple[bytes | None, bytes | None, Why]] = {
    "empty": (KEY, b"", Why.EMPTY),
    "tombstone": (KEY, None, Why.EMPTY),
    "null key": (None, GOOD, Why.NULL_KEY),
    "not avro": (KEY, b"{'json': true}", Why.NOT_AVRO),
    "malformed avro": (KEY, GOOD[:-3], Why.MALFORMED),
    "bytes behind the end": (KEY, GOOD + b"\0\0", Why.MALFORMED),
    "unknown schema id": (KEY, b"\0\0\0\xff\xfe" + GOOD[5:], Why.UNKNOWN_SCHEMA),
    "unknown channel": (KEY, GOOD.replace(b"\2e\2\x12page_view", b"\2e\0\x12page_view"), Why.UNKNOWN_CHANNEL),
    "huge": (KEY, touchpoint(text="x" * (MAX_MESSAGE_BYTES + 1)), Why.TOO_LARGE),
    "not UTF-8": (KEY, GOOD.replace(b"page_view", b"page\xff\xfe\xfdew"), Why.NOT_UTF8),
}


@pytest.fixture(scope="module", params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def demo(request: pytest.FixtureRequest) -> Iterator[DemoRunner]:
    folder = packaged_example()
    real = request.param == "kafka"
    bootstrap = request.getfixturevalue("kafka") if real else "127.0.0.1:1"
    settings = Settings(kafka=KafkaSettings(bootstrap), policy_dir=folder)
    with play(settings, load(folder), own_broker=not real) as runner:
        yield runner


@pytest.mark.parametrize("entrance", ["touchpoints", "party-events"])
def test_hostile_messages_are_put_aside_and_the_next_good_event_is_decided(demo: DemoRunner, entrance: str) -> None:
    """All of them, one after the other on one partition, each followed by a good event on the same partition."""
    partition, wanted, decided = partition_for(KEY, PARTITIONS), [], []
    for number, (name, (key, value, why)) in enumerate(HOSTILE.items()):
        event_id = f"{entrance}-{number}-{name}"
        demo.pipeline.send_raw(entrance, key, value, partition)
        demo.pipeline.send_raw(entrance, KEY, touchpoint(event_id), partition)
        wanted.append((f"{entrance}", why))
        decided.append(event_id)
    outputs = demo.outputs()
    letters = sorted((h.dead_letter for h in outputs if h.dead_letter), key=lambda letter: letter.offset)
    assert [(letter.topic.rpartition(".")[2], letter.reason) for letter in letters] == wanted
    assert [letter.partition for letter in letters] == [partition] * len(wanted)
    assert [h.decision.event_id for h in outputs if h.decision] == decided


def test_future_events_and_nobodys_events_are_put_aside(demo: DemoRunner) -> None:
    """A stamp a year ahead, and an event that names nobody: each its reason."""
    far = InboundMessage("far", 4_000_000_000_000, Touchpoint(Channel.WEB, "page_view", identifiers=(WHO,)))
    nobody = InboundMessage("nobody", at("2024-03-06 11:00"), Touchpoint(Channel.WEB, "page_view"))
    for message in (far, nobody):
        demo.pipeline.send_raw("touchpoints", KEY, CODEC.encode_inbound(message))
    letters = [h.dead_letter for h in demo.outputs() if h.dead_letter]
    assert [letter.reason for letter in letters] == [Why.FUTURE, Why.NO_IDENTIFIER]
