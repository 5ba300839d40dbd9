"""How far dispatchers are behind: consumer groups that are no part of Garbo, asked for by name.

Rules
 1. A group's topics are those of commands on which it has committed something. On their other partitions it has
    everything before it, from the oldest record on.
 2. A group that has never committed has no lag to show; its commands stay unreported, and that is counted elsewhere.
 3. Ends are stable ones, as in `lag.py`. A topic's last control records are never delivered, so a dispatcher that has
    done everything may be a few records behind for ever.
 4. A consumer asks, one for each group. It subscribes to nothing, so it never joins the group. (An admin client could
    ask too, but while a coordinator moves, its answer ends the process: librdkafka looks for a group it has not.)
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from confluent_kafka import Consumer, TopicPartition

from garbo.adapters.kafka.settings import KafkaSettings

log = logging.getLogger(__name__)

PERIOD_S: Final = 10.0  # a third of the age at which a lag is no longer shown
ANSWER_S: Final = 10.0

Report = Callable[[str, str, int], None]  # group, topic, records


class DispatcherLag:
    """Measures the groups in a thread of its own; without groups there is no thread.

    topics: what the names of the topics of commands begin with, so that a new channel is measured as well. report:
    takes each group's lag on each topic, in records.
    """

    def __init__(self, kafka: KafkaSettings, groups: Sequence[str], topics: str, report: Report) -> None:
        self._kafka, self._groups, self._topics, self._report = kafka, groups, topics, report
        self._clients: dict[str, Consumer] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._measure, name="dispatcher-lag", daemon=True)

    def start(self) -> None:
        """Begin to measure."""
        if self._groups:
            self._thread.start()

    def stop(self) -> None:
        """Cease; a question under way is not waited for."""
        self._stopping.set()

    def _measure(self) -> None:
        while not self._stopping.wait(PERIOD_S):
            self.measure()

    def measure(self) -> None:
        """One round."""
        for group in self._groups:
            try:
                for topic, records in self._ask(group).items():
                    self._report(group, topic, records)
            except Exception as problem:  # noqa: BLE001  # a broker that restarts: the next round knows more
                log.info("lag of the dispatchers' group %s unknown: %s", group, problem)
                if (client := self._clients.pop(group, None)) is not None:
                    client.close()  # what it knows of leaders may be old

    def _ask(self, group: str) -> Mapping[str, int]:
        client = self._clients.get(group)
        if client is None:
            config = {"group.id": group, "enable.auto.commit": False, "isolation.level": "read_committed"}
            client = self._clients[group] = Consumer({**self._kafka.base(), **config})
        known = client.list_topics(timeout=ANSWER_S).topics
        names = sorted(name for name in known if name.startswith(self._topics))
        places = [TopicPartition(name, n) for name in names for n in sorted(known[name].partitions)]
        if not places:
            return {}
        committed = client.committed(places, timeout=ANSWER_S)
        found = {place.topic: 0 for place in committed if place.offset >= 0}
        for place in committed:
            if place.topic in found:
                begin, end = client.get_watermark_offsets(
                    TopicPartition(place.topic, place.partition), timeout=ANSWER_S
                )
                found[place.topic] += max(end - max(place.offset, begin), 0)
        return found
