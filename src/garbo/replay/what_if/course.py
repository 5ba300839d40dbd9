"""The course of events under one policy: rows, timers and what is scarce, from the first event of a log on.

Rules
 1. Only what came from outside is fed in. What Garbo itself puts on a party's log (timers, news of household members,
    rows that move, events that follow a party to its other id) the course makes itself. What the log has, too, waits
    for its place there; anything else is decided at once, a timer when its time has come on its partition.
 2. An outcome of a contact that this policy does not make (another action, another channel, or none) is left out:
    nobody can say how a person would have answered to something else.
 3. A contact that the recorded policy did not make arrives, and nobody answers it.
"""

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from garbo.core.decide import Env, handle
from garbo.core.party.state import decode, encode
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.vocabulary.defaults import OutcomeStatus
from garbo.core.vocabulary.effects import DecisionRecord, Deliver
from garbo.core.vocabulary.events import ActionOutcome, PartyEvent
from garbo.processors.decide import onward, timer_fired
from garbo.processors.partitioner import partition_for
from garbo.processors.quota import PartitionQuota
from garbo.processors.timers import TimerIndex
from garbo.replay.what_if.as_recorded import Answering, spend
from garbo.replay.what_if.one_step import record_of

ARRIVES: Final = "what-if-"  # the ids of reports that nobody sent (rule 3)


Key: TypeAlias = tuple[str, str]
"""A party and the id of an event: one decision."""


class Contact(NamedTuple):
    """What was done under an action_id."""

    action: str
    channel: str


class Circumstances(NamedTuple):
    """With which models an event is decided, at which instant (ms), and how long it waited (ms)."""

    models: Answering
    at: int
    age_ms: int


class Course:
    """Args:
        partitions: of party-events.
        moment: of an event that happens at the instant given (ms) on the partition given.
        recorded: the contacts on the log, by action_id.
        ahead: does the log have this event of Garbo's own, by party and id, further on?
        report: called with every decision of the course, but not with those on reports that nobody sent.

    left_out: outcomes of contacts that were not made.
    """

    def __init__(
        self,
        partitions: int,
        moment: Callable[[PartyEvent, int, int], Circumstances],
        recorded: Mapping[str, Contact],
        ahead: Callable[[Key], bool],
        report: Callable[[DecisionRecord], None],
    ) -> None:
        self._partitions, self._moment, self._recorded, self._report = partitions, moment, recorded, report
        self._rows: dict[str, bytes] = {}
        self._timers = [TimerIndex() for _ in range(partitions)]
        self._quota = [PartitionQuota(n, lambda: partitions, None) for n in range(partitions)]
        self._ahead, self._held = ahead, dict[Key, PartyEvent]()
        self._made: dict[str, Contact] = {}
        self.left_out = 0

    def knows(self, party: str) -> bool:
        """Has the party a row?"""
        return party in self._rows

    def take(self, event: PartyEvent, policy: CompiledPolicy, at: int) -> None:
        """Decide on an event from outside, and on everything that follows from it at once. at: its instant (ms)."""
        body = event.body
        meant = self._recorded.get(body.action_id) if isinstance(body, ActionOutcome) else None
        if meant is not None and isinstance(body, ActionOutcome) and self._made.get(body.action_id) != meant:
            self.left_out += 1
            return
        waiting = deque([event])
        while waiting:
            for following in self._one(waiting.popleft(), policy, at):
                self._wait_or(waiting.append, following)

    def come_to(self, key: Key, policy: CompiledPolicy, at: int) -> None:
        """The place of an event of Garbo's own: it is decided here if this course has it, too. at: its instant (ms)."""
        event = self._held.pop(key, None)
        if event is not None:
            self.take(event, policy, at)

    def pass_time(self, partition: int, policy: CompiledPolicy, now: int) -> None:
        """Time has come to `now` (ms) on the partition: what is due fires, each at its own instant."""
        timers = self._timers[partition]
        while timers.next_due is not None and timers.next_due <= now:
            for due, party, timer in timers.due(now):
                self._wait_or(partial(self.take, policy=policy, at=due), timer_fired(due, party, timer))

    def _wait_or(self, go_on: Callable[[PartyEvent], None], event: PartyEvent) -> None:
        key = event.party, event.event_id
        if self._ahead(key):
            self._held[key] = event
        else:
            go_on(event)

    def _one(self, event: PartyEvent, policy: CompiledPolicy, at: int) -> list[PartyEvent]:
        """Decide on one event. Returns those that follow from it."""
        partition = partition_for(event.party.encode(), self._partitions)
        quota, row = self._quota[partition], self._rows.get(event.party)
        moment = self._moment(event, at, partition)
        env = Env(policy, moment.models, moment.at, moment.age_ms, quota, moment.models)
        outcome = handle(None if row is None else decode(row), event, env)
        self._rows[event.party] = encode(outcome.state)
        self._timers[partition].note(outcome.state)
        spend(quota, outcome.effects)
        record = record_of(outcome.effects)
        if not event.event_id.startswith(ARRIVES):
            self._report(record)
        following = [sent for sent in (onward(effect, event) for effect in outcome.effects) if sent is not None]
        for effect in outcome.effects:
            if isinstance(effect, Deliver):
                made = self._made[effect.action_id] = Contact(effect.action, effect.channel)
                if self._recorded.get(effect.action_id) != made and not effect.inbound:
                    following.append(self._arrival(effect, record.at))
        return following

    @staticmethod
    def _arrival(made: Deliver, at: int) -> PartyEvent:
        body = ActionOutcome(OutcomeStatus.DELIVERED, made.action_id, made.action)
        return PartyEvent(ARRIVES + made.action_id, made.party, at, body)
