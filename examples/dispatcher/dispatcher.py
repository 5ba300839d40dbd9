"""A dispatcher: takes one channel's commands, acts on each once, reports what became of it.

    python examples/dispatcher/dispatcher.py --channel email --inbox email.sqlite --sent letters

Where Kafka is and how to speak to it comes from the environment, as for a worker (`GARBO_BOOTSTRAP`, `GARBO_KAFKA_*`,
`GARBO_TOPIC_PREFIX`, `GARBO_REGISTRY_URL`). docs/dispatchers.md gives the reasons.

 1  read committed: a command of a transaction that was rolled back is never seen
 2  into the inbox, where the first copy of an action_id stays; then, and not before, its offset is committed
 3  when `at` has come: not after `expires_at`, not after a withdrawal of consent
 4  "acting" is written, then the provider is asked, with the action_id as idempotency key
 5  what became of it is written; the message, with the person's data, is forgotten
 6  the outcome is sent, under an id that is a function of the action_id; when it is acknowledged, that is written

A crash between 4 and 5 leaves an action in doubt: nobody here knows whether the provider took it. `--in-doubt again`
asks again (at least once; exactly once with a provider that keeps the key), `never` leaves it (at most once).
"""

import argparse
import logging
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from confluent_kafka import Consumer, KafkaException, Message

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import ConfluentRegistry, PackagedRegistry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.writer import Writer
from garbo.core.vocabulary.effects import Deliver
from garbo.core.vocabulary.events import ActionOutcome, OutcomeStatus
from garbo.processors.ports import InboundMessage, Rejected

log = logging.getLogger("dispatcher")

DAY_MS: Final = 24 * 3_600_000
# How long an id is known after its command expired. A copy can come as long as the topic keeps one (7 days), and the
# clocks of broker and dispatcher differ by less than a day.
KEPT_MS: Final = 8 * DAY_MS
BATCH: Final = 100
POLL_S: Final = 0.1

FAILED, DELIVERED = OutcomeStatus.FAILED.value, OutcomeStatus.DELIVERED.value


class Result(NamedTuple):
    """What became of an action, still to be reported."""

    action_id: str
    party: str
    status: str
    at: int


