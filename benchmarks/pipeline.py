"""One worker from end to end, on a real Kafka with transactions, with the bank's policy.

    python -m benchmarks.pipeline [--json] [--events 200000] [--parties 100000] [--rate 1000] [--seconds 45]

One run measures, each part in processes of its own:
 1. throughput: decisions/s of one worker that runs decide on a full party-events (Avro in; decision record, action,
    state row and changelog out, one transaction per commit), between 20 % and 100 % of the events;
 2. the same reads and writes without decisions: a bare confluent-kafka loop (benchmarks.bare_loop);
 3. latency at `--rate` events/s, from sending to reading the committed decision record: from party-events (decide),
    and from touchpoints (resolve, decide and learn in one worker);
 4. row sizes (median, p99) from the changelog, and the worker's resident memory with `--parties` parties;
 5. what the journey KPIs cost: events/s of one worker with decide alone, and with decide and journey_kpis until both
    have done everything; and the processor time of the worker, in which a busy machine matters less.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from benchmarks import load
from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import DAY_MS, TopicSpec, create, topic_specs
from garbo.core.vocabulary.events import PartyEvent
from garbo.processors.ports import InboundMessage
from tests.brokers import real_kafka

PARTITIONS = 4
WARM_UP_S = 20.0  # a new JVM is still compiling; the measurement is about a broker that has run for a minute


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--events", type=int, default=200_000, help="events of the throughput part; default 200000")
    parser.add_argument("--parties", type=int, default=100_000, help="number of parties; default 100000")
    parser.add_argument("--rate", type=int, default=1000, help="events a second of the latency part; default 1000")
    parser.add_argument("--seconds", type=float, default=45.0, help="length of the latency part; default 45")
    parser.add_argument("--bootstrap", help="Kafka broker, host:port; by default one is found as for the tests")
    parser.add_argument("--kpis", action="store_true", help="only part 5: what the journey KPIs cost")
    parser.add_argument("--idle", action="store_true", help="throughput of events about which nothing can compete")
    given = parser.parse_args()
    with _kafka(given.bootstrap) as bootstrap:
        result: dict[str, Any] = {"cores": os.cpu_count(), "events": given.events, "parties": given.parties}
        result |= kpis(bootstrap, given.events, given.parties)
        if not given.kpis:
            result |= _rest(bootstrap, given)
    if given.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:28} {value}")


def _rest(bootstrap: str, given: argparse.Namespace) -> dict[str, Any]:
    result = throughput(bootstrap, given.events, given.parties, idle=given.idle)
    result["latency_party_events_ms"] = latency(bootstrap, given.rate, given.seconds, "party-events")
    result["latency_touchpoints_ms"] = latency(bootstrap, given.rate, given.seconds, "touchpoints")
    return result


@contextmanager
def _kafka(given: str | None) -> Iterator[str]:
    if given:
        yield given
    else:
        with real_kafka() as bootstrap:
            yield bootstrap


def throughput(bootstrap: str, events: int, parties: int, *, idle: bool = False) -> dict[str, Any]:
    """Parts 1, 2 and 4. idle: events about which nothing can compete."""
    kafka, codec = _fresh(bootstrap, "thr"), AvroCodec(PackagedRegistry())
    create(
        kafka,
        [
            TopicSpec(kafka.topic(n), PARTITIONS, "delete", DAY_MS)
            for n in ("bare-changelog", "bare-decisions", "bare-actions")
        ],
    )
    people = load.FACTS * parties
    _feed(kafka, codec, load.population(parties), log=f"{parties} parties")
    with tempfile.TemporaryDirectory() as folder, _worker(kafka, ["decide"], Path(folder), "stream") as worker:
        _wait(lambda: _committed(kafka) >= people, 600, "the population")
        memory = _resident_mb(worker.pid)
        _progress(f"population decided, {memory:.0f} MB")
        # The worker is stopped while the events are written, so that it starts with a full log.
        worker.terminate()
        worker.wait(60)
        day = load.idle if idle else load.events
        _feed(kafka, codec, day(events, parties), log=f"{events} events")
        with _worker(kafka, ["decide"], Path(folder), "stream") as again:
            _wait(lambda: _committed(kafka) >= people + events // 5, 600, "the first fifth")
            started, first = time.monotonic(), _committed(kafka)
            _wait(lambda: _committed(kafka) >= people + events, 600, "the rest")
            rate = (people + events - first) / (time.monotonic() - started)
            memory = max(memory, _resident_mb(again.pid))
            _progress(f"{rate:.0f} decisions/s")
    sizes = _row_sizes(kafka)
    outputs = _count(kafka)
    bare = _bare(kafka, people + events, round(statistics.median(sizes)), outputs)
    return {
        "decisions_per_second": round(rate),
        "bare_loop_per_second": round(bare),
        "ratio": round(rate / bare, 3),
        "actions_share": round(outputs["actions"] / events, 3),
        "row_bytes_median": round(statistics.median(sizes)),
        "row_bytes_p99": sizes[int(len(sizes) * 0.99)],
        "record_bytes": outputs["record_bytes"],
        "resident_mb": round(memory),
    }


def kpis(bootstrap: str, events: int, parties: int) -> dict[str, Any]:
    """Part 5."""
    alone, alone_us = _rate(bootstrap, ["decide"], events, parties)
    both, both_us = _rate(bootstrap, ["decide", "journey_kpis"], events, parties)
    return {
        "decide_per_second": round(alone),
        "with_kpis_per_second": round(both),
        "kpis_cost": round(1 - both / alone, 3),
        "decide_cpu_us": round(alone_us),
        "with_kpis_cpu_us": round(both_us),
        "kpis_cpu_cost": round(both_us / alone_us - 1, 3),
    }


def _rate(bootstrap: str, processors: list[str], events: int, parties: int) -> tuple[float, float]:
    """Events a second, and microseconds of processor time an event, of one worker that starts on a full log."""
    kafka, codec = _fresh(bootstrap, "kpi"), AvroCodec(PackagedRegistry())
    people = load.FACTS * parties
    _feed(kafka, codec, load.population(parties), log=None)
    with tempfile.TemporaryDirectory() as folder:
        with _worker(kafka, processors, Path(folder), "stream"):
            _wait(lambda: _done(kafka, processors, people), 900, "the population")
        _feed(kafka, codec, load.events(events, parties), log=None)
        with _worker(kafka, processors, Path(folder), "stream") as again:
            _wait(lambda: _committed(kafka) > people, 600, "the first event")
            started, used, first = time.monotonic(), _processor_s(again.pid), _committed(kafka)
            _wait(lambda: _done(kafka, processors, people + events), 900, "the rest")
            done = people + events - first
            rate = done / (time.monotonic() - started)
            us = (_processor_s(again.pid) - used) / done * 1e6
    _progress(f"{' and '.join(processors)}: {rate:.0f} events/s, {us:.0f} us of processor time an event")
    return rate, us


def _done(kafka: KafkaSettings, processors: list[str], events: int) -> bool:
    """Decide has committed so many events, and journey_kpis all of their facts."""
    if _committed(kafka) < events:
        return False
    if "journey_kpis" not in processors:
        return True
    watcher = Consumer({**kafka.base(), "group.id": f"{kafka.prefix}garbo-journey_kpis", "enable.auto.commit": False})
    try:
        held = watcher.committed([TopicPartition(kafka.topic("journey-flows"), p) for p in range(PARTITIONS)], 10.0)
        ends = [watcher.get_watermark_offsets(place, 10.0)[1] for place in held]
    finally:
        watcher.close()
    # A transaction's end is a record too, which nobody commits.
    return all(end - max(place.offset, 0) <= 1 for place, end in zip(held, ends, strict=True))


def _processor_s(pid: int) -> float:
    """Seconds of processor time that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def latency(bootstrap: str, rate: int, seconds: float, entrance: str) -> dict[str, float]:
    """Part 3: milliseconds from sending to reading the decision. The feeder and the worker have their own processes."""
    kafka, codec = _fresh(bootstrap, "lat"), AvroCodec(PackagedRegistry())
    parties = 2000
    processors = ["decide"] if entrance == "party-events" else ["resolve", "decide", "learn"]
    _feed(kafka, codec, load.population(parties), log=None)
    with tempfile.TemporaryDirectory() as folder, _worker(kafka, processors, Path(folder), "wall"):
        _wait(lambda: _committed(kafka) >= 3 * parties, 120, "the population")
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.pipeline_feeder", kafka.bootstrap, kafka.prefix, entrance, str(rate),
             str(seconds), str(parties)]
        ) as feeder:  # fmt: skip
            found = _latencies(kafka, codec, int(rate * seconds))
            feeder.wait(60)
    found.sort()
    points = {p: round(found[int(len(found) * q)], 1) for p, q in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))}
    _progress(f"{entrance}: {points}")
    return {**points, "count": len(found)}


