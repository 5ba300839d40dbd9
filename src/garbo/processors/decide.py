"""The decide processor: party-events in; rows, commands, decision records, examples, flows and objections out.

The host commits all of it with the source offsets in one transaction. For each record:
 1. a message that cannot be used becomes a dead letter, with its reason;
 2. the party's row is read once a batch;
 3. `core.decide.handle` decides; a bug is a dead letter too, and the row stays as it was (`each_record`);
 4. effects become messages, and the party's row is written once a batch.

Clock: "wall", live; or "stream", in replay and demo. There the time of a partition is the greatest event time seen on
it, and only timers use it: the time of a party is that of its own events.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import MsgspecError
from msgspec.structs import replace

from garbo.core.decide import Env, handle
from garbo.core.party import row_check
from garbo.core.party.state import Party, decode, encode
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.models import CHAMPION
from garbo.core.policy.reading import NO_TEXT_MODELS, TextModels
from garbo.core.scoring.scorer import Scorer
from garbo.core.vocabulary.effects import (
    DecisionRecord,
    Deliver,
    Effect,
    Flow,
    Forward,
    Learn,
    MoveRow,
    Notify,
    Objection,
    Spent,
    Unlearnt,
)
from garbo.core.vocabulary.events import ClockTick, InboundBody, PartyEvent, RowMoved, TimerFired
from garbo.core.vocabulary.ids import digest, row_digest
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors import published_policy
from garbo.processors.dead_letters import DeadLetters, check_record
from garbo.processors.decision_watch import DecisionWatch
from garbo.processors.each_record import each_record
from garbo.processors.identifiers import normalise_identifiers
from garbo.processors.meters import Meter
from garbo.processors.partitioner import partition_for
from garbo.processors.ports import Codec, ConsumerRecord, Output, Rejected, Rows, Work
from garbo.processors.quota import ROW_KEY, PartitionQuota
from garbo.processors.stored import unreadable
from garbo.processors.timed_scorer import TimedScorer
from garbo.processors.timers import TimerIndex
from garbo.processors.topics import Topics
from garbo.processors.words import understood

Clock = Literal["wall", "stream"]

# One row in so many is measured: enough to see the distribution of row sizes, at a sixteenth of the cost.
ROW_SAMPLE = 16


def placed(effect: Effect, message: ConsumerRecord, prior: bytes | None, row: bytes) -> Effect:
    """A decision record with what only the processor knows: where `message` lay, and the digests of the row before and
    after it. Any other effect is returned as it is."""
    if not isinstance(effect, DecisionRecord):
        return effect
    return replace(
        effect,
        partition=message.partition,
        offset=message.offset,
        prior_state=row_digest(prior),
        state=row_digest(row),
    )


def onward(effect: Effect, event: PartyEvent) -> PartyEvent | None:
    """The event that an effect of `event` puts on a party's log; None for an effect that puts none there."""
    if isinstance(effect, Forward):
        return replace(effect.event, party=effect.party, source=None, forwarded_from=event.party)
    if isinstance(effect, Notify):
        return effect.event
    if isinstance(effect, MoveRow):
        event_id = "r-" + digest(effect.loser, effect.winner, event.event_id)
        return PartyEvent(event_id, effect.winner, 0, RowMoved(effect.loser, effect.row))
    return None


def timer_fired(due: int, party: str, timer: str) -> PartyEvent:
    """The event of a timer that came due at `due` (ms)."""
    return PartyEvent(f"t-{digest(party, timer, str(due))}", party, due, TimerFired(timer, due))


