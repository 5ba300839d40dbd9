"""Fixtures shared by all tests: the brokers, and a topic prefix of each test's own."""

import os
import re
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import TypeVar

import pytest
from hypothesis import settings

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import as_counts, topic_specs
from garbo.embedded import EmbeddedBroker
from tests.brokers import MavenKafka, NoKafka, maven_kafka, real_kafka

T = TypeVar("T")

# No example has a deadline: a shared machine stalls for longer than any. Drawn anew each time; CI draws what everybody
# has seen, by Hypothesis' own profile: --hypothesis-profile=ci.
settings.register_profile("default", settings.get_profile("default"), deadline=None, print_blob=True)

PARTITIONS = 4
# The address of the run's real Kafka, or why there is none.
FOUND = pytest.StashKey[str | Exception]()
# Starts of a broker: the next one has other ports.
STARTS = 3


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """The run's real Kafka is fetched and started before the first test: neither counts against a test's time limit."""
    with ExitStack() as stack:
        if not session.config.option.collectonly and any(_uses_kafka(item) for item in session.items):
            try:
                session.config.stash[FOUND] = _started(stack, real_kafka)
            except Exception as problem:  # noqa: BLE001  # the tests that need it say so, the others run
                session.config.stash[FOUND] = problem
        return (yield)


def _uses_kafka(item: pytest.Item) -> bool:
    """By name, or by its marker (`getfixturevalue`)."""
    asked = getattr(item, "fixturenames", ())
    return "kafka" in asked or (item.get_closest_marker("kafka") is not None and "own_kafka" not in asked)


def _started(stack: ExitStack, broker: Callable[[], AbstractContextManager[T]]) -> T:
    for _ in range(STARTS - 1):
        with suppress(NoKafka):
            return stack.enter_context(broker())
    return stack.enter_context(broker())


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> str:
    """A real Kafka's bootstrap address, one broker for the whole run; use `prefix` to be alone on it."""
    found = request.config.stash[FOUND]
    with _said_aloud():
        if isinstance(found, Exception):
            raise found
    return found


@pytest.fixture
def own_kafka() -> Iterator[MavenKafka]:
    """A real Kafka of this test's own, to stop, kill and start again."""
    with ExitStack() as stack:
        with _said_aloud():
            broker = _started(stack, maven_kafka)
        yield broker


@contextmanager
def _said_aloud() -> Iterator[None]:
    """No broker: a skip that says why, and with GARBO_REQUIRE_KAFKA=1 a failure."""
    try:
        yield
    except NoKafka as e:
        if os.environ.get("GARBO_REQUIRE_KAFKA") == "1":
            pytest.fail(f"GARBO_REQUIRE_KAFKA=1, but there is no real Kafka: {e}")
        pytest.skip(f"no real Kafka: {e}; or name one by GARBO_TEST_BOOTSTRAP=host:port")


@pytest.fixture
def kafka_settings(kafka: str, prefix: str) -> KafkaSettings:
    """A real Kafka, with a topic prefix of this test's own."""
    return KafkaSettings(bootstrap=kafka, prefix=prefix)


@pytest.fixture
def embedded_broker() -> Iterator[Callable[..., EmbeddedBroker]]:
    """Starts embedded brokers with the topics given; all are stopped after the test."""
    started: list[EmbeddedBroker] = []

    def start(topics: dict[str, int]) -> EmbeddedBroker:
        started.append(EmbeddedBroker(topics).start())
        return started[-1]

    yield start
    for broker in started:
        broker.stop()


@pytest.fixture
def embedded(embedded_broker: Callable[..., EmbeddedBroker], prefix: str) -> KafkaSettings:
    """An embedded broker of this test's own, holding the whole catalogue under `prefix`."""
    broker = embedded_broker(as_counts(topic_specs(PARTITIONS, prefix)))
    return KafkaSettings(bootstrap=broker.bootstrap, transactional=False, prefix=prefix)


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """A topic prefix no other test and no earlier run on the same broker has."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name)[:40].strip("-")
    run = zlib.crc32(f"{request.node.nodeid} {os.getpid()} {os.urandom(4).hex()}".encode())
    return f"{name}-{run:08x}."
