"""A town on the bank's map, over a real Kafka whose workers are killed: are the KPI cells what the facts say?

    python -m benchmarks.journey_town [--parties 50000] [--kills 20] [--workers 2] [--seed 1] [--keep DIR]

Each party goes through stages of the card, the pension, the mortgage or help: one to six messages within ten days.
Of the messages 5 % come late (five minutes to a day after they happened), and 5 % come twice. The workers host all
processors; `kill -9` strikes one of them at even shares of the work, and it comes back in its slot. In the end time
goes on by `--after` days, so that patience ends and visits drop out. Then `garbo journey recompute` compares every
byte, and `garbo verify` checks the topics (I24, I25 and the others).

Exits with 1 if a cell differs or an invariant is violated.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier, Touchpoint
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.errors import BrokerError
from garbo.processors.ports import InboundMessage
from garbo.processors.topics import Topics
from garbo.replay.pipeline import Pipeline
from tests.brokers import real_kafka

GARBO: Final = (sys.executable, "-m", "garbo.cli")
START: Final = 1_740_960_000_000  # Monday 3 March 2025
PARTITIONS: Final = 6
LATE = TWICE = 0.05
BEGINS_WITHIN: Final = 7 * DAY
BACKLOG: Final = 4_000  # messages sent and not processed: enough to keep every worker busy
PATIENCE_S: Final = 120.0
LOOK: Final = 500  # messages between two looks at the backlog


class Step(NamedTuple):
    """What may happen next. share: of those who came so far. hours: at most so long after the step before."""

    share: float
    hours: float
    kind: str  # of a touchpoint; or the status of an outcome, with its action
    channel: str
    action: str = ""


LIVES: Final[Sequence[tuple[float, str, Sequence[Step]]]] = (
    (0.35, "prepaid_card", (
        Step(0.4, 24, "competitor_visit", "third_party"), Step(0.8, 24, "page_view", "web"),
        Step(0.5, 30, "information_request", "web"), Step(0.6, 8, "delivered", "email", "email_information_promise"),
        Step(0.4, 30, "accepted", "call_centre", "call_information"), Step(0.6, 30, "card_activated", "app"),
    )),
    (0.25, "pension", (
        Step(0.7, 24, "page_view", "app"), Step(0.6, 30, "simulation_completed", "web"),
        Step(0.6, 12, "delivered", "sms", "sms_pension_offer"), Step(0.3, 48, "refused", "sms", "sms_pension_offer"),
        Step(0.3, 48, "branch_visit", "branch"),
    )),
    (0.2, "mortgage", (
        Step(0.9, 24, "page_view", "web"), Step(0.4, 60, "page_view", "ebanking"),
        Step(0.3, 24, "information_request", "branch"), Step(0.3, 60, "branch_visit", "branch"),
    )),
    (0.2, "token", (
        Step(0.9, 24, "transfer_failed", "ebanking"), Step(0.5, 2, "social_message", "app"),
        Step(0.4, 20, "case_closed", "call_centre"), Step(0.2, 40, "transfer_failed", "ebanking"),
    )),
)  # fmt: skip
CONSENTS: Final = (("personal_data", 0.7), ("own_promotion", 0.35))


def traffic(seed: int, parties: int, counts: Counter[str]) -> Iterator[tuple[int, InboundMessage]]:
    """The messages in the order in which they are written, each with that instant (ms). counts: late and twice."""
    dice, found = random.Random(seed), list[tuple[int, int, InboundMessage]]()
    for number in range(parties):
        for happened in life(dice, number):
            written = happened.at
            if dice.random() < LATE:
                counts["late"] += 1
                written += dice.randrange(5 * MINUTE, DAY)
            found.append((written, len(found), happened))
            if dice.random() < TWICE:
                counts["twice"] += 1
                found.append((written + dice.randrange(HOUR), len(found), happened))
    counts["messages"] = len(found)
    return ((written, message) for written, _, message in sorted(found, key=lambda m: m[:2]))


def life(dice: random.Random, number: int) -> Iterator[InboundMessage]:
    """What one party does."""
    who = (Identifier("customer_id", f"town-{number}"),)
    at, made = START + dice.randrange(BEGINS_WITHIN), 0
    for consent, share in CONSENTS:
        if dice.random() < share:
            yield InboundMessage(f"t-{number}-{consent}", at, ConsentChange(consent, True, who))
    (_, theme, steps) = dice.choices(LIVES, [share for share, _, _ in LIVES])[0]
    for step in steps:
        if dice.random() >= step.share:
            continue
        at, made = at + 1 + dice.randrange(int(step.hours * HOUR)), made + 1
        body: Any = Touchpoint(step.channel, step.kind, identifiers=who, theme=theme)
        if step.action:
            body = ActionOutcome(step.kind, "", step.action, step.channel, who)
        yield InboundMessage(f"t-{number}-{made}", at, body)
    if not made:
        yield InboundMessage(f"t-{number}-0", at, Touchpoint("web", "page_view", identifiers=who, theme=theme))


class Fleet:
    """Workers with all processors, each in a slot with a disk of its own."""

    def __init__(self, kafka: KafkaSettings, folder: Path, workers: int) -> None:
        self._kafka, self._folder = kafka, folder
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._workers, self.kills = workers, 0

    def __enter__(self) -> Self:
        for slot in range(self._workers):
            self._start(slot)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait(60)

    def kill(self) -> None:
        """kill -9, in turn; it comes back at once."""
        slot = self.kills % self._workers
        self._processes[slot].kill()
        self._processes[slot].wait()
        self.kills += 1
        self._start(slot)

    def check(self) -> None:
        """Start who has left its group by itself (a zombie does, with exit code 0)."""
        for slot, process in self._processes.items():
            if process.poll() is not None:
                print(f"  worker {slot} ended with {process.returncode}; it is started again", flush=True)
                self._start(slot)

    def _start(self, slot: int) -> None:
        command = [*GARBO, "run", "--clock", "stream", "--log-level", "warning", "--metrics-port", "-1"]
        command += ["--slot", f"w{slot}", "--data", str(self._folder / f"w{slot}")]
        command += ["--bootstrap", self._kafka.bootstrap, "--prefix", self._kafka.prefix]
        environment = {**os.environ, "GARBO_SESSION_TIMEOUT_MS": "6000", "GARBO_COMMIT_INTERVAL_MS": "200"}
        with (self._folder / f"w{slot}.log").open("ab") as log:
            self._processes[slot] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)


class Play:
    """Feeds the messages as fast as they are processed, kills on the way, and tells how far it is."""

    def __init__(self, pipeline: Pipeline, fleet: Fleet, messages: int, kills: int) -> None:
        self._pipeline, self._fleet, self._messages = pipeline, fleet, messages
        self._marks = [messages * (k + 1) // (kills + 1) for k in range(kills)]
        self._began = self._told = time.monotonic()

    def feed(self, traffic: Iterable[tuple[int, InboundMessage]]) -> int:
        """Returns when the last message was written (ms)."""
        last = 0
        for number, (written, message) in enumerate(traffic, 1):
            self._pipeline.send(message)
            last = written
            if number % LOOK == 0:
                self._look(number)
                while self._look(number) > BACKLOG:
                    time.sleep(0.2)
        return last

    def drain(self, seconds: float) -> None:
        """Wait until everything is processed."""
        until = time.monotonic() + seconds
        while self._look(self._messages):
            if time.monotonic() > until:
                raise SystemExit(f"not everything was processed within {seconds:.0f} s")
            time.sleep(0.5)
        self._pipeline.wait_idle(60)

    def _lag(self) -> int:
        """A broker on a busy machine may take its time to answer."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self._pipeline.lag()
            except BrokerError:
                if time.monotonic() > until:
                    raise

    def _look(self, sent: int) -> int:
        lag = self._lag()
        done = sent - lag
        self._fleet.check()
        if self._marks and done >= self._marks[0]:
            self._marks.pop(0)
            self._fleet.kill()
        now = time.monotonic()
        if now - self._told >= 15:
            self._told = now
            rate = max(done, 1) / (now - self._began)
            left = (self._messages - sent + lag) / rate
            print(f"  {now - self._began:6.0f} s  {sent:>8,} sent, {lag:>7,} behind, {rate:5.0f} messages/s, "
                  f"{self._fleet.kills} kills, about {left / 60:.0f} min left", flush=True)  # fmt: skip
        return lag


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parties", type=int, default=50_000, help="default 50000")
    parser.add_argument("--kills", type=int, default=20, help="default 20")
    parser.add_argument("--workers", type=int, default=2, help="default 2")
    parser.add_argument("--after", type=int, default=40, help="days that go by in the end; default 40")
    parser.add_argument("--seed", type=int, default=1, help="default 1")
    parser.add_argument("--keep", type=Path, help="folder for the workers' logs and tables; by default temporary")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="garbo-town-")))
        folder.mkdir(parents=True, exist_ok=True)
        sys.exit(played(given, stack.enter_context(real_kafka()), folder))


