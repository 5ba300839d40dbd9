"""Measures the time until everything works again: from outside, by the offsets alone.

Rules
 1. The pipeline has recovered from a fault when it has committed all records that were on the inputs of all
    processors a second after the fault, including records of open transactions. These records came after the fault, so
    every partition works again.
 2. A transaction ends with a control record, and no group commits past it. If the offsets show a processor behind, a
    look at the log shows whether there are records to deliver.
 3. A broker that does not answer is not recovered. Only one thread uses this module.
 4. A fault that lasts is observed all the time: as soon as the records of one look are committed, the next look
    begins, and the longest look counts. So every standstill is measured, and nothing else: neither the harness's
    sleeps nor the start of a process that no record waits for.
 5. After a failed request the next one uses new clients: clients that learnt the leaders while a broker was starting
    may get FENCED_LEADER_EPOCH for minutes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException
from confluent_kafka import TopicPartition as Partition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.processors.topics import PROCESSORS, Topics
from tests.chaos.clock import Clock

Place: TypeAlias = tuple[str, str, int]  # processor, topic, partition
Ends: TypeAlias = Mapping[Place, int]

QUIET: Final = {"log_level": 0}  # an absent broker is expected here
ANSWER_S: Final = 5.0
LIMIT_S: Final = 60.0  # the guarantee (I9)
AFTER_S: Final = 1.0
_LOOK_S: Final = 0.1
_RECORD_S: Final = 2.0  # to get a first record or the end of the log


@dataclass(slots=True)
class FaultWatch:
    """Observes the recovery from one fault, after its end or while it lasts. Instants are monotonic seconds.

    at: the fault's end, or the beginning of the current look. ends: the inputs' ends `AFTER_S` later. since: the
    beginning of the wait, if that is not `at`. longest: the longest look before, in seconds. took: seconds to the
    recovery; None until then.
    """

    kind: str
    at: float
    ends: Ends | None = None
    took: float | None = None
    lasts: bool = False
    since: float | None = None
    longest: float = 0.0

    def waited(self, now: float) -> float:
        """The longest wait up to now, in seconds."""
        return max(self.longest, now - (self.at if self.since is None else self.since))

    def works(self, now: float) -> None:
        """All records of the current look are committed."""
        if self.lasts:
            self.longest = self.waited(now)
            self.at, self.since, self.ends = now, None, None
        else:
            self.took = self.waited(now)

    def over(self, now: float) -> None:
        """The fault ends now; a record that still waits has waited since before."""
        self.since = self.at if self.since is None else self.since
        self.at, self.ends, self.lasts = now, None, False


class Inputs:
    """The inputs of all processors, and the position of each group."""

    clock = Clock()

    def __init__(self, kafka: KafkaSettings, partitions: int) -> None:
        topics = Topics(kafka.prefix)
        self._kafka = kafka
        inputs = {name: topics.inputs(name) for name in PROCESSORS}
        self._groups = {processor: f"{kafka.prefix}garbo-{processor}" for processor in inputs}
        self._places = [(s, name, p) for s, names in inputs.items() for name in names for p in range(partitions)]
        self._connect()

    def _connect(self) -> None:
        # One consumer for each group, which never joins it: an admin client that asks for a group's offsets crashes
        # with a segmentation fault if the answer is "not coordinator", as after a broker's restart (librdkafka 2.16,
        # issue 5040) [seen].
        self._members = {
            processor: Consumer(
                {**self._kafka.base(), **QUIET, "group.id": group, "isolation.level": "read_uncommitted"}
            )
            for processor, group in self._groups.items()
        }
        self._admin = AdminClient({**self._kafka.base(), **QUIET})
        self._reader = Consumer(
            {
                **self._kafka.base(),
                **QUIET,
                "group.id": f"{self._kafka.prefix}chaos",  # librdkafka requires one; nothing is committed
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 10,
            }
        )

    def behind(self, ends: Ends) -> int | None:
        """The number of records below `ends` that are not committed; None if the broker does not answer."""
        try:
            committed = self._committed()
            short = {place: (committed.get(place, 0), end) for place, end in ends.items()}
            return sum(
                end - start
                for (_, topic, p), (start, end) in short.items()
                if start < end and self._has_records(topic, p, start, end)
            )
        except (KafkaException, TimeoutError):
            self.close()
            self._connect()
            return None

    def ends(self) -> Ends | None:
        """The current end of each input; None if the broker does not answer."""
        try:
            return self._ends()
        except (KafkaException, TimeoutError):
            self.close()
            self._connect()
            return None

    def lag(self) -> int | None:
        """The number of uncommitted records now; None if the broker does not answer."""
        ends = self.ends()
        return None if ends is None else self.behind(ends)

    def await_recovery(self, watches: Iterable[FaultWatch], seconds: float) -> bool:
        """Wait until all have recovered; False after `seconds`."""
        watches, deadline = list(watches), self.clock.now() + seconds
        while open_ := [watch for watch in watches if watch.took is None]:
            for watch in open_:
                self.look_at(watch)
            if self.clock.now() > deadline:
                return False
            self.clock.sleep(_LOOK_S)
        return True

    def look_at(self, watch: FaultWatch) -> None:
        """Check once whether it has recovered."""
        if watch.ends is None and self.clock.now() >= watch.at + AFTER_S:
            watch.ends = self.ends()
        if watch.ends is not None and self.behind(watch.ends) == 0:
            watch.works(self.clock.now())

    def close(self) -> None:
        for client in (self._reader, *self._members.values()):
            client.close()

    def _ends(self) -> Ends:
        asked = {Partition(topic, p): OffsetSpec.latest() for _, topic, p in self._places}
        found = self._admin.list_offsets(
            asked, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=ANSWER_S
        )
        ends = {(tp.topic, tp.partition): future.result(ANSWER_S).offset for tp, future in found.items()}
        if min(ends.values()) < 0:
            raise TimeoutError("the broker did not return the end of a partition")
        return {(processor, topic, p): ends[topic, p] for processor, topic, p in self._places}

    def _committed(self) -> dict[Place, int]:
        found: dict[Place, int] = {}
        for processor, member in self._members.items():
            places = [Partition(t, p) for s, t, p in self._places if s == processor]
            for tp in member.committed(places, ANSWER_S):
                if tp.error:
                    raise KafkaException(tp.error)
                found[processor, tp.topic, tp.partition] = max(tp.offset, 0)
        return found

    def _has_records(self, topic: str, partition: int, start: int, end: int) -> bool:
        """Is there a record to deliver, or an open transaction, between the offsets `start` and `end`?"""
        self._reader.assign([Partition(topic, partition, start)])
        try:
            message = self._reader.poll(_RECORD_S)
        finally:
            self._reader.unassign()
        if message is None:
            return True
        if (error := message.error()) is not None and error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
        return (message.offset() or 0) < end  # the offset of the next record, or of the last stable offset
