"""A producer on a broker: what it sent lies where every other client would have put it; what is lost, it names."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from confluent_kafka import Producer as Plain

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import ConfluentRegistry, PackagedRegistry
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.client import Connection, Producer
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier, ProfileUpdate, Touchpoint
from garbo.embedded import EmbeddedBroker
from garbo.errors import BrokerError, ConfigError, MessageError, SchemaError, TopicError
from garbo.processors.dead_letters import MAX_MESSAGE_BYTES
from garbo.processors.partitioner import partition_for
from garbo.processors.ports import ConsumerRecord, InboundMessage
from tests.chaos.registry import registry

CODEC = AvroCodec(PackagedRegistry())
INBOUND = ("touchpoints", "consents", "outcomes", "profiles")


@pytest.fixture
def embedded(embedded_broker: Callable[..., EmbeddedBroker], prefix: str) -> KafkaSettings:
    """With the four topics that a producer writes to: making all of them takes seconds."""
    broker = embedded_broker({prefix + name: 4 for name in INBOUND})
    return KafkaSettings(bootstrap=broker.bootstrap, transactional=False, prefix=prefix)


@pytest.fixture(params=["embedded", pytest.param("kafka_settings", marks=pytest.mark.kafka)])
def broker(request: pytest.FixtureRequest) -> KafkaSettings:
    found: KafkaSettings = request.getfixturevalue(request.param)
    if request.param == "kafka_settings":
        create(found, [spec for spec in topic_specs(4, found.prefix) if spec.name.endswith(INBOUND)])
    return found


def connection(kafka: KafkaSettings) -> Connection:
    return Connection(kafka.bootstrap, kafka.prefix)


def records(kafka: KafkaSettings, *names: str) -> list[ConsumerRecord]:
    return list(read_all(kafka, [kafka.topic(name) for name in names or INBOUND]))


def messages(kafka: KafkaSettings, *names: str) -> list[InboundMessage]:
    return [CODEC.inbound(record.value or b"") for record in records(kafka, *names)]


def test_each_message_lies_on_its_topic_under_its_strongest_identifier(broker: KafkaSettings) -> None:
    with Producer(connection=connection(broker)) as garbo:
        garbo.touchpoint("web", "page_view", cookie="c", customer_id="1001", theme="mortgage", attributes={"n": 1})
        garbo.consent("profiling", True, email="Ada@Example.org", evidence="form 7")
        garbo.outcome("accepted", action_id="a-1", party="0-x")
        garbo.profile(verified_phone="333 1234567", name="Ada", zone="Europe/Rome")
    lies = {record.topic.removeprefix(broker.prefix): (record.key, type(CODEC.inbound(record.value or b"").body))
            for record in records(broker)}  # fmt: skip
    assert lies == {
        "touchpoints": (b"customer_id:1001", Touchpoint),
        "consents": (b"email:ada@example.org", ConsentChange),
        "outcomes": (b"party:0-x", ActionOutcome),
        "profiles": (b"verified_phone:+393331234567", ProfileUpdate),
    }
    assert all(r.partition == partition_for(r.key or b"", 4) for r in records(broker))


def test_a_message_says_what_was_given(broker: KafkaSettings) -> None:
    when = datetime(2024, 3, 4, 12, tzinfo=UTC)
    with Producer(connection=connection(broker)) as garbo:
        given = garbo.touchpoint(
            "web", "page_view", customer_id="1001", theme="mortgage", text="hello", direction="outbound",
            attributes={"n": 1.5}, source_system="crm", event_id="crm-7", occurred_at=when,
        )  # fmt: skip
    (sent,) = messages(broker)
    assert given == sent.event_id == "crm-7"
    assert sent.at == int(when.timestamp() * 1000)
    who = (Identifier("customer_id", "1001"),)
    assert sent.body == Touchpoint(
        sent.body.channel, "page_view", "outbound", who, {"n": 1.5}, "mortgage", "hello", "crm"  # type: ignore[union-attr, arg-type]
    )  # fmt: skip


def test_without_an_id_each_event_has_one_of_its_own_and_the_instant_is_now(embedded: KafkaSettings) -> None:
    before = datetime.now(UTC).timestamp() * 1000 - 1
    with Producer(connection=connection(embedded)) as garbo:
        given = [garbo.touchpoint("web", "page_view", customer_id="1001") for _ in range(3)]
    sent = messages(embedded)
    assert (3, given) == (len(set(given)), [m.event_id for m in sent])
    assert all(before <= m.at <= datetime.now(UTC).timestamp() * 1000 for m in sent)


def test_an_outcome_of_a_command_is_one_event_however_often_it_is_reported(embedded: KafkaSettings) -> None:
    with Producer(connection=connection(embedded)) as garbo:
        ids = [
            garbo.outcome("delivered", action_id="a-1", party="p"),
            garbo.outcome("delivered", action_id="a-1", party="p"),
            garbo.outcome("accepted", action_id="a-1", action="rider_card", party="p"),
        ]
    assert ids == ["a-1:delivered", "a-1:delivered", "a-1:rider_card:accepted"]


def test_an_empty_id_is_a_mistake_and_not_a_wish_for_a_random_one(embedded: KafkaSettings) -> None:
    with Producer(connection=connection(embedded)) as garbo:
        for send in (garbo.profile, lambda **more: garbo.outcome("accepted", action_id="a-1", **more)):
            with pytest.raises(MessageError, match="event_id is empty"):
                send(customer_id="1001", event_id="")


def test_a_wrong_message_sends_nothing_and_the_next_one_goes(embedded: KafkaSettings) -> None:
    with Producer(connection=connection(embedded)) as garbo:
        with pytest.raises(MessageError, match="action"):
            garbo.outcome("accepted", action_id="a-1", action=5, party="p")  # type: ignore[arg-type]
        with pytest.raises(MessageError, match="channel 'wbe' is unknown; did you mean 'web'"):
            garbo.touchpoint("wbe", "page_view", customer_id="1001")
        garbo.touchpoint("web", "page_view", customer_id="1001", event_id="good")
    assert [m.event_id for m in messages(embedded)] == ["good"]


def test_what_a_worker_would_refuse_as_too_large_is_refused_here(embedded: KafkaSettings) -> None:
    with Producer(connection=connection(embedded)) as garbo:
        with pytest.raises(MessageError, match=r"a worker reads \d+ at most; shorten its texts"):
            garbo.touchpoint("web", "page_view", customer_id="1001", text="x" * MAX_MESSAGE_BYTES)
        garbo.touchpoint("web", "page_view", customer_id="1001", text="x" * (MAX_MESSAGE_BYTES - 4096))
    assert len(messages(embedded)) == 1


def test_a_topic_that_is_not_there_is_said_at_once_and_not_made(embedded: KafkaSettings) -> None:
    elsewhere = Connection(embedded.bootstrap, "elsewhere.")
    with Producer(connection=elsewhere) as garbo, pytest.raises(TopicError, match="run `garbo topics --create`"):
        garbo.touchpoint("web", "page_view", customer_id="1001")
    listed = Plain(embedded.base()).list_topics(timeout=10).topics
    assert "elsewhere.touchpoints" not in listed


def test_a_broker_that_is_not_there_is_said() -> None:
    with pytest.raises(BrokerError, match="does not answer"), Producer("127.0.0.1:1", timeout_s=1.0) as garbo:
        garbo.touchpoint("web", "page_view", customer_id="1001")


def test_an_error_of_the_callers_own_loses_nothing_that_was_sent(embedded: KafkaSettings) -> None:
    def work() -> None:
        with Producer(connection=connection(embedded)) as garbo:
            garbo.touchpoint("web", "page_view", customer_id="1001", event_id="before")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert [m.event_id for m in messages(embedded)] == ["before"]


def test_what_could_not_arrive_raises_and_has_a_name(embedded_broker: Callable[..., EmbeddedBroker]) -> None:
    broker = embedded_broker(dict.fromkeys(INBOUND, 4))
    garbo = Producer(broker.bootstrap, timeout_s=2.0)
    garbo.touchpoint("web", "page_view", customer_id="1", event_id="arrived")
    garbo.flush()
    assert garbo.unconfirmed() == ()
    broker.go_down()
    garbo.touchpoint("web", "page_view", customer_id="1", event_id="lost")
    garbo.touchpoint("web", "page_view", customer_id="2", event_id="lost too")
    with pytest.raises(BrokerError, match="1 of 3 arrived"):
        garbo.flush()
    assert garbo.unconfirmed() == ("lost", "lost too")
    with pytest.raises(BrokerError):  # it never goes on as if nothing had happened
        garbo.touchpoint("web", "page_view", customer_id="1")
    broker.come_up()
    with Producer(broker.bootstrap) as second:
        for event_id in garbo.unconfirmed():
            second.touchpoint("web", "page_view", customer_id="1", event_id=event_id)
    kafka = KafkaSettings(broker.bootstrap, transactional=False)
    assert {m.event_id for m in messages(kafka, "touchpoints")} == {"arrived", "lost", "lost too"}


def test_a_registry_gives_the_schema_ids(embedded: KafkaSettings) -> None:
    with registry() as server:
        known = ConfluentRegistry(server.url)  # a worker registers the schemas
        where = Connection(embedded.bootstrap, embedded.prefix, registry_url=server.url)
        with Producer(connection=where) as garbo:
            garbo.touchpoint("web", "page_view", customer_id="1001", event_id="e")
        (record,) = records(embedded, "touchpoints")
        assert int.from_bytes((record.value or b"")[1:5], "big") == known.id_of("garbo.Touchpoint")
        assert AvroCodec(known).inbound(record.value or b"").event_id == "e"


def test_a_registry_that_lacks_the_schemas_is_said_and_left_as_it_is(embedded: KafkaSettings) -> None:
    with registry() as server:
        with pytest.raises(SchemaError, match=r"does not hold this version of garbo\.\w+"):
            Producer(connection=Connection(embedded.bootstrap, embedded.prefix, registry_url=server.url))
        assert server.subjects == []


def test_the_connection_comes_from_the_environment(embedded: KafkaSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GARBO_BOOTSTRAP", embedded.bootstrap)
    monkeypatch.setenv("GARBO_TOPIC_PREFIX", embedded.prefix)
    with Producer() as garbo:
        garbo.touchpoint("web", "page_view", customer_id="1001", event_id="e")
    assert [m.event_id for m in messages(embedded)] == ["e"]


def test_a_connection_is_one_place_and_no_password_travels_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GARBO_BOOTSTRAP", raising=False)
    with pytest.raises(
        ConfigError, match="No broker is named; give `bootstrap` or `connection`, or set GARBO_BOOTSTRAP"
    ):
        Producer()
    with pytest.raises(ConfigError, match="not both"):
        Producer("127.0.0.1:9092", connection=Connection("127.0.0.1:9092"))
    with pytest.raises(ConfigError, match="not host:port"):
        Producer("kafka")
    with pytest.raises(ConfigError, match="to SASL_SSL"):
        Connection("kafka:9092", client={"sasl.password": "secret"})
    with pytest.raises(ConfigError, match="client"):
        Connection("kafka:9092", client=5)  # type: ignore[arg-type]
    assert "secret" not in repr(Connection("kafka:9092", registry_url="https://me:secret@registry"))