def played(given: argparse.Namespace, bootstrap: str, folder: Path) -> int:
    """Play, then judge from the topics alone."""
    kafka, codec = KafkaSettings(bootstrap, prefix=f"town-{os.getpid()}."), AvroCodec(PackagedRegistry())
    create(kafka, topic_specs(PARTITIONS, kafka.prefix))
    counts: Counter[str] = Counter()
    messages = traffic(given.seed, given.parties, counts)
    print(f"{given.parties:,} parties, {counts['messages']:,} messages: {counts['late']:,} late, "
          f"{counts['twice']:,} twice; seed {given.seed}", flush=True)  # fmt: skip
    pipeline, began = Pipeline(kafka, codec, PARTITIONS), time.monotonic()
    with Fleet(kafka, folder, given.workers) as fleet:
        play = Play(pipeline, fleet, counts["messages"], given.kills)
        last = play.feed(messages)
        play.drain(600)
        print(f"-- fed and processed in {time.monotonic() - began:.0f} s, {fleet.kills} kills", flush=True)
        for day in range(1, given.after + 1):
            pipeline.tick(last + day * DAY)
            play.drain(600)
        print(f"-- {given.after} days later: {time.monotonic() - began:.0f} s", flush=True)
    pipeline.close()
    print(json.dumps(facts(kafka, codec)), flush=True)
    where = ["--bootstrap", bootstrap, "--prefix", kafka.prefix]
    return int(any([garbo("journey", "recompute", *where), garbo("verify", *where)]))


def facts(kafka: KafkaSettings, codec: AvroCodec) -> dict[str, int]:
    """What is on journey-flows, and how many cells are on journey-kpis."""
    found: Counter[str] = Counter()
    for record in read_all(kafka, [Topics(kafka.prefix).flows]):
        fact = codec.flow(record.value or b"")
        found["facts"] += 1
        found["corrections"] += fact.sign < 0
        found[fact.kind] += fact.sign
    keys = {(r.partition, r.key) for r in read_all(kafka, [Topics(kafka.prefix).kpis])}
    return {**dict(sorted(found.items())), "cells": len(keys)}


def garbo(*words: str) -> int:
    """Run one command of `garbo`, with its output; its exit code."""
    began = time.monotonic()
    code = subprocess.run([*GARBO, *words], check=False).returncode
    print(f"-- garbo {words[0]}: exit code {code}, {time.monotonic() - began:.0f} s", flush=True)
    return code


if __name__ == "__main__":
    main()