def _latencies(kafka: KafkaSettings, codec: AvroCodec, expected: int) -> list[float]:
    consumer = _reader(kafka, "decisions", to_the_end=False)
    found: list[tuple[int, float]] = []
    last = time.monotonic()
    while len(found) < expected and time.monotonic() - last < 30:
        for message in consumer.consume(500, 0.002):
            now = time.time_ns()
            if message.error() is None and (value := message.value()):
                event_id = codec.decision(value).event_id
                if event_id.startswith("e-"):
                    sent = int(event_id.split("-")[1])
                    found.append((sent, (now - sent) / 1e6))
                    last = time.monotonic()
    consumer.close()
    start = min(sent for sent, _ in found) + WARM_UP_S * 1e9
    return [ms for sent, ms in found if sent > start]


def _fresh(bootstrap: str, name: str) -> KafkaSettings:
    kafka = KafkaSettings(bootstrap, prefix=f"bench-{name}-{random.SystemRandom().randrange(10**6)}.")
    create(kafka, topic_specs(PARTITIONS, kafka.prefix))
    return kafka


def _feed(kafka: KafkaSettings, codec: AvroCodec, facts: Iterator[tuple[int, InboundMessage]], log: str | None) -> None:
    """Write directly to party-events: the producer knows the party."""
    producer = Producer({**kafka.producer(), "linger.ms": 20, "queue.buffering.max.messages": 500_000})
    topic = kafka.topic("party-events")
    for number, (who, fact) in enumerate(facts):
        party = load.party(who)
        value = codec.encode_event(PartyEvent(fact.event_id, party, fact.at, fact.body))
        while True:
            try:
                producer.produce(topic, value, party.encode())
                break
            except BufferError:
                producer.poll(0.1)
        if number % 1000 == 0:
            producer.poll(0)
    producer.flush(120)
    if log:
        _progress(f"fed {log}")


