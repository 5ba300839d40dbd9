"""A dispatcher's memory: every command of its channel, and how far each got.

    waiting -> acting -> delivered | failed | any other status -> reported
                      -> doubt (the process died while it acted, and nobody knows the end)

Rules
 1. The first copy of an `action_id` stays; no later copy changes it.
 2. A method returns once its writes are durable, so that the dispatcher's next step may rely on it.
 3. The command holds personal data. It is deleted as soon as the action is settled; the id alone stays.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from garbo.core.vocabulary.defaults import OutcomeStatus
from garbo.core.vocabulary.effects import Deliver

_DAY_MS: Final = 24 * 3_600_000
# A topic's segment is closed after a week at the latest, and deleted a week later: so long a copy can come.
KEPT_MS: Final = 15 * _DAY_MS
BATCH: Final = 100


class Result(NamedTuple):
    """What became of an action, still to be reported. `at`: when, in milliseconds since 1970."""

    action_id: str
    party: str
    status: str
    at: int


class Unreadable(NamedTuple):
    """A message that is no command: its place on the log and why it cannot be read."""

    topic: str
    partition: int
    offset: int
    reason: str


class Inbox(Protocol):
    """The port. Twins: `MemoryInbox`, `SqliteInbox`. `now` is in milliseconds since 1970.

    Several processes of one channel need one inbox that they share: a table in a database server, with `action_id` as
    its key and the process that claimed it. `claim` is what keeps them apart.
    """

    def keep(self, commands: Sequence[tuple[Deliver, bytes]], unreadable: Sequence[Unreadable]) -> int:
        """Keep a batch whole, or nothing of it. Each command comes with its bytes. Return how many ids were new."""

    def settle_doubts(self, now: int, *, again: bool) -> None:
        """At the start: what this process was acting on when it died. `again`: it waits again, unless it expired."""

    def due(self, now: int) -> list[tuple[str, bytes]]:
        """Ids and bytes of waiting commands whose `at` has come, earliest first; a batch of them."""

    def claim(self, action_id: str) -> bool:
        """Take a waiting command to act on it. True for one caller only."""

    def settle(self, action_id: str, status: str, now: int) -> None:
        """Write what became of a claimed command, and delete its bytes."""

    def skip(self, action_id: str, now: int) -> None:
        """Settle a waiting command as failed without acting on it; no effect once somebody claimed it."""

    def unreported(self) -> list[Result]:
        """Settled actions that are not reported yet; a batch of them."""

    def reported(self, results: Sequence[Result]) -> None:
        """Their outcomes have arrived."""

    def forget(self, now: int) -> None:
        """Delete ids of which no copy can come any more."""


class SqliteInbox:
    """An inbox in a SQLite file: it survives the process and the machine's power. For one process.

    Args:
        path: the file, on a disk that outlives the process. It is created when it is missing.
    """

    def __init__(self, path: Path | str) -> None:
        # Each statement is a transaction of its own. The dispatcher may run in a thread that did not open the file.
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # written means on the disk, also when the machine loses power
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS actions (action_id TEXT PRIMARY KEY, party TEXT, at INT, expires_at INT,"
            " command BLOB, state TEXT, done_at INT, reported INT DEFAULT 0) WITHOUT ROWID"
        )
        self._db.execute("CREATE INDEX IF NOT EXISTS waiting ON actions (state, at)")
        self._db.execute(
            "CREATE INDEX IF NOT EXISTS unreported ON actions (done_at) WHERE done_at IS NOT NULL AND NOT reported"
        )
        self._db.execute("CREATE TABLE IF NOT EXISTS unreadable (topic TEXT, partition INT, offset INT, reason TEXT)")

    def keep(self, commands: Sequence[tuple[Deliver, bytes]], unreadable: Sequence[Unreadable]) -> int:
        """Keep a batch whole, or nothing of it."""
        before = self._db.total_changes
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "INSERT OR IGNORE INTO actions (action_id, party, at, expires_at, command, state)"
                " VALUES (?, ?, ?, ?, ?, 'waiting')",
                [(c.action_id, c.party, c.at, c.expires_at, raw) for c, raw in commands],
            )
            new = self._db.total_changes - before
            self._db.executemany("INSERT INTO unreadable VALUES (?, ?, ?, ?)", unreadable)
        return new

    def settle_doubts(self, now: int, *, again: bool) -> None:
        """Decide about what this process was acting on when it died."""
        if again:  # never after the expiry: "failed" would be a guess, and so would be "delivered"
            self._db.execute("UPDATE actions SET state = 'waiting' WHERE state = 'acting' AND expires_at >= ?", (now,))
        self._db.execute("UPDATE actions SET state = 'doubt', command = NULL WHERE state = 'acting'")

    def due(self, now: int) -> list[tuple[str, bytes]]:
        """Waiting commands whose `at` has come, earliest first."""
        return self._db.execute(
            "SELECT action_id, command FROM actions WHERE state = 'waiting' AND at <= ? ORDER BY at LIMIT ?",
            (now, BATCH),
        ).fetchall()

    def claim(self, action_id: str) -> bool:
        """Take a waiting command to act on it."""
        claimed = self._db.execute(
            "UPDATE actions SET state = 'acting' WHERE action_id = ? AND state = 'waiting'", (action_id,)
        )
        return claimed.rowcount == 1

    def settle(self, action_id: str, status: str, now: int) -> None:
        """Write what became of a claimed command, and delete its bytes."""
        self._db.execute(
            "UPDATE actions SET state = ?, done_at = ?, command = NULL WHERE action_id = ?", (status, now, action_id)
        )

    def skip(self, action_id: str, now: int) -> None:
        """Settle a waiting command as failed without acting on it."""
        self._db.execute(
            "UPDATE actions SET state = ?, done_at = ?, command = NULL WHERE action_id = ? AND state = 'waiting'",
            (OutcomeStatus.FAILED.value, now, action_id),
        )

    def unreported(self) -> list[Result]:
        """Settled actions that are not reported yet."""
        found = self._db.execute(
            "SELECT action_id, party, state, done_at FROM actions WHERE done_at IS NOT NULL AND NOT reported"
            " ORDER BY done_at LIMIT ?",
            (BATCH,),
        )
        return [Result(*row) for row in found]

    def reported(self, results: Sequence[Result]) -> None:
        """Their outcomes have arrived."""
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(
                "UPDATE actions SET reported = 1 WHERE action_id = ?", [(r.action_id,) for r in results]
            )

    def forget(self, now: int) -> None:
        """Delete ids of which no copy can come any more."""
        self._db.execute("DELETE FROM actions WHERE expires_at < ? AND (reported OR state = 'doubt')", (now - KEPT_MS,))


class MemoryInbox(SqliteInbox):
    """An inbox that ends with the process, for tests. After a restart, copies of old commands are new to it."""

    def __init__(self) -> None:
        super().__init__(":memory:")
