"""How far a processor is behind, asked by a client that has nothing to do with its consumer.

A consumer learns a partition's end only with the records it fetches; when fetching is what is stuck, its own lag
says 0. Ends are *stable* ones: records of a transaction still open cannot be processed by anybody.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, NamedTuple

from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.runtime.partition import TP

log = logging.getLogger(__name__)

PERIOD_S: Final = 5.0  # a metrics scrape's half
ANSWER_S: Final = 10.0


class Progress(NamedTuple):
    """Where one partition stands, in offsets.

    position: the next record that is not in a checkpoint. fetched: one past the last record handed on. end_met: the
    end of the partition the consumer has met, `position` when it has met none.
    """

    position: int
    fetched: int
    end_met: int


class LagSource(NamedTuple):
    """One processor, as the meter sees it.

    partitions: those that may be processed now. progress: None for a partition not sought yet. report: takes the lag
    of each partition that has an answer, in records, and whether all of them have one.
    """

    name: str
    kafka: KafkaSettings
    partitions: Callable[[], Collection[TP]]
    progress: Callable[[TP], Progress | None]
    report: Callable[[Mapping[TP, int], bool], None]


class LagMeter:
    """Measures all processors of a process, in a thread of its own."""

    def __init__(self, sources: Sequence[LagSource]) -> None:
        self._clients: list[tuple[LagSource, AdminClient | None]] = [(source, None) for source in sources]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._measure, name="lag", daemon=True)

    def start(self) -> None:
        """Begin to measure."""
        self._thread.start()

    def stop(self) -> None:
        """Cease; a question under way is not waited for."""
        self._stopping.set()

    def _measure(self) -> None:
        while not self._stopping.wait(PERIOD_S):
            self.measure()

    def measure(self) -> None:
        """One round."""
        for n, (source, known) in enumerate(self._clients):
            client = known or AdminClient(source.kafka.base())
            try:
                _ask(source, client)
                self._clients[n] = (source, client)
            except Exception as problem:  # noqa: BLE001  # a broker that restarts: the next round knows more
                log.info("lag of %s unknown: %s", source.name, problem)
                self._clients[n] = (source, None)  # what it knows of leaders may be old (see `Restorer._marks`)


def _ask(source: LagSource, client: AdminClient) -> None:
    tps = source.partitions()
    if not tps:
        return
    asked = client.list_offsets(
        {TopicPartition(t.topic, t.partition): OffsetSpec.latest() for t in tps},  # type: ignore[no-untyped-call]
        isolation_level=IsolationLevel.READ_COMMITTED,
        request_timeout=ANSWER_S,
    )
    found: dict[TP, int] = {}
    try:
        for place, future in asked.items():
            tp = TP(place.topic, place.partition)
            found[tp] = behind(source.progress(tp), future.result(ANSWER_S).offset)
    finally:  # one partition without a leader must not hide the lag of the others
        source.report(found, len(found) == len(asked))


def behind(progress: Progress | None, end: int) -> int:
    """Offsets between what is in a checkpoint and the partition's end; 0 for a partition not sought yet.

    A transaction's control records at the end of a log are never delivered, so no position ever passes them: when all
    that was fetched is processed, the end the consumer has met counts as the position.
    """
    if progress is None:
        return 0
    position = progress.position
    if position >= progress.fetched:
        position = max(position, progress.end_met)
    return max(0, end - position)