@contextmanager
def _worker(kafka: KafkaSettings, processors: list[str], folder: Path, clock: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "garbo.cli", "run", "--bootstrap", kafka.bootstrap, "--prefix", kafka.prefix]
    command += ["--data", str(folder), "--clock", clock, "--metrics-port", "0", "--log-level", "warning"]
    for name in processors:
        command += ["--processor", name]
    process = subprocess.Popen(command)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _committed(kafka: KafkaSettings) -> int:
    """Events decided and committed, all partitions; control records of transactions are not among the input's."""
    watcher = _watchers.get(kafka.prefix)
    if watcher is None:
        group = f"{kafka.prefix}garbo-decide"
        watcher = _watchers[kafka.prefix] = Consumer({**kafka.base(), "group.id": group, "enable.auto.commit": False})
    try:
        held = watcher.committed([TopicPartition(kafka.topic("party-events"), p) for p in range(PARTITIONS)], 10.0)
    except KafkaException as problem:  # the group's coordinator is not there yet
        if problem.args[0].retriable() or problem.args[0].code() == KafkaError.NOT_COORDINATOR:
            return 0
        raise
    return sum(max(t.offset, 0) for t in held)


_watchers: dict[str, Consumer] = {}


def _wait(done: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit(f"benchmark: {what} took more than {seconds:.0f} s")
        time.sleep(0.05)


def _reader(kafka: KafkaSettings, name: str, *, to_the_end: bool = True) -> Consumer:
    """Reads a topic from its beginning; with `to_the_end` it reports each partition's end as an error message."""
    consumer = Consumer(
        {**kafka.base(), "group.id": f"{kafka.prefix}probe", "enable.auto.commit": False, "fetch.wait.max.ms": 5,
         "isolation.level": "read_committed", "enable.partition.eof": to_the_end}
    )  # fmt: skip
    consumer.assign([TopicPartition(kafka.topic(name), p, 0) for p in range(PARTITIONS)])
    return consumer


def _row_sizes(kafka: KafkaSettings) -> list[int]:
    """The latest row of every party."""
    consumer, latest, ends = _reader(kafka, "garbo-decide-changelog"), {}, 0
    while ends < PARTITIONS:
        for message in consumer.consume(5000, 0.5):
            if message.error() is not None:
                ends += 1
            else:
                latest[message.key()] = len(message.value() or b"")
    consumer.close()
    return sorted(latest.values())


def _count(kafka: KafkaSettings) -> dict[str, int]:
    """Actions that left, and the mean sizes of records and commands."""
    found = {"actions": 0, "record_bytes": 400, "command_bytes": 400}
    for name, size in (("decisions", "record_bytes"), ("actions.call_centre", "command_bytes"), ("actions.email", "")):
        consumer, ends, count, total = _reader(kafka, name), 0, 0, 0
        while ends < PARTITIONS:
            for message in consumer.consume(5000, 0.5):
                if message.error() is not None:
                    ends += 1
                else:
                    count += 1
                    total += len(message.value() or b"")
        consumer.close()
        if name != "decisions":
            found["actions"] += count
        if size and count:
            found[size] = total // count
    return found


def _bare(kafka: KafkaSettings, events: int, row: int, outputs: dict[str, int]) -> float:
    every = max(1, round(events / max(outputs["actions"], 1)))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bare_loop", "--bootstrap", kafka.bootstrap, "--prefix", kafka.prefix,
         "--partitions", str(PARTITIONS), "--events", str(events), "--row", str(row),
         "--record", str(outputs["record_bytes"]), "--command", str(outputs["command_bytes"]), "--every", str(every)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    rate: float = json.loads(done.stdout)["events_per_second"]
    _progress(f"bare loop {rate:.0f}/s")
    return rate


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _progress(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
