"""How far a stage is behind, asked by a client that has nothing to do with its consumer.

A consumer learns a partition's end only with the records it fetches; when fetching is what is stuck, its own lag
says 0. Ends are *stable* ones: records of a transaction still open cannot be processed by anybody.
"""

import logging
import threading
from collections.abc import Sequence
from typing import Final

from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from garbo.faust_host.app import ProcessorApp
from garbo.runtime.partition import TP

log = logging.getLogger(__name__)

PERIOD_S: Final = 5.0  # a metrics scrape's half
ANSWER_S: Final = 10.0


class LagMeter:
    """Measures all stages of a process, in a thread of its own."""

    def __init__(self, apps: Sequence[ProcessorApp]) -> None:
        self._clients: list[tuple[ProcessorApp, AdminClient | None]] = [(app, None) for app in apps]
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
        for n, (app, known) in enumerate(self._clients):
            client = known or AdminClient(app.kafka.base())
            try:
                _tell(app, client)
                self._clients[n] = (app, client)
            except Exception as problem:  # noqa: BLE001  # a broker that restarts: the next round knows more
                log.info("lag of %s unknown: %s", app.settings.name, problem)
                self._clients[n] = (app, None)  # what it knows of leaders may be from before (see `Restorer._marks`)


def _tell(app: ProcessorApp, client: AdminClient) -> None:
    tps = app.assignment.tps
    if not (tps and app.assignment.gate):
        return
    asked = client.list_offsets(
        {TopicPartition(t.topic, t.partition): OffsetSpec.latest() for t in tps},  # type: ignore[no-untyped-call]
        isolation_level=IsolationLevel.READ_COMMITTED,
        request_timeout=ANSWER_S,
    )
    total = 0
    for place, future in asked.items():
        tp = TP(place.topic, place.partition)
        lag = behind(app, tp, future.result(ANSWER_S).offset)
        app.observer.lag(tp.topic, tp.partition, lag)
        total += lag
    app.pulse.last_commit = app.unit.last_commit
    app.pulse.lag(total)


def behind(app: ProcessorApp, tp: TP, end: int) -> int:
    """Offsets between what is in a unit of work and the partition's end.

    A transaction's control records at the end of a log are never delivered, so no position ever passes them: when all
    that was fetched is processed, the end the consumer has met counts as the position.
    """
    position = app.unit.positions.get(tp)
    if position is None:
        return 0
    fetched = app.consumer.fetched.get(tp, position)
    if position >= fetched:
        position = max(position, app.consumer.ends.get(tp, position))
    return max(0, end - position)
