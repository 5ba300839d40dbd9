"""Seeded bugs: each removes one guard of the real product, so that a fault run can show that it finds the bug.

    CHAOS_BUG=offsets_unstable python -m tests.chaos.worker ...      separate several with commas

Each names the guard, the fault that shows the bug, and what else would hide it. The transport's four
are shown one by one in tests/integration: test_seeded_transport_bugs.py, on a processor that deduplicates nothing, and
test_seeded_bugs_judged.py, on Garbo's own; those of the decision in tests/unit/chaos/test_bugs.py, and each with what
it needs in tests/unit/audit/verify/test_seeded_bugs.py.

A bug that another guard hides proves nothing. If two guards protect against the same fault, the bug removes both and
says so.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, IsolationLevel, KafkaException, TopicPartition
from msgspec.structs import replace

from garbo.adapters.kafka.retry import retry_until
from garbo.core import appraise, decide
from garbo.core.choice import arbitration
from garbo.core.choice.arbitration import Candidate, Choice
from garbo.core.choice.lineups import Stand
from garbo.core.delivery import commands, planning
from garbo.core.delivery.planning import ExecutionResult
from garbo.core.gates import contact_policy, of_action
from garbo.core.gates.context import DecisionContext
from garbo.core.journeys import journal
from garbo.core.journeys.cells import Cell, CellKey, CellOf, Paths
from garbo.core.journeys.journal import Signed
from garbo.core.party import attribution, consent, labels, needs, objections
from garbo.core.party.state import Need, Party, Pending, Plan
from garbo.core.policy.actions import Action
from garbo.core.policy.policy import Arbitration, Policy
from garbo.core.policy.vocabulary import Meaning
from garbo.core.vocabulary import ids
from garbo.core.vocabulary.effects import Flow, FlowKind, Learn, Scored
from garbo.core.vocabulary.instants import DAY
from garbo.core.vocabulary.reasons import ALLOWED, NeedEnd, Verdict
from garbo.policy.build import actions
from garbo.policy.cel_words import LOOKUPS
from garbo.processors import journey_kpis
from garbo.processors.journey_kpis import JourneyKpisProcessor
from garbo.processors.ports import Rows
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
    """Applied markers are ignored: the second copy of an event is decided like the first.

    Needs: a producer that sends twice (one message in twenty of the traffic), or resolve killed between forwarding and
    committing its offsets. Reported by: I8, the second copy applied. Not hidden: the transaction of decide prevents a
    second decision of a *record*, not of an event that is on the log twice. A timer that fires twice is still caught,
    because the row does not have the timer any more; that is another guard.
    """
    decide.already_applied = lambda party, event, fingerprint: False


def caps_off() -> None:
    """The contact policy allows everything: caps, spacing, sequences, exclusions.

    Needs: only customers with more reasons for a contact than the caps allow. Reported by: I3. Not hidden: cooldown,
    suppression and eligibility stay in force, but the restless customers' call lists have no cooldown.
    """

    def check(*_: Any, **__: Any) -> Verdict:
        return ALLOWED

    contact_policy.check = check


def consent_off() -> None:
    """Every purpose is permitted.

    Needs: only customers without a consent. Reported by: I4. Not hidden: the check at emission calls the same function,
    so planned actions are not checked either. Profiling stays forbidden (features are not built without it), but that
    affects the score only.
    """

    def permits(*_: Any, **__: Any) -> Verdict:
        return ALLOWED

    consent.permits = permits


def personal_data_ignored() -> None:
    """The purposes ask for their own consents only, not for `personal_data`.

    Needs: a customer who has not given it, and gives occasion for an answer or an offer. Reported by: I4. Not hidden:
    what is learnt and kept of behaviour still needs it, which is another guard.
    """
    consent.PURPOSES = {
        purpose: tuple(name for name in needed if name != consent.PERSONAL_DATA)
        for purpose, needed in consent.PURPOSES.items()
    }


def learning_unpermitted() -> None:
    """Outcomes are learnt from without asking for `profiling` and `personal_data`.

    Needs: an outcome of another system's contact with a customer without them. Reported by: I11. Hidden for our own
    contacts: their features are not built without the consents, and dropped when one is withdrawn.
    """

    def profiled(party: Party) -> bool:
        return True

    attribution.profiled = profiled


def labels_hurried() -> None:
    """Contacts are labelled a day before their window closes.

    Needs: an offer to somebody who may be profiled, and its timer. Reported by: I11.
    """

    def wind(party: Party) -> None:
        timed(party)
        for timer in party.timers:
            timer.due -= DAY if timer.intent == labels.INTENT else 0

    def close(party: Party, policy: Policy, at: int) -> list[Learn]:
        return closed(party, policy, at + DAY)

    timed, closed = labels.wind, labels.close
    labels.wind, labels.close = wind, close


def failed_labelled() -> None:
    """What never reached the person is labelled as well: nobody looks whether it was made.

    Needs: an offer that its dispatcher reported as failed. Reported by: I11. Hidden where the contact leaves the row,
    as it does at the report; so here the report takes the status of a delivery on its way to the labels.
    """

    def reported(
        party: Party, whose: Collection[str], found: list[Pending], meaning: Meaning, policy: Policy, **when: Any
    ) -> list[Learn]:
        if meaning is not Meaning.FAILED:
            return known(party, whose, found, meaning, policy, **when)
        return [
            e for p in found if p.closes for e in labels._examples(party, p, policy, labels.EARLY_NO, 0, when["at"])
        ]

    known = labels.reported
    labels.reported = reported


def labels_repeated() -> None:
    """A contact is labelled at its close, and nothing remembers that: the next timer labels it again.

    Needs: two offers to somebody who may be profiled, whose windows close one after the other. Reported by: I11.
    """

    def close(party: Party, policy: Policy, at: int) -> list[Learn]:
        again = [p for p in party.pending if p.labelled and p.closes]
        for pending in again:
            pending.labelled = False
        return closed(party, policy, at)

    closed = labels.close
    labels.close = close


def scored_unpermitted() -> None:
    """Models look at everybody, whatever they have permitted.

    Needs: a person without `profiling` for whom some offer passes the gates. Reported by: I22. Not hidden: nothing is
    learnt from it, because the consents are asked for again when a label comes.
    """
    built = decide.context_of

    def context_of(*given: Any, **named: Any) -> DecisionContext:
        return replace(built(*given, **named), profiled=True)

    decide.context_of = context_of


def dropouts_untold() -> None:
    """Who loses patience leaves the journey, and no fact says so.

    Needs: a stage with a patience, and a person who comes no more. Reported by: I24.
    """
    placed = journal.place

    def place(*given: Any) -> list[Signed]:
        return [said for said in placed(*given) if said.fact.kind is not FlowKind.DROP]

    journal.place = place


def corrections_untold() -> None:
    """A late event is put in its place, and what no longer holds is not taken back.

    Needs: a late event that changes where a person stood. Reported by: I24.
    """
    corrected = journal._corrections

    def corrections(*given: Any) -> list[Signed]:
        return [said for said in corrected(*given) if said.sign > 0]

    journal._corrections = corrections


def members_named() -> None:
    """A message names the whole household.

    Needs: a household with a member who has not permitted the purpose. Reported by: I12.
    """

    def household(context: DecisionContext, spoken: str, purposes: object) -> str:
        party = context.party
        return ", ".join(name for name in (party.name, *(m.name for m in party.members)) if name)

    commands.household = household


def attributes_spilt() -> None:
    """A command carries every attribute that is known of the person, also where its text names none.

    Needs: a person with an attribute. Reported by: I20.
    """
    named_only = commands.parameters

    def parameters(
        context: DecisionContext, theme: str, promised_at: int, purposes: Iterable[str], named: Iterable[str] = ()
    ) -> dict[str, str]:
        return named_only(context, theme, promised_at, purposes, context.policy.attributes)

    commands.parameters = parameters


def profiling_ignored() -> None:
    """Behaviour may be used without `profiling`.

    Needs: a customer without it who looks at something. Reported by: I13. Not hidden: features are still not built,
    which affects the score only. Purposes that need `profiling` themselves are held back as before.
    """
    real = consent.permits

    def permits(*given: Any, **named: Any) -> Verdict:
        return real(*given, **(named | {"behavioural": False}))

    consent.permits = permits


def counting_unpermitted() -> None:
    """An action whose rule counts what the person did is taken for one that reads no behaviour.

    Needs: a policy with such a rule that holds without anything counted, loaded after the bug; and a customer without
    `profiling`. Reported by: I13. Not hidden: nothing is counted of that customer, but the rule holds all the same.
    """
    actions.BEHAVIOUR = actions.BEHAVIOUR - frozenset(LOOKUPS)


def looks_uncapped() -> None:
    """Offers about mere looks have no cap of their own.

    Needs: a customer who looks again within the window. Reported by: I14. Hidden where other caps are as tight.
    """

    def looked(*_: Any) -> bool:
        return False

    contact_policy._looked = looked


def capacity_ignored() -> None:
    """There is always a slot left, and always some of the stock.

    Needs: more occasions in an hour than the channel has slots. Reported by: I15.
    """

    def left(*_: Any) -> bool:
        return True

    of_action.left = left


def answered_at_emission() -> None:
    """A need ends answered when its answer leaves, whatever becomes of it.

    Needs: an answer on a channel that reports. Reported by: I16.
    """

    def answer(
        context: DecisionContext, need: Need, action: Action, channel: str, action_id: str, result: ExecutionResult
    ) -> None:  # fmt: skip
        result.closed.append(needs.close(context.party, need, NeedEnd.ANSWERED, action.name))

    planning._answer = answer


def hold_out_ignored() -> None:
    """Nobody is in the control group.

    Needs: a policy with a hold-out, and an offer to one of the group. Reported by: I17.
    """

    def held_out(*_: Any) -> bool:
        return False

    decide.held_out = held_out


def drawn_again() -> None:
    """A planned contact that comes due is drawn once more, with what is feasible then.

    Needs: exploration, and a plan that was chosen among several offers. Reported by: I18.
    """

    def confirm(candidate: Candidate, plan: Plan | None, unknown: float, weights: Arbitration, *_: Any) -> Choice:
        probability = unknown if plan is None else plan.probability
        return arbitration.choose([candidate], weights, ids.fingerprint(f"{probability}|{candidate.placed_at}"))

    arbitration.confirm = confirm


def champion_alone_logged() -> None:
    """The draw is made from the mixture with the challenger, but the record has the champions' probability.

    Needs: a challenger with another mind. Reported by: I21.
    """
    recorded = arbitration.recorded

    def of_champions(choice: Choice, *given: Any) -> tuple[Scored, ...]:
        chances = [c.champion_probability if c.contest else c.probability for c in choice.scored]
        rows = recorded(choice, *given)
        return tuple(replace(row, probability=p) for row, p in zip(rows, chances, strict=True))

    arbitration.recorded = of_champions


def drawn_twice() -> None:
    """First it is drawn who decides, then what: the record has the probability of the second draw alone.

    Needs: a challenger with another mind. Reported by: I21.
    """
    mix = arbitration._mix

    def one_of_them(ranked: Sequence[Candidate], contest: Stand, silence: float) -> float:
        mix(ranked, contest, silence)
        theirs = ids.draw(ids.fingerprint(f"{ranked[0].placed_at}")) < contest.share
        for candidate, own in zip(ranked, contest.probabilities, strict=True):
            candidate.probability = own if theirs else candidate.champion_probability
        return contest.silence if theirs else silence

    arbitration._mix = one_of_them


def feedback_unbounded() -> None:
    """The weight of a narrowing stage feeds itself: it is applied six times over.

    Needs: a policy with feedback, and a person in a stage that it weighs. Reported by: I26.
    """

    def _weigh(candidate: Candidate, *given: Any) -> None:
        weigh(candidate, *given)
        candidate.feedback **= 6

    weigh = appraise._weigh
    appraise._weigh = _weigh


def feedback_unsaid() -> None:
    """Feedback weighs, and the record says that it does not.

    Needs: a policy with feedback, and a person in a stage that it weighs. Reported by: I26, the context is more than
    what the record says of it.
    """

    def unsaid(*given: Any) -> tuple[Scored, ...]:
        return tuple(replace(scored, feedback=1.0, narrows="") for scored in recorded(*given))

    recorded = arbitration.recorded
    arbitration.recorded = unsaid


def objection_ignored() -> None:
    """What is decided now looks at no objection to marketing.

    Needs: a person who has objected, and a reason for an offer on that channel. Reported by: I19. Not hidden: planned
    contacts are still cancelled, but an offer that is made at once, rides along or is shown is not.
    """
    for name in ("passes", "rides", "shows"):
        setattr(decide, name, _without_objections(getattr(decide, name)))


def plans_outlive_objections() -> None:
    """A planned contact is made although the person has objected to marketing since.

    Needs: an objection between a plan and its instant. Reported by: I19. Two guards protect against it, and both are
    removed: the plan is cancelled when the objection comes, and the gates judge it again when it is due.
    """

    def drop_plans(*_: Any) -> list[Any]:
        return []

    objections.drop_plans = drop_plans
    decide.confirms = _without_objections(decide.confirms)


def objections_lost_at_merge() -> None:
    """When two rows become one, the objections of the row that moves are lost.

    Needs: a person who objects under one id and is then recognised as another. Reported by: I19.
    """

    def join(*_: Any) -> None:
        pass

    objections.join = join


def _without_objections(judge: Callable[..., Any]) -> Callable[..., Any]:
    def judged(context: DecisionContext, *rest: Any) -> Any:
        held, context.party.objections = context.party.objections, {}
        try:
            return judge(context, *rest)
        finally:
            context.party.objections = held

    return judged


# ---- the KPIs' -----------------------------------------------------------------------------------------------------


def cells_kept_over_rollback() -> None:
    """journey_kpis keeps its decoded cells when a partition is closed and opened again, and counts a fact by its
    reading, not by its offset.

    Needs: a checkpoint of journey_kpis that is rolled back, or a partition that comes back to a worker. Reported by:
    I25, facts counted twice. Each of the two guards hides the other: a cell read again from its row does not have the
    fact, and a cell that knows its offset leaves the fact out. So the bug removes both.
    """
    opened = JourneyKpisProcessor.open

    def open_(self: JourneyKpisProcessor, partition: int, rows: Rows) -> None:
        if partition not in self._partitions:
            opened(self, partition, rows)

    def close(self: JourneyKpisProcessor, partition: int) -> None:
        pass

    def fold(cell_of: CellOf, fact: Flow, offset: int, paths: Paths) -> tuple[CellKey, ...]:
        def forgetful(key: CellKey) -> Cell:
            cell = cell_of(key)
            cell.upto = -1
            return cell

        return folded(forgetful, fact, offset, paths)

    folded = journey_kpis.fold
    JourneyKpisProcessor.open, JourneyKpisProcessor.close = open_, close  # type: ignore[method-assign]
    journey_kpis.fold = fold


def corrections_added() -> None:
    """A fact that takes an earlier one back is added like it.

    Needs: an event that comes late enough to change what was said of a journey. Reported by: I25.
    """

    def fold(cell_of: CellOf, fact: Flow, offset: int, paths: Paths) -> tuple[CellKey, ...]:
        return folded(cell_of, replace(fact, sign=abs(fact.sign)), offset, paths)

    folded = journey_kpis.fold
    journey_kpis.fold = fold


# ---- the transport's -----------------------------------------------------------------------------------------------


def metadata_at_commit() -> None:
    """The group metadata sent with the offsets are read at the moment of sending, not at the assignment.

    Needs: a worker that stops between steps 7 and 8 until its session ends, while its transaction stays open. It is
    continued, and waits there until it is back in the group as a member of another generation. Then the broker accepts
    its offsets, although the successor of its partitions has read the earlier offsets. Then it dies
    (`CHAOS_STOP_AT=commit.before_offsets:3:10`, `CHAOS_THEN_DIE_AT=commit.before_store`). Reported by: I1, two
    decisions.

    Alone it is an equivalent mutant: a zombie is not back in the group before its open checkpoint has ended, because
    `on_lost` waits for that. Until then the metadata do no harm [each seen, on Kafka 4.1.1, librdkafka 2.16]:
     - `Checkpoint` fetches the metadata before the commit's first step, and the old generation is refused;
     - fetched in the argument of `send_offsets_to_transaction` they never arrive: the poll that serves `on_lost` has
       locked the consumer. The watchdog ends the process, and the broker the transaction;
     - fetched in `on_lost` they have the old generation without a member, and the answer is UNKNOWN_MEMBER_ID;
     - with enough chunks in flight the consumer is not polled during a commit, so the loss is not noticed;
     - before the commit (stopped at `chunk.after_work`), the event loop notices the loss first, and aborts.
    So this bug also removes the wait of `on_lost`, the back-pressure, and the commit's time limit, by which such a
    slow worker leaves. (Without the first bug, the metadata of its assignment make the broker refuse that zombie.)
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
    """A producer that ignores the given metadata and sends the current one."""

    def __init__(self, client: Any, metadata: Callable[[], Any]) -> None:
        self._client, self._metadata = client, metadata

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def __len__(self) -> int:
        return len(self._client)

    def send_offsets_to_transaction(self, offsets: Any, group: Any, patience: float) -> None:
        self._client.send_offsets_to_transaction(offsets, self._metadata(), patience)