class Inbox:
    """Every command of the channel and how far it got: waiting -> acting -> delivered | failed | doubt -> reported.

    SQLite serves one process. Several share one database server with the same statements: `action_id` is its key there
    too, and `claim` lets one of them through.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)  # each statement is a transaction of its own
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # written means on the disk, also when the machine loses power
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS actions (action_id TEXT PRIMARY KEY, party TEXT, at INT, expires_at INT,"
            " command BLOB, state TEXT, done_at INT, reported INT DEFAULT 0) WITHOUT ROWID"
        )
        self._db.execute("CREATE INDEX IF NOT EXISTS waiting ON actions (state, at)")
        self._db.execute("CREATE TABLE IF NOT EXISTS unreadable (topic TEXT, partition INT, offset INT, reason TEXT)")

    def keep(self, commands: Sequence[tuple[Deliver, bytes]], unreadable: Sequence[tuple[str, int, int, str]]) -> int:
        """All of a batch, or nothing. Returns how many were first copies."""
        before = self._db.total_changes
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT OR IGNORE INTO actions (action_id, party, at, expires_at, command, state)"
            " VALUES (?, ?, ?, ?, ?, 'waiting')",
            [(c.action_id, c.party, c.at, c.expires_at, raw) for c, raw in commands],
        )
        fresh = self._db.total_changes - before
        self._db.executemany("INSERT INTO unreadable VALUES (?, ?, ?, ?)", unreadable)
        self._db.execute("COMMIT")
        return fresh

    def settle_doubts(self, now: int, *, again: bool) -> None:
        """At the start: what was being acted on when the process died."""
        if again:  # never after the expiry: "failed" would be a guess, and so would be "delivered"
            self._db.execute("UPDATE actions SET state = 'waiting' WHERE state = 'acting' AND expires_at >= ?", (now,))
        self._db.execute("UPDATE actions SET state = 'doubt', command = NULL WHERE state = 'acting'")

    def due(self, now: int) -> list[tuple[str, bytes]]:
        return self._db.execute(
            "SELECT action_id, command FROM actions WHERE state = 'waiting' AND at <= ? ORDER BY at LIMIT ?",
            (now, BATCH),
        ).fetchall()

    def claim(self, action_id: str) -> bool:
        """Ours to act on: True for one caller."""
        claimed = self._db.execute(
            "UPDATE actions SET state = 'acting' WHERE action_id = ? AND state = 'waiting'", (action_id,)
        )
        return claimed.rowcount == 1

    def settle(self, action_id: str, status: str, now: int) -> None:
        self._db.execute(
            "UPDATE actions SET state = ?, done_at = ?, command = NULL WHERE action_id = ?", (status, now, action_id)
        )

    def unreported(self) -> list[Result]:
        found = self._db.execute(
            "SELECT action_id, party, state, done_at FROM actions WHERE state IN (?, ?) AND NOT reported LIMIT ?",
            (DELIVERED, FAILED, BATCH),
        )
        return [Result(*row) for row in found]

    def reported(self, results: Sequence[Result]) -> None:
        self._db.executemany("UPDATE actions SET reported = 1 WHERE action_id = ?", [(r.action_id,) for r in results])

    def forget(self, now: int) -> None:
        """Ids of which no copy can come any more."""
        self._db.execute("DELETE FROM actions WHERE expires_at < ? AND (reported OR state = 'doubt')", (now - KEPT_MS,))


class Letters:
    """The provider of this example: a folder, a file for each action.

    It does what a good provider does with an idempotency key: asked twice, it acts once and says yes twice. `calls.log`
    is its own record of having been asked.
    """

    def __init__(self, folder: Path, takes_s: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._takes_s = folder, takes_s

    def send(self, command: Deliver) -> bool:
        with (self._folder / "calls.log").open("a") as calls:
            calls.write(f"{command.action_id}\n")
        time.sleep(self._takes_s)
        draft = self._folder / f".{os.getpid()}.draft"
        draft.write_text(f"To: {command.address}\n\n{command.message}\n", encoding="utf-8")
        try:
            os.link(draft, self._folder / f"{quote(command.action_id, safe='')}.txt")  # all of it, once
        except FileExistsError:
            log.info("%s had been sent already", command.action_id)
        finally:
            draft.unlink()
        return True


class Dispatcher:
    """One channel's loop."""

    def __init__(
        self,
        kafka: KafkaSettings,
        channel: str,
        codec: AvroCodec,
        inbox: Inbox,
        send: Callable[[Deliver], bool],
        allowed: Callable[[Deliver], bool],
    ) -> None:
        self._kafka, self._codec, self._inbox, self._send, self._allowed = kafka, codec, inbox, send, allowed
        self._topic = kafka.topic(f"actions.{channel}")
        self._consumer: Any = Consumer(
            {
                **kafka.base(),
                "group.id": f"{kafka.prefix}dispatcher-{channel}",
                "isolation.level": "read_committed",  # 1  librdkafka's default, and too important for a default
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )

    def run(self, stopping: Callable[[], bool]) -> None:
        self._consumer.subscribe([self._topic])
        try:
            while not stopping():
                self._take(self._consumer.consume(BATCH, POLL_S))
                self._act()
                self._report()
                self._inbox.forget(_now())
        finally:
            self._consumer.close()

    def _take(self, messages: Sequence[Message]) -> None:
        good, bad = [], []
        for message in messages:
            if message.error():
                log.warning("reading %s: %s", self._topic, message.error())
                continue
            raw = message.value() or b""
            try:
                good.append((self._codec.command(raw), raw))
            except Rejected as refused:  # put aside and told; the next command is not its hostage
                log.error("%s[%s]@%s: %s", self._topic, message.partition(), message.offset(), refused.reason)
                bad.append((self._topic, message.partition() or 0, message.offset() or 0, str(refused.reason)))
        if not (good or bad):
            return
        fresh = self._inbox.keep(good, bad)  # 2
        log.info("%d commands, %d of them new", len(good), fresh)
        try:
            self._consumer.commit(asynchronous=False)
        except KafkaException as problem:  # a rebalance, a broker that restarts: they come again, and are known
            log.warning("offsets not committed: %s", problem)

    def _act(self) -> None:
        for action_id, raw in self._inbox.due(_now()):
            command = self._codec.command(raw)
            if _now() > command.expires_at or not self._allowed(command):  # 3
                self._inbox.settle(action_id, FAILED, _now())
            elif self._inbox.claim(action_id):  # 4
                sent = self._send(command)
                self._inbox.settle(action_id, DELIVERED if sent else FAILED, _now())  # 5

    def _report(self) -> None:
        results = self._inbox.unreported()
        if not results:
            return
        topic = self._kafka.topic("party-events")  # whoever knows the party writes to its log, one hop less
        with Writer(self._kafka) as writer:  # idempotent and gapless; acknowledged when it closes
            for r in results:
                outcome = ActionOutcome(OutcomeStatus(r.status), r.action_id)
                writer.write(
                    topic,
                    r.party.encode(),
                    self._codec.encode_inbound(InboundMessage(f"{r.action_id}:{r.status}", r.at, outcome)),
                )
        self._inbox.reported(results)  # 6


class Withdrawn:
    """Consent as the channel's own system knows it, one `party purpose` a line; read anew for each command."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def allows(self, command: Deliver) -> bool:
        return f"{command.party} {command.purpose}" not in set(self._lines())

    def _lines(self) -> Iterator[str]:
        if self._path is not None and self._path.exists():
            yield from self._path.read_text(encoding="utf-8").splitlines()


def _now() -> int:
    return time.time_ns() // 1_000_000


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    words.add_argument("--channel", required=True, help="email, sms, push, ...")
    words.add_argument("--inbox", type=Path, required=True, help="SQLite file: on a disk that outlives the process")
    words.add_argument("--sent", type=Path, required=True, help="folder of the letters sent")
    words.add_argument("--withdrawn", type=Path, help="file of `party purpose` lines: consent asked again at emission")
    words.add_argument("--in-doubt", choices=("again", "never"), default="never")
    words.add_argument("--takes", type=float, default=0.0, help="seconds the provider takes for a letter")
    told = words.parse_args()

    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    kafka = KafkaSettings.load({}, os.environ)
    url = os.environ.get("GARBO_REGISTRY_URL")
    codec = AvroCodec(ConfluentRegistry(url, register=False) if url else PackagedRegistry())
    inbox = Inbox(told.inbox)
    inbox.settle_doubts(_now(), again=told.in_doubt == "again")
    letters, withdrawn = Letters(told.sent, told.takes), Withdrawn(told.withdrawn)
    Dispatcher(kafka, told.channel, codec, inbox, letters.send, withdrawn.allows).run(lambda: stopping)
    return 0


if __name__ == "__main__":
    sys.exit(main())