class DecideProcessor:
    """Implements `processors.ports.Processor` over party-events."""

    def __init__(
        self,
        *,
        codec: Codec,
        topics: Topics,
        meter: Meter,
        policy: CompiledPolicy,
        load_policy: Callable[[bytes], CompiledPolicy],
        scorer: Scorer,
        texts: TextModels = NO_TEXT_MODELS,
        clock: Clock,
        region: str,
        partitions: Callable[[], int],
    ) -> None:
        """policy: in use until `load_policy` accepts one from policy-versions. load_policy: raises `GarboError`.
        texts: the models that read free texts; `scorer` takes their snapshots. partitions: of party-events."""
        self._partitions = partitions
        self._codec, self._topics, self._policy = codec, topics, policy
        self._stream, self._region = clock == "stream", region
        self._texts = texts
        self._timed: TimedScorer | None = None
        self._scorer = scorer
        if not self._stream:
            self._scorer = self._timed = TimedScorer(scorer, lambda: self._policy.policy.model_cost, self._decides)
        self._load_policy = load_policy
        self._meter = meter
        self._dead = DeadLetters(codec, topics.dead_letters, "decide", self._meter)
        self._timers: dict[int, TimerIndex] = {}
        self._time: dict[int, int] = {}
        self._rows_seen = 0
        self._watch = DecisionWatch(meter)
        self._meter.policy_in_use("decide", policy.policy)

    @property
    def policy(self) -> CompiledPolicy:
        return self._policy

    # ---- the host's calls ----------------------------------------------------------------------------------------

    def open(self, partition: int, rows: Rows) -> None:
        index, latest = TimerIndex(), 0
        watch = self._watch.open(partition)
        for key, row in rows.scan():
            if key == ROW_KEY:
                self._watch.scarce(partition, PartitionQuota(partition, self._partitions, row))
                continue
            party = _party(row)
            latest = max(latest, party.at)
            if party.timers:
                index.note(party)
            watch(party, self._policy.policy)
        self._timers[partition], self._time[partition] = index, latest

    def close(self, partition: int) -> None:
        self._timers.pop(partition, None)
        self._time.pop(partition, None)
        self._watch.close(partition)

    def due(self, partition: int, now_ms: int) -> Sequence[Output]:
        index = self._timers.get(partition)
        now = self._time.get(partition, 0) if self._stream else now_ms
        self._watch.report(partition, self._policy.policy, now, now_ms)
        if index is None or index.next_due is None or index.next_due > now:
            return ()
        return [self._timer_fired(partition, *entry) for entry in index.due(now)]

    def broadcast(self, topic: str, key: bytes, value: bytes | None) -> bool:
        """A model snapshot, its deletion, or a policy. What cannot be used is refused, and the last good one stays."""
        if topic == self._topics.snapshots:
            family = key.decode("utf-8", "replace")
            if value is None:
                self._scorer.forget(family)
                return True
            if self._scorer.update(value):
                self._meter.model_updated(family)
                return True
            self._meter.refused("decide", "snapshot")
        elif topic == self._topics.policies:
            policy = published_policy.take("decide", self._load_policy, value, self._meter)
            if policy is not None:
                self._policy = policy
                self._meter.policy_in_use("decide", policy.policy)
                return True
        return False

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        work = Work()
        parties: dict[str, Party] = {}  # this batch's rows, decoded; `work.rows` has their latest bytes
        quota = PartitionQuota(partition, self._partitions, rows.get(ROW_KEY))

        def handle(record: ConsumerRecord) -> None:
            self._one(partition, record, rows, now_ms, parties, quota, work)

        each_record(records, handle, work, self._dead, now_ms)
        if quota.changed:
            work.rows[ROW_KEY] = quota.row()
        self._watch.scarce(partition, quota)
        return work

    def _decides(self, model: str) -> bool:
        """Is it a champion that was not displaced, or was it promoted?"""
        known = self._policy.policy.models.get(model)
        if known is None or known.role == CHAMPION:
            return not self._scorer.promoted(model)
        return self._scorer.promoted(known.of) == model

    # ---- one record ----------------------------------------------------------------------------------------------

    def _one(
        self, partition: int, record: ConsumerRecord, rows: Rows, now_ms: int, parties: dict[str, Party],
        quota: PartitionQuota, work: Work,
    ) -> None:  # fmt: skip
        check_record(record)  # 1
        event = self._understood(self._codec.party_event(record))
        fired = isinstance(event.body, TimerFired)
        excused = fired and not self._stream  # a worker made it when it was due; its clock may be ahead of ours
        if event.at > now_ms + self._policy.policy.future_tolerance and not excused:
            raise Rejected(DeadLetterReason.FUTURE, f"{event.at - now_ms} ms ahead")
        if isinstance(event.body, RowMoved):
            loser, latest = event.body.loser, now_ms + self._policy.policy.future_tolerance
            states = self._policy.policy.vocabulary.lifecycle
            if why := row_check.fault(event.body.row, loser, latest, states):
                raise Rejected(DeadLetterReason.INVALID, f"the moved row {why}")
        if self._stream and event.at > self._time.get(partition, 0):
            self._time[partition] = event.at
        if isinstance(event.body, ClockTick):
            return
        key = event.party.encode()
        if record.key != key:
            raise Rejected(DeadLetterReason.INVALID, "the key is not the envelope's party")
        if partition_for(key, self._partitions()) != partition:  # the party's row lies elsewhere
            raise Rejected(DeadLetterReason.MISPLACED, "the key belongs on another partition")
        if key == ROW_KEY:
            raise Rejected(DeadLetterReason.INVALID, "the key is no party's")
        prior = work.rows.get(key) or rows.get(key)  # 2
        party = parties.pop(event.party, None)
        if party is None and prior is not None:
            party = _party(prior)
        before = self._watch.before(party, event, self._policy.policy)
        index = self._timers.get(partition)
        env = Env(
            policy=self._policy,
            scorer=self._scorer,
            at=0 if self._stream else now_ms,
            age_ms=0 if self._stream else max(now_ms - event.appended_at, 0),
            quota=quota,
            texts=self._texts,
        )
        if self._timed is not None:
            self._timed.begin()
        try:
            outcome = handle(party, event, env)  # 3
            row = encode(outcome.state)
            effects = [placed(effect, record, prior, row) for effect in outcome.effects]
            outputs = [  # 4
                self._message(effect, event) for effect in effects if not isinstance(effect, Spent | Unlearnt)
            ]
        except Exception:  # the row in `work` or in the table is untouched; the next event decodes it again
            if fired and index is not None:
                index.skip(event.party)
            raise
        work.outputs += outputs
        work.rows[key] = row
        parties[event.party] = outcome.state
        if index is not None:
            index.note(outcome.state)
        for effect in effects:
            if isinstance(effect, Spent):
                quota.spend(effect.key, effect.period)
        self._watch.decided(partition, event, before, outcome.state, effects, self._policy.policy, env.age_ms)
        self._rows_seen += 1
        if self._rows_seen % ROW_SAMPLE == 0:
            self._meter.row(len(row))

    def _understood(self, event: PartyEvent) -> PartyEvent:
        """`event` in words of the policy: one that came without resolve, or under another policy, is checked here too.

        Raises:
            Rejected: it has other words.
        """
        policy = self._policy.policy
        if isinstance(event.body, InboundBody):
            understood(event.body, policy)
        return normalise_identifiers(event, self._region, policy.vocabulary.identifiers)

    def _message(self, effect: Effect, event: PartyEvent) -> Output:
        key = event.party.encode()
        if isinstance(effect, DecisionRecord):
            return Output(self._topics.decisions, key, self._codec.encode(effect))
        if isinstance(effect, Deliver):
            return Output(self._topics.actions(effect.channel), key, self._codec.encode(effect))
        if isinstance(effect, Learn):
            return Output(self._topics.examples, effect.model.encode(), self._codec.encode(effect))
        if isinstance(effect, Flow):
            return Output(self._topics.flows, key, self._codec.encode(effect))
        if isinstance(effect, Objection):
            return Output(self._topics.objections, key, self._codec.encode(effect))
        sent = onward(effect, event)
        if sent is None:
            raise TypeError(f"no message for {type(effect).__name__}")
        return Output(self._topics.party_events, sent.party.encode(), self._codec.encode_event(sent))

    def _timer_fired(self, partition: int, due: int, party: str, timer: str) -> Output:
        event = timer_fired(due, party, timer)
        return Output(self._topics.party_events, party.encode(), self._codec.encode_event(event), partition)


def _party(row: bytes) -> Party:
    try:
        return decode(row)
    except (MsgspecError, UnicodeDecodeError) as problem:
        raise unreadable("a party's row", problem) from None
