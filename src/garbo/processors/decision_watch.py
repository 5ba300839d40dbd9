"""What decide reports to the meter: each decision, each command, and what stands open in its partitions.

Rules
 1. It is called when a record's rows and outputs are in the batch already, so it never raises.
 2. What stands open is a number for each partition: made from the rows when the partition is opened, moved on by
    comparing a party before and after its event, forgotten when the partition is closed. A rollback opens it again.
 3. Gauges are handed over every `EVERY_MS`, not at each event.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from garbo.core.gates import scarcity
from garbo.core.party import clock
from garbo.core.party.state import Party
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord, Deliver, Effect, Unlearnt
from garbo.core.vocabulary.events import ActionOutcome, PartyEvent, PartyMerged, RowMoved
from garbo.core.vocabulary.instants import DAY
from garbo.core.vocabulary.reasons import ANSWERED_LATE, NeedEnd
from garbo.errors import GarboError
from garbo.processors.awaited_reports import AwaitedReports, Room
from garbo.processors.competition import competition
from garbo.processors.meters import Meter, Standing
from garbo.processors.quota import PartitionQuota

EVERY_MS: Final = 5_000  # half of a scrape's interval
WEEK: Final = 7 * DAY


class Before(NamedTuple):
    """What of a party's row is compared with the row after the event.

    silent: the stage whose patience was exhausted, "" for none. needs: (kind, theme, when it is late) of each open one.
    awaited: commands whose report is awaited here no longer if the row moves.
    """

    silent: str = ""
    needs: tuple[tuple[str, str, int], ...] = ()
    awaited: tuple[str, ...] = ()


NOTHING: Final = Before()


class DecisionWatch:
    """Counts for processor decide; one for all partitions of the worker."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._room = Room()
        self._silent: dict[int, dict[str, int]] = {}  # partition -> stage -> parties
        self._awaited: dict[int, AwaitedReports] = {}
        self._quota: dict[int, PartitionQuota] = {}
        self._handed: dict[int, int] = {}  # partition -> when its gauges were handed over (ms)

    # ---- partitions ------------------------------------------------------------------------------------------------

    def open(self, partition: int) -> Callable[[Party, Policy], None]:
        """Begin with a partition; takes each of its parties' rows."""
        self.close(partition)
        silent = self._silent[partition] = {}
        awaited = self._awaited[partition] = AwaitedReports(self._room)

        def take(party: Party, policy: Policy) -> None:
            _move(silent, "", clock.beyond_patience(party))
            awaited.expect_row(party, policy)

        return take

    def close(self, partition: int) -> None:
        if partition in self._awaited:
            self._awaited.pop(partition).close()
        for memory in (self._silent, self._quota, self._handed):
            memory.pop(partition, None)
        self._meter.standing(partition, None)

    def scarce(self, partition: int, quota: PartitionQuota) -> None:
        """What is used up in the partition."""
        self._quota[partition] = quota

    def report(self, partition: int, policy: Policy, now: int, wall: int) -> None:
        """Count the reports that are late at `now` (ms, the partition's time); hand the gauges over now and then.

        wall: the wall clock (ms).
        """
        awaited = self._awaited.get(partition)
        if awaited is None:
            return
        for channel in awaited.late(now):
            self._meter.unreported(channel)
        last = self._handed.get(partition)
        if last is None or not last <= wall < last + EVERY_MS:
            self._handed[partition] = wall
            self._meter.standing(partition, self._standing(partition, policy, now))

    def _standing(self, partition: int, policy: Policy, now: int) -> Standing:
        counts, quota = self._silent[partition], self._quota.get(partition)
        silent = {stage.name: counts.get(stage.name, 0) for stage in policy.stages if stage.patience}
        capacity: dict[str, tuple[int, int]] = {}
        try:
            for channel in policy.channels.values():
                if channel.capacity is not None and quota is not None:
                    period = scarcity.period_of(channel.capacity, now, policy)
                    share = quota.share(channel.name, period, channel.capacity.at_most)
                    capacity[channel.name] = quota.used(channel.name, period), share
        except GarboError:  # the broker does not say how many partitions there are: the gauge waits
            capacity.clear()
        return Standing(silent, capacity)

    # ---- one event -------------------------------------------------------------------------------------------------

    @staticmethod
    def before(party: Party | None, event: PartyEvent, policy: Policy) -> Before:
        """What to remember of a row that the event is about to change."""
        if party is None:
            return NOTHING
        silent = clock.beyond_patience(party) if party.clock else ""
        merged = isinstance(event.body, PartyMerged)
        if not silent and not party.needs and not merged:
            return NOTHING
        needs = []
        for need in party.needs:
            kind = policy.needs.get(need.kind)
            # A promise sets its own time. Otherwise what the customer was owed counts, not how often it was tried.
            late = need.deadline if need.promised or kind is None else need.opened_at + kind.answer_within
            needs.append((need.kind, need.theme, late))
        return Before(silent, tuple(needs), tuple(p.action_id for p in party.pending) if merged else ())

    def decided(
        self, partition: int, event: PartyEvent, before: Before, party: Party, effects: Iterable[Effect],
        policy: Policy, age_ms: int,
    ) -> None:  # fmt: skip
        """The event is decided. party: its row now."""
        after = clock.beyond_patience(party) if party.clock else ""
        if after != before.silent and partition in self._silent:
            _move(self._silent[partition], before.silent, after)
        awaited, body = self._awaited.get(partition), event.body
        if awaited is not None:
            if isinstance(body, ActionOutcome):
                awaited.reported(body.action_id)
            elif isinstance(body, RowMoved):
                awaited.expect_row(party, policy)
            elif party.alias_of:
                for action_id in before.awaited:
                    awaited.reported(action_id)
        for effect in effects:
            if isinstance(effect, DecisionRecord):
                self._record(effect, before, policy)
            elif isinstance(effect, Deliver):
                self._command(effect, awaited, party, policy, age_ms)
            elif isinstance(effect, Unlearnt):
                self._meter.unlearnt(effect.family, effect.awaited)

    def _record(self, record: DecisionRecord, before: Before, policy: Policy) -> None:
        self._meter.decided(record, competition(record, policy))
        for closed in record.needs_closed:
            end = closed.end.value
            if closed.end is NeedEnd.ANSWERED:
                due = [late for kind, theme, late in before.needs if (kind, theme) == (closed.kind, closed.theme)]
                end = ANSWERED_LATE if due and record.at > due[0] else end
            self._meter.need_ended(closed.kind, end)

    def _command(
        self, command: Deliver, awaited: AwaitedReports | None, party: Party, policy: Policy, age_ms: int
    ) -> None:
        action = policy.actions.get(command.action)
        way = action.on(command.channel, inbound=command.inbound) if action is not None else None
        self._meter.action(command.channel, command.action_class, age_ms, way.latency_budget if way is not None else 0)
        if command.inbound or action is None:
            return
        channel = policy.channels.get(command.channel)
        if awaited is not None and channel is not None and channel.reports_within:
            awaited.expect(command.action_id, command.channel, party.at + channel.reports_within)
        if not action.internal:
            since = party.at - WEEK
            made = [c for c in party.contacts if since < c.at and not (c.planned or c.rider or c.member)]
            self._meter.contact(len(made))


def _move(counts: dict[str, int], origin: str, target: str) -> None:
    """One party is no longer in `origin` and is in `target`; "" is nowhere."""
    if origin:
        counts[origin] = counts.get(origin, 0) - 1
    if target:
        counts[target] = counts.get(target, 0) + 1
