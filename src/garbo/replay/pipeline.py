"""A running pipeline from the outside: send messages, set the time, wait until the pipeline is idle.

Idle means: in two looks in a row every processor has committed all records on its inputs, and no record is new. The
group offsets show that, so it works on the embedded broker and on a real one.

A transaction ends with a control record. It takes an offset, but no consumer receives it, so no group commits past the
last one. If the offsets show a processor behind, a reader looks whether records or only control records are left.
"""

import time
from collections.abc import Mapping
from typing import TypeAlias

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.kafka.retry import retry_until
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.core.vocabulary.events import ClockTick, PartyEvent
from garbo.errors import BrokerError
from garbo.processors.ports import InboundMessage
from garbo.processors.routing import routed
from garbo.processors.topics import PARTY_EVENTS, PROCESSORS, Topics

Place: TypeAlias = tuple[str, int]  # topic and partition
Gap: TypeAlias = tuple[int, int]  # from the group's committed offset to the end of the log

_POLL_S = 0.005
_ANSWER_S = 10.0
_LOOK_S = 2.0  # to get a first record or the end of the log; a broker answers within milliseconds


class Pipeline:
    """Feeds the topics of `kafka` and watches the groups of its processors."""

    def __init__(self, kafka: KafkaSettings, codec: AvroCodec, partitions: int) -> None:
        self._codec, self._partitions = codec, partitions
        self._topics = Topics(kafka.prefix)
        self._producer = Producer({**kafka.producer(), "linger.ms": 1})
        self._reader: Consumer | None = None  # reads committed records only; the watchers see the end of the log
        if kafka.transactional:
            self._reader = Consumer(
                {
                    **kafka.base(),
                    "group.id": f"{kafka.prefix}garbo-feeder",  # librdkafka requires one; nothing is committed
                    "enable.auto.commit": False,
                    "enable.partition.eof": True,
                    "fetch.wait.max.ms": 10,
                }
            )
        self._ended: dict[Place, Gap] = {}  # with only control records in it
        self._watchers: dict[Consumer, list[TopicPartition]] = {}
        for processor in PROCESSORS:
            watcher = Consumer(
                {
                    **kafka.base(),
                    "group.id": f"{kafka.prefix}garbo-{processor}",
                    "enable.auto.commit": False,
                    "isolation.level": "read_uncommitted",  # the end of the log, open transactions included
                }
            )
            names = self._topics.inputs(processor)
            self._watchers[watcher] = [TopicPartition(n, p) for n in names for p in range(partitions)]

    def send(self, message: InboundMessage) -> None:
        """Send a producer's message at once."""
        name, key = routed(message)
        self.send_raw(name, key, self._codec.encode_inbound(message))

    def send_raw(self, name: str, key: bytes | None, value: bytes | None, partition: int = -1) -> None:
        while True:
            try:
                self._producer.produce(self._topics.named(name), value, key, partition)
                break
            except BufferError:
                self._producer.poll(0.05)
        self._producer.poll(0)

    def tick(self, at: int) -> None:
        """Set the stream time to `at` (milliseconds since 1970) on every partition; due timers fire."""
        for partition in range(self._partitions):
            event = PartyEvent(f"tick-{partition}-{at}", f"tick-{partition}", at, ClockTick())
            self.send_raw(PARTY_EVENTS, event.party.encode(), self._codec.encode_event(event), partition)

    def flush(self) -> None:
        """Wait until the broker has every message.

        Raises:
            BrokerError: the broker did not take all of them within 30 s.
        """
        if left := self._producer.flush(30.0):
            raise BrokerError(f"the broker did not take {left} messages within 30 s; check that it is running.")

    def wait_idle(self, timeout: float = 60.0) -> None:
        """Return when the pipeline is idle.

        Raises:
            BrokerError: records are still unprocessed after `timeout` seconds.
        """
        self.flush()
        deadline, before = time.monotonic() + timeout, None
        while True:
            lag, ends = self._state(max(deadline - time.monotonic(), 0.0))
            if lag == 0 and ends == before:
                return
            before = ends if lag == 0 else None
            if time.monotonic() > deadline:
                raise BrokerError(f"{lag} records are still unprocessed after {timeout:.0f} s; see the worker's log.")
            time.sleep(_POLL_S)

    def lag(self) -> int:
        """The number of records on the processors' inputs that are not committed yet."""
        return self._state(_ANSWER_S)[0]

    def close(self) -> None:
        self.flush()
        for watcher in (*self._watchers, self._reader):
            if watcher is not None:
                watcher.close()

    def _state(self, timeout_s: float) -> tuple[int, list[int]]:
        """The number of records not committed yet, and the end offset of each input partition."""
        state = retry_until("the broker does not return the processors' offsets", self._look, timeout_s=timeout_s)
        assert state is not None, "always wanted"
        return state

    def _look(self) -> tuple[int, list[int]]:
        behind: dict[Place, Gap] = {}
        ends = []
        for watcher, partitions in self._watchers.items():
            for partition in watcher.committed(partitions, _ANSWER_S):
                low, high = watcher.get_watermark_offsets(partition, _ANSWER_S)
                if (start := max(partition.offset, low)) < high:
                    behind[partition.topic, partition.partition] = start, high
                ends.append(high)
        nothing = self._nothing_delivered(behind) if behind and self._reader is not None else set()
        return sum(high - start for place, (start, high) in behind.items() if place not in nothing), ends

    def _nothing_delivered(self, behind: Mapping[Place, Gap]) -> set[Place]:
        """Where there are only control records between the group's committed offset and the end of the log.

        All places are asked for at once: one fetch answers for all of them.
        """
        nothing = {place for place, gap in behind.items() if self._ended.get(place) == gap}
        unknown = {place: gap for place, gap in behind.items() if place not in nothing}
        reader = self._reader
        if reader is None or not unknown:
            return nothing
        reader.assign([TopicPartition(*place, start) for place, (start, _) in unknown.items()])
        deadline = time.monotonic() + _LOOK_S
        while unknown and (left := deadline - time.monotonic()) > 0:
            message = reader.poll(left)
            if message is None:
                break
            place = message.topic() or "", message.partition() or 0
            gap = unknown.pop(place, None)
            if gap is None:  # a further record of a place that has some
                continue
            problem = message.error()
            # Before the end lies the last stable offset: there a transaction is still open.
            if (
                problem is not None
                and problem.code() == KafkaError._PARTITION_EOF
                and (message.offset() or 0) >= gap[1]
            ):
                self._ended[place] = gap
                nothing.add(place)
        reader.unassign()
        return nothing