def offsets_unstable() -> None:
    """Committed offsets are used as they are, even if a transaction that will move them is still open.

    Needs: a worker that stops at `commit.before_commit` until its session ends, is continued before its transaction
    times out, commits (the coordinator does not check the generation then) and dies:
    `CHAOS_STOP_AT=commit.before_commit:3`, `CHAOS_THEN_DIE_AT=commit.before_store`. The successor has read the earlier
    offsets and processes the same records again. Reported by: I1, two decisions. (Because of the applied markers the
    second pass has no effect, but it leaves a record.)

    Not hidden by librdkafka's own stable fetch at the assignment, nor by the restore. Both make the successor wait for
    that transaction, but then it still seeks to the old offsets. Hidden if the zombie stays alive: it rejoins the
    group, and that rebalance discards what the successor has read before it begins [seen]. Also hidden by the commit's
    time limit, by which such a slow worker leaves: this bug removes it as well.
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
    """A worker that slept within a commit does not leave because of the limit: the other guards are under test."""
    ProcessorSettings.commit_limit_s = lambda self, *, exactly_once: 120.0  # type: ignore[method-assign]


def restore_to_last_stable() -> None:
    """The changelog is restored up to the last stable offset, not to the high watermark.

    Needs: two deaths and a new disk. A stops at `commit.before_offsets` (its rows are on the changelog, and its
    transaction stays open longer than all of this). B takes over, commits rows above A's, and dies. A worker that then
    restores on another disk finds the last stable offset below A's rows, and misses all rows of B. Reported by: I7,
    and I2 if a decision is repeated on an older row. (With the guard, every worker waits until A's transaction has
    ended: this is the cost of a transaction timeout.)

    Hidden if only one worker dies: the offsets of its open transaction are undecided as well, so the successor waits in
    step 2; or the transaction is aborted. Also hidden by a disk that already has B's rows.
    """

    class LastStable:
        READ_UNCOMMITTED = IsolationLevel.READ_COMMITTED  # it is only used to get the end of the changelog

    restore.IsolationLevel = LastStable  # type: ignore[misc, assignment]


def store_before_commit() -> None:
    """Rows go to the local store, with their place in the changelog, before the transaction commits.

    Needs: a kill between the two (`GARBO_CRASH_AT=commit.before_offsets` or `commit.before_commit`), and a restart in
    the same slot on the same disk. The store then holds rows that were rolled back, and its checkpoint is above them,
    so the restore does not correct them. Reported by: I7; decide treats the events of those rows as duplicates.

    Hidden if the store's checkpoint is not written as well: the restore would read the changelog from before the
    roll-back, and the last committed row of a key would replace the wrong one. So the bug waits until the broker has
    the rows, because only then the checkpoint is known.
    """
    real = Checkpoint._end

    def _end(self: Checkpoint, offsets: Sequence[TopicPartition], abort: bool) -> bool:
        if not abort:
            if isinstance(self._strategy, ExactlyOnce):
                self._strategy._producer.client.flush(10)
            self._table.flush()
        return real(self, offsets, abort)

    Checkpoint._end = _end  # type: ignore[method-assign]


# What the decision's bugs replace. A worker's process keeps a bug; a test puts these back.
REPLACED: Final = (
    (decide, "already_applied"),
    (decide, "held_out"),
    (decide, "context_of"),
    (decide, "passes"),
    (decide, "rides"),
    (decide, "shows"),
    (decide, "confirms"),
    (objections, "drop_plans"),
    (objections, "join"),
    (arbitration, "confirm"),
    (arbitration, "recorded"),
    (arbitration, "_mix"),
    (appraise, "_weigh"),
    (planning, "_answer"),
    (commands, "household"),
    (commands, "parameters"),
    (attribution, "profiled"),
    (labels, "wind"),
    (labels, "close"),
    (labels, "reported"),
    (journal, "place"),
    (journal, "_corrections"),
    (consent, "PURPOSES"),
    (consent, "permits"),
    (of_action, "left"),
    (contact_policy, "check"),
    (contact_policy, "_looked"),
    (actions, "BEHAVIOUR"),
    (journey_kpis, "fold"),
    (JourneyKpisProcessor, "open"),
    (JourneyKpisProcessor, "close"),
)

BUGS: Final[Mapping[str, Callable[[], None]]] = {
    bug.__name__: bug
    for bug in (
        dedupe_off,
        caps_off,
        consent_off,
        personal_data_ignored,
        learning_unpermitted,
        scored_unpermitted,
        labels_hurried,
        failed_labelled,
        labels_repeated,
        dropouts_untold,
        corrections_untold,
        members_named,
        attributes_spilt,
        profiling_ignored,
        counting_unpermitted,
        looks_uncapped,
        capacity_ignored,
        answered_at_emission,
        hold_out_ignored,
        drawn_again,
        champion_alone_logged,
        drawn_twice,
        feedback_unbounded,
        feedback_unsaid,
        objection_ignored,
        plans_outlive_objections,
        objections_lost_at_merge,
        cells_kept_over_rollback,
        corrections_added,
        metadata_at_commit,
        offsets_unstable,
        restore_to_last_stable,
        store_before_commit,
    )
}


def install(names: str) -> None:
    """Remove the guards of these bugs from this process.

    Raises:
        ValueError: there is no such bug.
    """
    for name in names.split(","):
        if name not in BUGS:
            raise ValueError(f"there is no bug {name}; use one of {', '.join(BUGS)}")
        BUGS[name]()
