"""A dispatcher on the embedded broker. tests/e2e/test_dispatcher_example.py kills one on a real Kafka."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.writer import Writer
from garbo.client import Command, ConfigError, Connection, Dispatcher, MemoryInbox, TopicError
from garbo.core.vocabulary.events import ActionOutcome, Identifier
from garbo.embedded import EmbeddedBroker

CODEC = AvroCodec(PackagedRegistry())
HOUR = 3_600_000
Answer = bool | str


@pytest.fixture
def kafka(embedded_broker: Callable[..., EmbeddedBroker]) -> KafkaSettings:
    return KafkaSettings(embedded_broker({"actions.email": 2, "outcomes": 2}).bootstrap, transactional=False)


def write(kafka: KafkaSettings, *ids: str, expires_in: int = HOUR, message: str = "first", at: int = 0) -> None:
    now = time.time_ns() // 1_000_000
    with Writer(kafka) as writer:
        for action_id in ids:
            command = Command(
                action_id, "d", f"p-{action_id}", "email", "thanks", "marketing", "own_promotion", "", at or now,
                now + expires_in, "a@example.org", "it", message, {},
            )  # fmt: skip
            writer.write("actions.email", command.party.encode(), CODEC.encode(command))


def outcomes(kafka: KafkaSettings) -> dict[str, str]:
    found = {}
    for record in read_all(kafka, ["outcomes"]):
        report = CODEC.inbound(record.value or b"")
        assert isinstance(report.body, ActionOutcome)
        assert report.event_id == f"{report.body.action_id}:{report.body.status}"
        assert report.body.identifiers == (Identifier("party", f"p-{report.body.action_id}"),)
        assert report.event_id not in found, "reported twice"
        found[report.event_id] = record.key.decode() if record.key else ""
    return found


class Provider:
    """Keeps what it was asked, and answers as it is told to."""

    def __init__(self, answers: dict[str, Answer] | None = None) -> None:
        self.sent: list[tuple[str, str]] = []
        self.answers = answers or {}

    def send(self, command: Command) -> Answer:
        self.sent.append((command.action_id, command.message))
        return self.answers.get(command.action_id, True)


@contextmanager
def running(dispatcher: Dispatcher) -> Iterator[None]:
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    try:
        yield
    finally:
        dispatcher.stop()
        thread.join(20)
        assert not thread.is_alive()


def until(count: int, kafka: KafkaSettings) -> dict[str, str]:
    end = time.monotonic() + 30
    while len(found := outcomes(kafka)) < count:
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found


def test_each_action_is_done_once_and_reported(kafka: KafkaSettings) -> None:
    write(kafka, "a", "b", "c", "refused")
    write(kafka, "a", "b", message="a copy")
    write(kafka, "expired", expires_in=-1)
    write(kafka, "later", at=time.time_ns() // 1_000_000 + HOUR, expires_in=2 * HOUR)
    with Writer(kafka) as writer:
        writer.write("actions.email", b"p", b"garbage")
    provider = Provider({"b": False, "c": "no_answer"})
    dispatcher = Dispatcher(
        "email", provider.send, inbox=MemoryInbox(), bootstrap=kafka.bootstrap,
        allowed=lambda command: command.party != "p-refused",
    )  # fmt: skip
    with running(dispatcher):
        found = until(5, kafka)
    assert sorted(provider.sent) == [("a", "first"), ("b", "first"), ("c", "first")]
    assert found == {
        "a:delivered": "party:p-a",
        "b:failed": "party:p-b",
        "c:no_answer": "party:p-c",
        "expired:failed": "party:p-expired",
        "refused:failed": "party:p-refused",
    }


def test_an_outcome_that_cannot_be_reported_does_not_hold_back_the_others(kafka: KafkaSettings) -> None:
    """The party of a bare message may be any key; a message may not name it."""
    write(kafka, "bad\x01", "good")
    inbox = MemoryInbox()
    with running(Dispatcher("email", Provider().send, inbox=inbox, bootstrap=kafka.bootstrap)):
        assert until(1, kafka) == {"good:delivered": "party:p-good"}
        end = time.monotonic() + 30
        while inbox.unreported():
            assert time.monotonic() < end
            time.sleep(0.05)


def test_it_can_be_stopped_and_run_again(kafka: KafkaSettings) -> None:
    provider = Provider()
    dispatcher = Dispatcher("email", provider.send, inbox=MemoryInbox(), connection=Connection(
        kafka.bootstrap, client={"session.timeout.ms": "6000"}))  # fmt: skip  # the next run waits for it
    for number, name in enumerate(("a", "b"), start=1):
        write(kafka, name)
        with running(dispatcher):
            until(number, kafka)
    assert [action_id for action_id, _ in provider.sent] == ["a", "b"]


@pytest.mark.parametrize(("in_doubt", "sent"), [("never", ["bad", "good"]), ("again", ["bad", "bad", "good"])])
def test_an_answer_that_is_none_ends_the_run_and_leaves_the_action_in_doubt(
    kafka: KafkaSettings, in_doubt: str, sent: list[str]
) -> None:
    """None may mean either, and so may an error: nobody reports what nobody knows."""
    provider, inbox = Provider({"bad": None}), MemoryInbox()  # type: ignore[dict-item]
    dispatcher = Dispatcher(
        "email", provider.send, inbox=inbox, in_doubt=in_doubt,  # type: ignore[arg-type]
        connection=Connection(kafka.bootstrap, client={"session.timeout.ms": "6000"}),
    )  # fmt: skip
    write(kafka, "bad")
    with pytest.raises(ConfigError, match="send returned None; return True, False, or one of delivered"):
        dispatcher.run()
    assert outcomes(kafka) == {}
    provider.answers.clear()
    write(kafka, "good")
    with running(dispatcher):
        until(len(set(sent)) - (in_doubt == "never"), kafka)
    assert sorted(action_id for action_id, _ in provider.sent) == sent
    assert ("bad:delivered" in outcomes(kafka)) == (in_doubt == "again")


def test_a_channel_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="channel 'fax' is unknown; known: web"):
        Dispatcher("fax", Provider().send, inbox=MemoryInbox(), bootstrap="127.0.0.1:9092")


def test_a_topic_that_is_not_there_is_said_at_once(kafka: KafkaSettings) -> None:
    with pytest.raises(TopicError, match=r"actions\.sms does not exist; run `garbo topics --create`"):
        Dispatcher("sms", Provider().send, inbox=MemoryInbox(), bootstrap=kafka.bootstrap).run()


@pytest.mark.timeout(60)
def test_a_stop_just_before_the_run_counts_once(kafka: KafkaSettings) -> None:
    """A signal may come between the handler's installation and the loop."""
    write(kafka, "a")

    def send(command: Command) -> bool:
        dispatcher.stop()
        return True

    dispatcher = Dispatcher("email", send, inbox=MemoryInbox(), bootstrap=kafka.bootstrap)
    dispatcher.stop()
    dispatcher.run()
    assert outcomes(kafka) == {}
    dispatcher.run()  # `send` stops it
    assert list(outcomes(kafka)) == ["a:delivered"]
