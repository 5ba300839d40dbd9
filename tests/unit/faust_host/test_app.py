"""A processor as a Faust app: what Faust must not do, and how a chunk travels through its consumer."""

import asyncio
from typing import Any

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.faust_host.app import ProcessorApp
from garbo.faust_host.run import HostedProcessor, create_app
from garbo.runtime.partition import TP
from garbo.runtime.settings import ProcessorSettings
from tests.unit.runtime.scripted import Client, Message


class NoProcessor:
    """Never called here."""


@pytest.fixture
def app() -> ProcessorApp:
    settings = ProcessorSettings("count", "garbo-count", ("in",))
    return create_app(HostedProcessor(settings, NoProcessor(), KafkaSettings("127.0.0.1:1")))  # type: ignore[arg-type]


def test_faust_serves_nothing_makes_no_topic_and_leads_nobody(app: ProcessorApp) -> None:
    """Its web would show every customer's row under /table/<name>/<key>/, on all interfaces."""
    conf = app.conf
    assert (conf.web_enabled, conf.topic_allow_declare, conf.topic_disable_leader) == (False, False, True)
    assert conf.cython_optimizations is False
    assert list(app.tables.data) == []


def test_faust_never_loads_a_driver_of_its_own(app: ProcessorApp) -> None:
    """The bundled confluent:// drops headers, knows no TLS and partitions by Python's hash()."""
    assert type(app.transport).__module__ == type(app.producer_transport).__module__ == "garbo.faust_host.transport"


def test_a_processor_has_one_agent_on_all_its_inputs(app: ProcessorApp) -> None:
    assert [(name, agent.channel.topics) for name, agent in app.agents.items()] == [("count", ("in",))]


def test_a_chunk_is_one_message_of_fausts_with_the_generation_it_was_fetched_under(app: ProcessorApp) -> None:
    async def work() -> list[Any]:
        runtime = app.runtime
        runtime.member.client = Client([Message(7), Message(8)])
        runtime.assignment.tps = frozenset({TP("in", 0)})
        runtime.gate.open()
        app.consumer_generation_id = runtime.gate.epoch
        return [message async for _, message in app.consumer.getmany(1.0)]

    (message,) = asyncio.run(work())
    assert (message.tp, message.offset, message.generation_id) == (("in", 0), 8, 0)
    assert [record.offset for record in message.value.records] == [7, 8]


def test_acknowledgements_of_fausts_are_cleared_behind_each_chunk(app: ProcessorApp) -> None:
    """They are kept for a committer that does not run: they would grow for ever."""
    consumer = app.consumer
    consumer._acked[TP("in", 0)].append(7)
    consumer._acked_index[TP("in", 0)].add(7)
    app._forget_acknowledgements()
    assert (consumer._acked, consumer._acked_index) == ({}, {})
