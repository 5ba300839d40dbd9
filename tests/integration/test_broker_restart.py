"""kill -9 of a real Kafka under load: every event is counted once, and the processor works again within a minute."""

import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from garbo.runtime.exit_codes import ExitCode
from tests.brokers import MavenKafka
from tests.integration.counting import PARTITIONS, Names, counts, create_topics, read, wait_committed
from tests.integration.misbehaving import Worker, until

WORKERS = 2
RATE = 200.0
OUTAGES_S = (3.0, 20.0)
RECOVERY_S = 60.0


class Feeder(threading.Thread):
    """Events at a steady rate, each on the log once whatever the broker does (an idempotent producer)."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        super().__init__(name="feeder", daemon=True)
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "linger.ms": 5,
                "log_level": 0,
            }
        )
        self._topic, self._ending = topic, threading.Event()
        self.sent: Counter[bytes] = Counter()
        self.left = -1

    def run(self) -> None:
        began, n = time.monotonic(), 0
        while not self._ending.is_set():
            while n < (time.monotonic() - began) * RATE:
                key = b"k%d" % (n * 7919 % 50)
                self._producer.produce(self._topic, b"event %d" % n, key)
                self.sent[key] += 1
                n += 1
            self._producer.poll(0.005)
        self.left = self._producer.flush(60)

    def cease(self) -> None:
        self._ending.set()

    def end(self) -> None:
        """Return when all that was sent is on the log."""
        self.cease()
        self.join(70)
        assert self.left == 0, f"{self.left} events never reached the broker"


@pytest.mark.kafka
@pytest.mark.faults
@pytest.mark.timeout(240)
def test_a_killed_broker_costs_no_event(own_kafka: MavenKafka, prefix: str, tmp_path: Path) -> None:
    names = Names.of(prefix)
    create_topics(own_kafka.bootstrap, names)
    feeder = Feeder(own_kafka.bootstrap, names.events)
    workers: list[Worker] = []
    with ExitStack() as stack:
        stack.callback(feeder.cease)
        for slot in range(WORKERS):
            worker = Worker(own_kafka.bootstrap, prefix, tmp_path / str(slot), settings={"slot": str(slot)})
            workers.append(stack.enter_context(worker).start())
        for worker in workers:
            worker.wait_said("ready")
        feeder.start()
        for seconds in OUTAGES_S:
            # Work is under way on every partition when the broker dies.
            until(lambda: again(workers, own_kafka.bootstrap, names, {}), RECOVERY_S, lambda: logs(workers))
            back = outage(own_kafka, workers, seconds)
            until(lambda: len(done(own_kafka.bootstrap, names)) == PARTITIONS, RECOVERY_S, lambda: logs(workers))
            marks = done(own_kafka.bootstrap, names)
            until(lambda: again(workers, own_kafka.bootstrap, names, marks), RECOVERY_S, lambda: logs(workers))  # noqa: B023
            print(f"down {seconds:.0f} s, every partition moved on {time.monotonic() - back:.1f} s after the return")
        feeder.end()
        settled(workers, own_kafka.bootstrap, names)

    exits = [gone for worker in workers for gone in worker.exits]
    print(f"{feeder.sent.total()} events, exits {[gone.code for gone in exits]}")
    assert {gone.code for gone in exits} <= {ExitCode.RESTART}, logs(workers)
    assert all("leaving with code 3: count: " in gone.said for gone in exits)
    assert counts(own_kafka.bootstrap, names.changelog) == (feeder.sent, 0)
    outputs = Counter(message.value() for message in read(own_kafka.bootstrap, names.out))
    assert (len(outputs), set(outputs.values())) == (feeder.sent.total(), {1})


def outage(broker: MavenKafka, workers: list[Worker], seconds: float) -> float:
    """kill -9, and back after so long; returns when that was."""
    broker.kill()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.2)
        supervise(workers)
    broker.start()
    return time.monotonic()


def supervise(workers: list[Worker]) -> None:
    for worker in workers:
        worker.supervise()


def done(bootstrap: str, names: Names) -> dict[int, int]:
    """Committed offsets by partition; nothing while the coordinator does not answer."""
    asker = Consumer({"bootstrap.servers": bootstrap, "group.id": names.group, "log_level": 0})
    try:
        found = asker.committed([TopicPartition(names.events, p) for p in range(PARTITIONS)], 3.0)
        return {place.partition: place.offset for place in found if place.error is None}
    except KafkaException:
        return {}
    finally:
        asker.close()


def again(workers: list[Worker], bootstrap: str, names: Names, marks: dict[int, int]) -> bool:
    """Every partition has moved on since."""
    supervise(workers)
    now = done(bootstrap, names)
    return all(now.get(p, -1) > marks.get(p, 0) for p in range(PARTITIONS))


def settled(workers: list[Worker], bootstrap: str, names: Names) -> None:
    """All is committed; whoever leaves meanwhile is started again."""
    end = time.monotonic() + RECOVERY_S
    while True:
        supervise(workers)
        try:
            return wait_committed(bootstrap, names.group, names.events, timeout=2)
        except AssertionError:
            if time.monotonic() > end:
                raise AssertionError(logs(workers)) from None


def logs(workers: list[Worker]) -> str:
    return "\n".join(gone.said[-2000:] for worker in workers for gone in worker.exits) + "".join(
        worker.said[-2000:] for worker in workers
    )
