"""Seeded bugs: each takes one guard out of the real product, so that a fault run can show that it would notice.

    CHAOS_BUG=offsets_unstable python -m tests.chaos.worker ...      several are separated by commas

Each says which guard it removes, which fault it needs to show, and what else would have hidden it. The transport's four
are shown one by one in tests/integration: test_seeded_transport_bugs.py, on a processor that deduplicates nothing, and
test_seeded_bugs_judged.py, on Garbo's own; the three of the decision in tests/unit/chaos/test_bugs.py.

A bug that another guard hides is no weaker proof but none: where two guards stand behind each other, the bug takes
out both, and says so.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, IsolationLevel, KafkaException, TopicPartition

from garbo.adapters.kafka.retry import retry_until
from garbo.core import decide
from garbo.core.gates import gates
from garbo.core.vocabulary.reasons import ALLOWED, Verdict
from garbo.runtime import restore
from garbo.runtime.assignment import Assignment
from garbo.runtime.checkpoint import Checkpoint
from garbo.runtime.exactly_once import ExactlyOnce
from garbo.runtime.group_member import ANSWER_S, GroupMember
from garbo.runtime.partition import TP
from garbo.runtime.processor_runtime import ProcessorRuntime
from garbo.runtime.settings import ProcessorSettings

# ---- the decision's ------------------------------------------------------------------------------------------------


def dedupe_off() -> None:
    """Applied markers are not looked at: the second copy of an event is decided like the first.

    Needs: a producer that sends twice (the traffic's one in twenty), or resolve killed between what it forwarded and
    its offsets. Seen by: I8, the second copy applied. Not hidden: the transaction of decide keeps a *record* from
    being decided twice, not an event that lies on the log twice. A timer that fires twice stays caught, for the timer
    is gone from the row; that guard is another one.
    """
    decide.already_applied = lambda party, event: False


def caps_off() -> None:
    """The contact policy allows everything: caps, spacing, sequences, exclusions.

    Needs: nothing but customers who are sought more often than they may be. Seen by: I3. Not hidden: cooldown,
    suppression and eligibility stay in force, but the restless customers' call lists have no cooldown.
    """

    def check(*_: Any, **__: Any) -> Verdict:
        return ALLOWED

    gates.contact_policy.check = check


def consent_off() -> None:
    """Every purpose is permitted.

    Needs: nothing but customers who did not consent, or no longer do. Seen by: I4. Not hidden, because the check at
    emission asks the same function: gone at the decision, it is gone for what was planned, too. Profiling stays
    forbidden (features are not built without it), which concerns the score only.
    """

    def permits(*_: Any, **__: Any) -> Verdict:
        return ALLOWED

    gates.consent.permits = permits


# ---- the transport's -----------------------------------------------------------------------------------------------


def metadata_at_commit() -> None:
    """The group's metadata sent with the offsets are those of the moment of sending, not those of the assignment.

    Needs: a worker that stops between 7 and 8 past its session while its transaction lives on, is continued, and stays
    there until it is back in the group, a member of another generation: its offsets are then a member's, and the
    broker takes them, although their partitions' successor has read the offsets of before. Then it dies
    (`CHAOS_STOP_AT=commit.before_offsets:3:10`, `CHAOS_THEN_DIE_AT=commit.before_store`). Seen by: I1, two decisions.

    Alone it is an equivalent mutant, for a zombie is not back in the group before its open checkpoint is ended:
    `on_lost` waits for that. Until then, what there is to be read does no harm [each seen, on Kafka 4.1.1 and
    librdkafka 2.16]:
     - `Checkpoint` fetches the metadata before the commit's first step, and the old generation is refused;
     - fetched in the argument of `send_offsets_to_transaction` they never come: the poll that serves `on_lost` has
       the consumer locked. The watchdog ends the process, and the broker the transaction;
     - fetched in `on_lost` they are the old generation without a member, and UNKNOWN_MEMBER_ID is the answer;
     - with enough chunks in flight nobody polls during a commit, so nobody learns that anything is lost;
     - before the commit (stopped at `chunk.after_work`), the event loop learns of the loss first, and aborts.
    So these go too: `on_lost` waits for nothing, back-pressure is off, and so is the commit's limit, by which a worker
    that slept so long leaves. (Without the first bug, that zombie is refused by the metadata of its assignment.)
    """
    _no_limit()
    real = ProcessorRuntime.start

    async def start(self: ProcessorRuntime) -> None:
        await real(self)
        if isinstance(self.strategy, ExactlyOnce):
            producer = self.strategy._producer
            producer.client = _LateMetadata(producer.client, lambda: self.member.client.consumer_group_metadata())
            object.__setattr__(self.settings, "max_in_flight", 10_000)

    def on_lost(self: Assignment, client: Any, partitions: list[TopicPartition]) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(self._revoked(lost=True), self._loop)

    ProcessorRuntime.start = start  # type: ignore[method-assign]
    Assignment.on_lost = on_lost  # type: ignore[method-assign]


class _LateMetadata:
    """A producer that ignores the group's metadata it is given."""

    def __init__(self, client: Any, metadata: Callable[[], Any]) -> None:
        self._client, self._metadata = client, metadata

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def __len__(self) -> int:
        return len(self._client)

    def send_offsets_to_transaction(self, offsets: Any, group: Any, patience: float) -> None:
        self._client.send_offsets_to_transaction(offsets, self._metadata(), patience)


def offsets_unstable() -> None:
    """Committed offsets are taken as they stand, though a transaction that will move them is still open.

    Needs: a worker that stops at `commit.before_commit` past its session, is continued before its transaction times
    out, commits (a coordinator asks nobody for a generation then) and dies: `CHAOS_STOP_AT=commit.before_commit:3`,
    `CHAOS_THEN_DIE_AT=commit.before_store`. The successor, which read the offsets before, does the same records again.
    Seen by: I1, two decisions. (The applied markers keep the second pass from having an effect; it is on record.)

    Not hidden by librdkafka's own stable fetch at the assignment, nor by the restore, which both make the successor
    wait for that transaction: it waits, and then seeks to the old offsets all the same. Hidden where the zombie lives:
    it comes back into the group, and that rebalance voids what the successor had read, before it could begin [seen];
    and by the commit's limit, by which a worker that slept so long leaves: it goes too.
    """

    async def stable_offsets(
        self: GroupMember, tps: Collection[TP], wanted: Callable[[], bool]
    ) -> list[TopicPartition]:  # fmt: skip
        # A reader of uncommitted records is not made to wait for stable offsets. It never joins the group.
        asker = Consumer(self.config | {"isolation.level": "read_uncommitted"})

        def ask() -> list[TopicPartition]:
            offsets = asker.committed([TopicPartition(t.topic, t.partition) for t in tps], ANSWER_S)
            for offset in offsets:
                if offset.error:
                    raise KafkaException(offset.error)
                if offset.offset < 0:
                    offset.offset = asker.get_watermark_offsets(offset, ANSWER_S)[0]
            return offsets

        try:
            return await asyncio.to_thread(retry_until, "reading the committed offsets", ask, wanted) or []
        finally:
            asker.close()

    GroupMember.stable_offsets = stable_offsets  # type: ignore[method-assign]
    _no_limit()


def _no_limit() -> None:
    """A worker that slept within a commit does not leave for having been slow: what else stops it is the question."""
    ProcessorSettings.commit_limit_s = lambda self, *, exactly_once: 120.0  # type: ignore[method-assign]


def restore_to_last_stable() -> None:
    """The changelog is restored up to the last stable offset, not to the high watermark.

    Needs: two deaths and a disk that is new. A stops at `commit.before_offsets` (rows on the changelog, undecided for a
    transaction timeout longer than all of this); B takes over and commits rows above A's; B dies. Whoever restores
    then on another disk finds the last stable offset still below A's rows, and misses all that B committed. Seen by:
    I7, and I2 where a decision is made again on an older row. (With the guard, nobody goes on before A's transaction
    is decided: this is what a transaction timeout costs.)

    Hidden where one worker only dies: its undecided rows have their offsets undecided, too, so the successor waits in
    step 2; or they are aborted, and belong to nobody. Hidden also by a disk that has B's rows already.
    """

    class LastStable:
        READ_UNCOMMITTED = IsolationLevel.READ_COMMITTED  # the one thing asked by it is where the changelog ends

    restore.IsolationLevel = LastStable  # type: ignore[misc, assignment]


def store_before_commit() -> None:
    """Rows go to the local store, with their place in the changelog, before the transaction commits.

    Needs: a kill between the two (`GARBO_CRASH_AT=commit.before_offsets` or `commit.before_commit`), and a restart in
    the same slot, on the same disk. The store then holds rows that were rolled back, and its checkpoint lies above
    them, so the restore does not correct them. Seen by: I7; to decide, the events of those rows are duplicates.

    Hidden, were the store's checkpoint not written too: rows would be read again from before the roll-back, and the
    last committed row of a key would replace the one that never was. So the bug waits for the broker to take the rows
    (as who writes the store first must, to know the checkpoint).
    """
    real = Checkpoint._end

    def _end(self: Checkpoint, offsets: Sequence[TopicPartition], abort: bool) -> bool:
        if not abort:
            if isinstance(self._strategy, ExactlyOnce):
                self._strategy._producer.client.flush(10)
            self._table.flush()
        return real(self, offsets, abort)

    Checkpoint._end = _end  # type: ignore[method-assign]


BUGS: Final[Mapping[str, Callable[[], None]]] = {
    bug.__name__: bug
    for bug in (
        dedupe_off,
        caps_off,
        consent_off,
        metadata_at_commit,
        offsets_unstable,
        restore_to_last_stable,
        store_before_commit,
    )
}


def install(names: str) -> None:
    """Take the guards out of this process.

    Raises:
        ValueError: there is no such bug.
    """
    for name in names.split(","):
        if name not in BUGS:
            raise ValueError(f"there is no bug {name}; there are {', '.join(BUGS)}")
        BUGS[name]()
