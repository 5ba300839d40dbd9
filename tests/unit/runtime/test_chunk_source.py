"""Fetching, with librdkafka's client replaced by a script: what is handed on, what is dropped."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.runtime.chunk import Chunk
from garbo.runtime.chunk_source import ChunkSource
from garbo.runtime.gate import Gate
from garbo.runtime.group_member import POLL_S, SHUT_POLL_S, GroupMember
from garbo.runtime.settings import ProcessorSettings
from tests.unit.runtime.scripted import Client, Message


class Fetching:
    """A gate, a member whose client is a script, and the source between them."""

    def __init__(self, *messages: Message, is_open: bool = True, **more: Any) -> None:
        settings = ProcessorSettings("count", "garbo-count", ("in",), **more)
        self.gate = Gate()
        self.gate.is_open = is_open
        self.member = GroupMember(KafkaSettings("127.0.0.1:1"), settings)
        self.client = self.member.client = Client(messages)
        self.source = ChunkSource(self.member.poll, self.gate, settings)

    def fetch(self) -> list[Chunk]:
        async def work() -> list[Chunk]:
            return [chunk async for chunk in self.source.chunks()]

        return asyncio.run(work())


def offsets(chunks: list[Chunk]) -> list[list[int]]:
    return [[record.offset for record in chunk.records] for chunk in chunks]


def test_records_come_as_chunks_of_one_partition_in_order() -> None:
    records = [Message(0), Message(5, partition=1), Message(1), Message(2), Message(6, partition=1)]
    chunks = Fetching(*records, max_chunk=2).fetch()
    assert offsets(chunks) == [[0, 1], [2], [5, 6]]
    assert [chunk.next for chunk in chunks] == [2, 3, 7]


def test_headers_come_with_their_record() -> None:
    (chunk,) = Fetching(Message(0, headers=(("a", b"1"), ("a", b""))), Message(1)).fetch()
    assert [record.headers for record in chunk.records] == [(("a", b"1"), ("a", b"")), ()]


def test_records_of_the_poll_in_which_the_gate_opened_are_not_lost() -> None:
    """The poll began with the gate closed; its records come after the seek all the same."""
    fetching = Fetching(Message(7), Message(8), is_open=False)
    fetching.client.meanwhile = fetching.gate.open
    assert offsets(fetching.fetch()) == [[7, 8]]


@pytest.mark.parametrize("reopened", [False, True], ids=["revoked", "rewound"])
def test_records_fetched_under_another_epoch_are_dropped(reopened: bool) -> None:
    fetching = Fetching(Message(7))

    def meanwhile() -> None:
        fetching.gate.next_epoch()
        fetching.gate.is_open = reopened

    fetching.client.meanwhile = meanwhile
    assert fetching.fetch() == []


def test_records_fetched_while_the_gate_is_closed_are_dropped() -> None:
    assert Fetching(Message(7), is_open=False).fetch() == []


def test_polling_adds_no_wait_to_an_event() -> None:
    """`consume(n, timeout)` waits its timeout out: 50 ms for every event."""
    fetching = Fetching(Message(7), Message(8))
    fetching.fetch()
    assert fetching.client.calls == [("poll", POLL_S), ("consume", 0)]


def test_one_poll_takes_what_all_chunks_in_flight_can_hold_and_no_more() -> None:
    fetching = Fetching(*map(Message, range(25)), max_poll=20)
    assert offsets(fetching.fetch()) == [list(range(20))]
    assert len(fetching.client.messages) == 5


def test_a_poll_without_an_event_waits_once() -> None:
    """An idle worker neither spins nor adds a second wait."""
    fetching = Fetching()
    fetching.fetch()
    assert fetching.client.calls == [("poll", POLL_S)]


def test_a_closed_gate_is_polled_at_short_intervals() -> None:
    """Calls on the client wait for the poll to end: an assignment makes several."""
    fetching = Fetching(is_open=False)
    fetching.fetch()
    assert fetching.client.calls == [("poll", SHUT_POLL_S)]


@pytest.mark.parametrize(
    ("change", "expected"), [(lambda f: f.source.done(), 3), (lambda f: (f.gate.next_epoch(), f.source.forget()), 2)]
)
def test_fetching_waits_while_enough_is_in_flight(change: Callable[[Fetching], None], expected: int) -> None:
    """Until a chunk is done; a new epoch ends the wait, and what was fetched is void."""
    fetching = Fetching(*map(Message, range(3)), max_chunk=1, max_in_flight=2)

    async def work() -> tuple[int, int]:
        chunks: list[Chunk] = []

        async def take() -> None:
            async for chunk in fetching.source.chunks():
                chunks.append(chunk)  # noqa: PERF401  # seen one by one

        taking = asyncio.create_task(take())
        while fetching.source._room.is_set():  # noqa: ASYNC110  # it is cleared when the source waits
            await asyncio.sleep(0.001)
        before = len(chunks)
        change(fetching)
        await taking
        return before, len(chunks)

    assert asyncio.run(work()) == (2, expected)
