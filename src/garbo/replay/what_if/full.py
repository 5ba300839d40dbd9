"""Full replay: the whole log from its start, once under policy A and once under policy B, and what differs.

Rules
 1. Both courses are replayed and compared with each other, so that nothing but the policy can make a difference: A
    against A differs in nothing. How near the course of A comes to the recorded decisions is counted, too.
 2. B takes A's place only: what another policy decided, that policy decides again in both courses, if it is at hand.
 3. Events come in the order in which the log took them, over all partitions. Instants, ages and models are as recorded.
 4. A person whose history began before the log does is left out: there is no row to start from.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from garbo.adapters.avro.codec import AvroCodec
from garbo.audit.recompute.recompute import ReplayInputs
from garbo.audit.recompute.trail import Read
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.events import ClockTick, MemberUpdate, PartyEvent, RowMoved, TimerFired
from garbo.core.vocabulary.reasons import Disposition
from garbo.processors.identifiers import DEFAULT_REGION, normalise_identifiers
from garbo.processors.ports import ConsumerRecord, Rejected
from garbo.processors.topics import Topics
from garbo.replay.what_if.as_recorded import ModelsAsRecorded
from garbo.replay.what_if.course import Circumstances, Contact, Course, Key
from garbo.replay.what_if.decided import decided
from garbo.replay.what_if.one_step import OTHER_POLICY
from garbo.replay.what_if.tally import Tally

BEFORE_THE_LOG: Final = "their persons' histories began before the log does"
OWN: Final = (TimerFired, RowMoved, MemberUpdate)  # what Garbo itself puts on a party's log


class FullReplay:
    """Replays a log under two policies.

    Args:
        read: reads committed records of topics.
        inputs: the policies and snapshots at hand.
        partitions: of party-events.
        tally: counts the decisions of A's course against those of B's.

    recorded, as_recorded: decisions on the log, and those of them that A's course gives. versions: of the policies that
    made them. left_out: outcomes of contacts that B does not make.
    """

    def __init__(
        self, read: Read, codec: AvroCodec, topics: Topics, inputs: ReplayInputs, before: CompiledPolicy,
        after: CompiledPolicy, partitions: int, tally: Tally, region: str = DEFAULT_REGION,
    ) -> None:  # fmt: skip
        self._read, self._codec, self._topics, self._inputs, self._region = read, codec, topics, inputs, region
        self._before, self._after, self._partitions, self._tally = before, after, partitions, tally
        self._records: dict[Key, bytes] = {}  # bytes only: memory holds the records of the whole log
        self._contacts: dict[str, Contact] = {}
        self._models = [ModelsAsRecorded(inputs.snapshots, inputs.key) for _ in range(partitions)]
        self._open: tuple[dict[Key, DecisionRecord], dict[Key, DecisionRecord]] = ({}, {})
        self._latest: tuple[Key, DecisionRecord | None] = (("", ""), None)
        self._behind: set[Key] = set()  # events of Garbo's own whose place on the log is behind us
        self._absent: set[str] = set()  # parties whose history began before the log
        self.recorded = self.as_recorded = self.left_out = 0
        self.versions = Counter[str]()

    def run(self, progress: Callable[[int, int], None] = lambda done, of: None) -> None:
        """Replay the log.

        Args:
            progress: called with the number of recorded decisions behind us, and of all.

        Raises:
            BrokerError: the broker does not answer, or a topic is missing.
        """
        self._note_records()
        courses = (
            Course(self._partitions, self._moment, self._contacts, self._is_ahead, self._first),
            Course(self._partitions, self._moment, self._contacts, self._is_ahead, self._second),
        )
        own = [(self._before, self._after)] * self._partitions  # what decides on a partition now, in each course
        clock = [0] * self._partitions
        kinds = {**self._after.policy.vocabulary.identifiers, **self._before.policy.vocabulary.identifiers}
        done = 0
        for message in self._in_order():
            partition = message.partition
            try:
                event = normalise_identifiers(self._codec.party_event(message), self._region, kinds)
            except Rejected:
                continue  # it became a dead letter
            record = self._record(event)
            if isinstance(event.body, ClockTick):
                clock[partition] = max(clock[partition], event.at)
            elif record is None:
                continue  # a dead letter too, or its decision is no longer on the log
            else:
                done += 1
                progress(done, self.recorded)
                own[partition] = self._policies(record)
                key = event.party, event.event_id
                if self._is_own(event):
                    self._behind.add(key)
                    for course, policy in zip(courses, own[partition], strict=True):
                        course.come_to(key, policy, record.at)
                elif not self._is_absent(courses[0], record):
                    for course, policy in zip(courses, own[partition], strict=True):
                        course.take(event, policy, record.at)
                self._models[partition].passed(record)
                due = event.body.due if isinstance(event.body, TimerFired) else record.at
                clock[partition] = max(clock[partition], due)
            for course, policy in zip(courses, own[partition], strict=True):
                course.pass_time(partition, policy, clock[partition])
        self.left_out = courses[1].left_out
        for record in self._open[0].values():
            self._tally.add_alone(record, recorded=True)
        for record in self._open[1].values():
            self._tally.add_alone(record, recorded=False)

    # ---- the log -------------------------------------------------------------------------------------------------

    def _note_records(self) -> None:
        for message in self._read([self._topics.decisions], None):
            raw = message.value or b""
            try:
                record = self._codec.decision(raw)
            except Rejected:
                continue
            if record.disposition is Disposition.DUPLICATE:
                continue
            self._records.setdefault((record.party, record.event_id), raw)
            self.versions[record.policy_version] += 1
            if record.chosen and record.placed_at <= record.at:
                self._contacts[record.action_id] = Contact(record.chosen, record.chosen_channel)
        self.recorded = len(self._records)

    def _in_order(self) -> Iterator[ConsumerRecord]:
        """Everything on party-events, in the order in which the log took it."""

        def stamped(partition: int) -> Iterator[tuple[int, int, int, ConsumerRecord]]:
            latest = 0
            for message in self._read([self._topics.party_events], partition):
                latest = max(latest, message.timestamp_ms)
                yield latest, partition, message.offset, message

        for *_, message in heapq.merge(*(stamped(n) for n in range(self._partitions))):
            yield message

    def _record(self, event: PartyEvent) -> DecisionRecord | None:
        key = event.party, event.event_id
        if self._latest[0] != key:  # both courses ask for the same one
            raw = self._records.get(key)
            self._latest = key, None if raw is None else self._codec.decision(raw)
        return self._latest[1]

    # ---- one event -----------------------------------------------------------------------------------------------

    def _policies(self, record: DecisionRecord) -> tuple[CompiledPolicy, CompiledPolicy]:
        if record.policy_version == self._before.policy.version:
            return self._before, self._after
        other = self._inputs.policies.get(record.policy_version)
        return (self._before, self._after) if other is None else (other, other)

    def _is_ahead(self, key: Key) -> bool:
        return key in self._records and key not in self._behind

    @staticmethod
    def _is_own(event: PartyEvent) -> bool:
        return isinstance(event.body, OWN) or bool(event.forwarded_from)

    def _is_absent(self, course: Course, record: DecisionRecord) -> bool:
        if record.prior_state and not course.knows(record.party):
            self._absent.add(record.party)
        if record.party not in self._absent:
            return False
        self._tally.leave_out(BEFORE_THE_LOG)
        return True

    def _moment(self, event: PartyEvent, at: int, partition: int) -> Circumstances:
        record, models = self._record(event), self._models[partition]
        if record is None:
            return Circumstances(models.now(), at, 0)
        made_by = self._inputs.policies.get(record.policy_version, self._before)
        return Circumstances(models.at(record, made_by), record.at, record.age_ms)

    # ---- the decisions of both courses ---------------------------------------------------------------------------

    def _first(self, made: DecisionRecord) -> None:
        raw = self._records.get((made.party, made.event_id))
        if made.disposition is not Disposition.DUPLICATE and raw is not None:
            self.as_recorded += decided(self._codec.decision(raw)) == decided(made)
        self._meet(made, 0)

    def _second(self, record: DecisionRecord) -> None:
        self._meet(record, 1)

    def _meet(self, record: DecisionRecord, course: int) -> None:
        """Compare with the other course's decision on the same event, as soon as it is there."""
        if record.disposition is Disposition.DUPLICATE:
            return
        key = record.party, record.event_id
        other = self._open[1 - course].pop(key, None)
        if other is None:
            self._open[course][key] = record
            return
        before, after = (record, other) if course == 0 else (other, record)
        if before.policy_version == self._before.policy.version:
            self._tally.add(before, after)
        else:
            self._tally.leave_out(OTHER_POLICY)
