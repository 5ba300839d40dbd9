"""How long it takes until everything works again: seen from outside, by the offsets alone.

Rules
 1. Recovered from a fault is who has committed all that lay on the inputs of all three processors a second after it,
    records of transactions still open included: what came after the fault shows that every partition works again.
 2. A transaction ends with a control record, which nobody commits past: where offsets say that a processor is behind, a
    look at the log tells whether anything is there to be delivered.
 3. A broker that does not answer is not recovered. One thread alone uses this.
 4. A fault that lasts is looked at all the while: as soon as what lay there has been committed, the next look begins,
    and the longest of them counts. So whatever stands still, from whenever to whenever, is in it, and nothing else:
    neither what the harness sleeps through, nor what a machine needs to start a process nobody waits for.
 5. After a question that failed, the next is asked by new clients: those that learnt the leaders while a broker was
    starting may be told FENCED_LEADER_EPOCH for minutes.
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

QUIET: Final = {"log_level": 0}  # a broker that is away is the very thing we ask for
ANSWER_S: Final = 5.0
LIMIT_S: Final = 60.0  # what is promised (I9)
AFTER_S: Final = 1.0
_LOOK_S: Final = 0.1
_RECORD_S: Final = 2.0  # for a first record or the end of the log


@dataclass(slots=True)
class Hurt:
    """A fault's end, or a whole fault, while it lasts.

    at: its end, or so far the last look's beginning. ends: what lay before the processors `AFTER_S` later. since: from
    when somebody waits, when that is not `at`. longest: the looks before. took: seconds to recovery, None until then.
    """

    kind: str
    at: float
    ends: Ends | None = None
    took: float | None = None
    lasts: bool = False
    since: float | None = None
    longest: float = 0.0

    def waited(self, now: float) -> float:
        """The longest that anything waited, up to now."""
        return max(self.longest, now - (self.at if self.since is None else self.since))

    def works(self, now: float) -> None:
        """All that lay there is committed."""
        if self.lasts:
            self.longest = self.waited(now)
            self.at, self.since, self.ends = now, None, None
        else:
            self.took = self.waited(now)

    def over(self, now: float) -> None:
        """It ends here; who still waits has waited since before."""
        self.since = self.at if self.since is None else self.since
        self.at, self.ends, self.lasts = now, None, False


class Inputs:
    """The inputs of all processors, and how far each group is."""

    clock = Clock()

    def __init__(self, kafka: KafkaSettings, partitions: int) -> None:
        topics = Topics(kafka.prefix)
        self._kafka = kafka
        inputs = {name: topics.inputs(name) for name in PROCESSORS}
        self._groups = {processor: f"{kafka.prefix}garbo-{processor}" for processor in inputs}
        self._places = [(s, name, p) for s, names in inputs.items() for name in names for p in range(partitions)]
        self._connect()

    def _connect(self) -> None:
        # A consumer each, that never joins: an admin client asked for a group's offsets dies of a segmentation fault
        # when the answer is "not coordinator", as after a broker's restart (librdkafka 2.16, issue 5040) [seen].
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
                "group.id": f"{self._kafka.prefix}chaos",  # asked for by librdkafka, used by nobody
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 10,
            }
        )

    def behind(self, ends: Ends) -> int | None:
        """Records below `ends` that are not committed; None when the broker does not answer."""
        try:
            committed = self._committed()
            short = {place: (committed.get(place, 0), end) for place, end in ends.items()}
            return sum(end - at for (_, t, p), (at, end) in short.items() if at < end and self._lies(t, p, at, end))
        except (KafkaException, TimeoutError):
            self.close()
            self._connect()
            return None

    def ends(self) -> Ends | None:
        """Where each input ends now; None when the broker does not answer."""
        try:
            return self._ends()
        except (KafkaException, TimeoutError):
            self.close()
            self._connect()
            return None

    def lag(self) -> int | None:
        """Records that wait now."""
        ends = self.ends()
        return None if ends is None else self.behind(ends)

    def await_recovery(self, hurts: Iterable[Hurt], seconds: float) -> bool:
        """Watch until all have recovered; False when `seconds` were not enough."""
        hurts, deadline = list(hurts), self.clock.now() + seconds
        while open_ := [hurt for hurt in hurts if hurt.took is None]:
            for hurt in open_:
                self.look_at(hurt)
            if self.clock.now() > deadline:
                return False
            self.clock.sleep(_LOOK_S)
        return True

    def look_at(self, hurt: Hurt) -> None:
        """Once: has it recovered?"""
        if hurt.ends is None and self.clock.now() >= hurt.at + AFTER_S:
            hurt.ends = self.ends()
        if hurt.ends is not None and self.behind(hurt.ends) == 0:
            hurt.works(self.clock.now())

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
            raise TimeoutError("an end without an answer")
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

    def _lies(self, topic: str, partition: int, at: int, end: int) -> bool:
        """Is there anything to be delivered, or still undecided, from `at` to `end`?"""
        self._reader.assign([Partition(topic, partition, at)])
        try:
            message = self._reader.poll(_RECORD_S)
        finally:
            self._reader.unassign()
        if message is None:
            return True
        if (error := message.error()) is not None and error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
        return (message.offset() or 0) < end  # of the next record, or of the end of what is decided
