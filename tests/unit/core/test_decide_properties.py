"""Whatever happens, in whatever order: what the commands, the records and the row never do.

The oracles look at the commands that went out and at the events that went in; they share nothing with the code.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from garbo.core.party.state import INTERESTS, NEEDS, PENDING, RECENT_EVENTS, RECENT_TOUCHES, TIMERS, Party, decode
from garbo.core.policy.actions import Treatment
from garbo.core.policy.channels import ChannelPolicy
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.contact_policy import Cap
from garbo.core.policy.journey import TouchpointKind
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.effects import DecisionRecord, Deliver, Learn
from garbo.core.vocabulary.events import (
    ActionOutcome,
    Body,
    ConsentChange,
    Direction,
    PartyEvent,
    ProfileUpdate,
    TimerFired,
    Touchpoint,
)
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import Disposition, NeedEnd
from tests.unit.core.small import COMPILED, CONTACT, REACHABLE, SMALL, Log, consent, contact, outcome, touch, view

THEMES = ("card", "loan", "insurance", "")
CONSENTS = ("personal_data", "own_promotion", "third_party_promotion", "profiling")
NEEDED = {
    "service_request": ("personal_data",),
    "own_promotion": ("personal_data", "own_promotion"),
    "personalised_promotion": ("personal_data", "own_promotion", "profiling"),
    "third_party_promotion": ("personal_data", "third_party_promotion"),
}
# The same bank with dispatchers that report, and two ways to answer.
REPORTING = compiled(
    replace(
        SMALL,
        channels={name: ChannelPolicy(name, 2 * HOUR) for name in ("email", "social", "call_centre", "sms")},
        actions={
            **SMALL.actions,
            "reply_social": replace(
                SMALL.actions["reply_social"], treatments=(Treatment("social", public=True), Treatment("email"))
            ),
            "call_back": replace(SMALL.actions["call_back"], treatments=(Treatment("call_centre"), Treatment("sms"))),
        },
        touchpoints={**SMALL.touchpoints, "post": TouchpointKind("post", public=True)},
    )
)
POLICIES = st.sampled_from([COMPILED, REPORTING])

themes = st.sampled_from(THEMES)
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(view, themes),
    st.builds(view, themes),
    st.builds(touch, st.sampled_from(["post", "form"]), themes, st.just(Channel.SOCIAL)),
    st.builds(touch, st.sampled_from(["post", "form", "complaint", "branch_visit", "fraud", "account_opened"]), themes),
    st.builds(consent, st.sampled_from(CONSENTS), st.booleans()),
    st.builds(
        outcome,
        st.sampled_from([s.value for s in OutcomeStatus]),
        action=st.sampled_from([*SMALL.actions, "unheard_of"]),
        channel=st.sampled_from([None, Channel.SMS]),
    ),
    st.builds(
        contact,
        st.sampled_from([Channel.EMAIL, Channel.CALL_CENTRE]),
        themes,
        st.sampled_from(["marketing", "service"]),
    ),
)  # fmt: skip
# After how long it happens, and how late it is heard of.
steps = st.tuples(
    st.sampled_from([0, MINUTE, 10 * MINUTE, HOUR, 5 * HOUR, 9 * HOUR, DAY, 4 * DAY]),
    bodies,
    st.sampled_from([0, 0, 0, 0, HOUR, 2 * DAY]),
    st.booleans(),  # does the dispatcher of the latest command report, by its id, instead?
)
stories = st.lists(steps, min_size=8, max_size=40)
Story = list[tuple[int, Body, int, bool]]


def told(story: Story, reachable: bool = True, consents: bool = True, policy: CompiledPolicy = COMPILED) -> Log:
    """The story as a log: a person we can reach and who agreed to all, to begin with."""
    log = Log(policy)
    log.happen(ProfileUpdate(REACHABLE if reachable else (), {"age": 40}, "Ada", "en"))
    for name in CONSENTS if consents else ():
        log.happen(consent(name))
    for after, body, late, reports in story:
        commands = log.commands()
        if reports and commands and isinstance(body, ActionOutcome):
            report = ActionOutcome(body.status, commands[-1].action_id, commands[-1].action)
            log.happen(report, after, late=late)
        else:
            log.happen(body, after, late=late)
    return log


def walk(log: Log) -> Iterator[tuple[PartyEvent, list[Deliver], DecisionRecord]]:
    """Each event with the commands and the one record that came of it."""
    for event, effects in log.history:
        (record,) = [e for e in effects if isinstance(e, DecisionRecord)]
        yield event, [e for e in effects if isinstance(e, Deliver)], record


def marketing(command: Deliver) -> bool:
    return command.action_class == "marketing"


# ---- contact policy ------------------------------------------------------------------------------------------------

Made = tuple[int, str, str, str, str, bool, str]  # at, channel, class, purpose, theme, rider, action


def contacts(log: Log) -> list[tuple[Made, bool]]:
    """Every contact in the order of the log, and whether it was ours to decide; failed ones were none."""
    failed = {
        e.body.action_id for e, _ in log.history if isinstance(e.body, ActionOutcome) and e.body.status == "failed"
    }
    found: list[tuple[Made, bool]] = []
    for event, commands, _ in walk(log):
        body = event.body
        if isinstance(body, Touchpoint) and body.direction is Direction.OUTBOUND:
            given = {k: str(v) for k, v in body.attributes.items()}
            row = (event.at, body.channel.value, given["action_class"], given["purpose"], body.theme, False, "outside")
            found.append((row, False))
        for c in commands:
            if SMALL.actions[c.action].internal or c.action_id in failed:
                continue
            found.append(((c.at, c.channel, c.action_class, c.purpose, c.theme, False, c.action), True))
            found += [((c.at, c.channel, "marketing", r.purpose, r.theme, True, r.action), True) for r in c.riders]
    return found


def counts(cap: Cap, made: Made) -> bool:
    _, channel, held, purpose, theme, rider, _ = made
    return (
        held in cap.counts
        and (not cap.channels or channel in cap.channels)
        and (not cap.purposes or purpose in cap.purposes)
        and (not cap.themes or theme in cap.themes)
        and (not rider or bool(cap.purposes or cap.themes))
    )


@settings(max_examples=150, derandomize=True)
@given(stories)
def test_no_rolling_window_is_over_its_cap(story: Story) -> None:
    """When a contact of ours that a cap both limits and counts is made, no window that holds it is over the cap.

    Contacts of other systems and of classes the cap does not limit take room; they are known when they come before.
    """
    made = contacts(told(story))
    for index, (one, ours) in enumerate(made):
        before = [m for m, _ in made[: index + 1]]
        for cap in CONTACT.caps:
            if not ours or one[2] not in cap.limits or not counts(cap, one):
                continue
            window = [m for m in before if counts(cap, m) and one[0] - cap.window < m[0] <= one[0]]
            assert len(window) <= cap.limit, (cap.name, window)


@settings(max_examples=100, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from([0, MINUTE, HOUR, 7 * HOUR, DAY]), st.builds(view, themes)), max_size=60))
def test_no_window_anywhere_is_over_its_cap_when_all_contacts_are_ours(views: list[tuple[int, Body]]) -> None:
    """Every window, wherever it ends, planned contacts included."""
    log = told([(after, body, 0, False) for after, body in views])
    log.wait(5 * DAY)
    made = [m for m, _ in contacts(log)]
    for cap in CONTACT.caps:
        times = sorted(m[0] for m in made if counts(cap, m))
        for end in times:
            assert cap.limit >= sum(1 for t in times if end - cap.window < t <= end), cap.name


@settings(max_examples=100, derandomize=True)
@given(stories)
def test_spacing_sequence_exclusion_and_cooldown_are_kept(story: Story) -> None:
    """A contact of ours keeps its distance from every contact known before it."""
    made = contacts(told(story))
    for index, (one, ours) in enumerate(made):
        if not ours:
            continue
        at, _, held, _, _, rider, name = one
        for before, _ in made[:index]:
            apart = abs(at - before[0])
            if not rider and not before[5]:
                for spacing in CONTACT.spacings:
                    assert held not in spacing.limits or before[2] not in spacing.counts or apart >= spacing.gap
            for rule in CONTACT.sequences:
                assert (before[6], name) != (rule.first, rule.then) or not 0 <= at - before[0] < rule.within
            for group in CONTACT.exclusions:
                assert name not in group.actions or before[6] not in group.actions or apart >= group.within
            if before[6] == name:
                assert apart >= SMALL.actions[name].cooldown


@settings(max_examples=100, derandomize=True)
@given(stories)
def test_no_command_in_quiet_hours(story: Story) -> None:
    """By the clock of the party's zone (UTC here), minute by minute."""
    log = told(story)
    log.wait(3 * DAY)
    for command in log.commands():
        rules = SMALL.actions[command.action]
        quiet = CONTACT.quiet_hours.get(command.channel)
        if quiet is None or rules.internal or rules.ignores_quiet_hours:
            continue
        local = datetime.fromtimestamp(command.at / 1000, UTC)
        minute = local.hour * 60 + local.minute
        wraps = quiet.start > quiet.end
        silent = (minute >= quiet.start or minute < quiet.end) if wraps else quiet.start <= minute < quiet.end
        assert not silent
        assert local.weekday() not in quiet.closed_weekdays


# ---- consent -------------------------------------------------------------------------------------------------------


@settings(max_examples=150, derandomize=True)
@given(stories, st.booleans())
def test_no_offer_without_the_consents_of_its_purpose_at_emission(story: Story, consents: bool) -> None:
    """Also for riders. A withdrawal always counts; a grant older than the latest withdrawal never."""
    log = told(story, consents=consents)
    log.wait(3 * DAY)
    granted: dict[str, bool] = {}
    withdrawn: dict[str, int] = {}
    for event, commands, _ in walk(log):
        body = event.body
        if isinstance(body, ConsentChange):
            if not body.granted:
                withdrawn[body.consent] = max(event.at, withdrawn.get(body.consent, 0))
                granted[body.consent] = False
            elif granted.get(body.consent, True) or event.at >= withdrawn[body.consent]:
                granted[body.consent] = True
        for command in commands:
            for purpose in [command.purpose, *(r.purpose for r in command.riders)]:
                assert all(granted.get(c, False) for c in NEEDED.get(purpose, ()))


@settings(max_examples=100, derandomize=True)
@given(stories, st.booleans())
def test_nothing_is_learnt_without_profiling(story: Story, consents: bool) -> None:
    """No example leaves while `profiling` is denied, and none of a contact chosen while it was."""
    log = told(story, consents=consents)
    chosen_with: dict[str, bool] = {}
    given, withdrawn = False, -1
    for event, effects in log.history:
        body = event.body
        if isinstance(body, ConsentChange) and body.consent == "profiling":
            if not body.granted:
                given, withdrawn = False, max(withdrawn, event.at)
            elif given or event.at >= withdrawn:
                given = True
        for effect in effects:
            if isinstance(effect, Deliver):
                chosen_with[effect.action_id] = given
            if isinstance(effect, Learn):
                assert given
                assert chosen_with.get(effect.example_id.split("/")[0], True)


# ---- records, rows, needs ------------------------------------------------------------------------------------------


@settings(max_examples=100, derandomize=True)
@given(stories)
def test_every_event_has_one_record_and_time_never_goes_back(story: Story) -> None:
    """One record an event (`walk` unpacks exactly one), of this event and party, at a time not before the last."""
    log = told(story)
    log.wait(3 * DAY)
    last = 0
    for event, commands, record in walk(log):
        assert (event.event_id, event.party, event.at) == (record.event_id, record.party, record.occurred_at)
        assert record.at >= last
        assert all(c.at == record.at for c in commands)
        last = record.at


@settings(max_examples=100, derandomize=True)
@given(stories)
def test_probabilities_of_the_feasible_set_and_silence_sum_to_one(story: Story) -> None:
    """For the choice itself, and for the riders' choice beside it; each option keeps its share of exploration."""
    log = told(story)
    for _, _, record in walk(log):
        if record.disposition is not Disposition.DECIDED:
            continue
        main = [s for s in record.scored if not SMALL.actions[s.action].rides_on]
        if record.confirmation:  # nothing was drawn: the probability is the one of the choice
            assert record.silence_probability in (0.0, 1.0)
            continue
        assert abs(1.0 - sum(s.probability for s in main) - record.silence_probability) < 1e-9
        assert all(0.0 <= s.probability <= 1.0 for s in record.scored)
        riders = sum(s.probability for s in record.scored if SMALL.actions[s.action].rides_on)
        assert riders < 1.0 + 1e-9
        if any(s.action == record.chosen and marketing_name(s.action) for s in main):
            above = [s for s in main if s.score > SMALL.arbitration.silence_score]
            spent = max(s.probability for s in main) == 1.0  # the budget for exploration
            floor = 0.0 if spent else SMALL.arbitration.exploration / (len(above) + 1)
            assert all(s.probability >= floor - 1e-12 for s in above)
            assert all(s.probability == 0.0 for s in main if s not in above)


def marketing_name(name: str) -> bool:
    return SMALL.actions[name].action_class == "marketing"


@settings(max_examples=100, derandomize=True)
@given(stories)
def test_chosen_or_held_back_every_candidate_is_in_the_record_once(story: Story) -> None:
    """The chosen action is scored without a reason; every other one scored has a reason; none is scored and blocked."""
    for _, commands, record in walk(told(story)):
        if record.disposition is not Disposition.DECIDED:
            continue
        scored = {s.action: s.reason for s in record.scored}
        assert len(scored) == len(record.scored)
        won = {record.chosen, *record.riders} - {""}
        assert won == {name for name, reason in scored.items() if reason is None}
        gates = {b.action for b in record.blocked if b.reason not in ("cancelled",)}
        follow_ups = {f.action for name in won for f in SMALL.actions[name].follow_ups}
        assert not (gates & set(scored)) - follow_ups
        for command in commands:
            assert (command.action, command.action_id) == (record.chosen, record.action_id)
            assert list(record.riders) == [r.action for r in command.riders]


@settings(max_examples=100, derandomize=True)
@given(stories)
def test_action_ids_are_unique(story: Story) -> None:
    """One command an action id: what was planned goes out under the id it was planned with, once."""
    log = told(story)
    log.wait(3 * DAY)
    ids = [c.action_id for c in log.commands()]
    assert len(ids) == len(set(ids))
    planned = {r.action_id for r in log.records() if r.placed_at > r.at}
    made = {r.action_id for r in log.records() if r.chosen and r.placed_at <= r.at}
    assert set(ids) == made
    assert planned | made >= set(ids)


@settings(max_examples=150, derandomize=True)
@given(stories, st.booleans(), st.booleans(), POLICIES)
def test_every_need_ends_and_says_how(story: Story, reachable: bool, consents: bool, policy: CompiledPolicy) -> None:
    """A need that leaves the row is in a record's ends; when enough time has passed, none is left."""
    log = told(story, reachable, consents, policy)
    log.wait(20 * DAY)
    open_before: dict[str, str] = {}
    for (event, effects), row in zip(log.history, rows_after(log), strict=True):
        (record,) = [e for e in effects if isinstance(e, DecisionRecord)]
        now = {n.id: n.kind for n in row.needs}
        gone = sorted(kind for need, kind in open_before.items() if need not in now)
        ends = sorted(c.kind for c in record.needs_closed if c.end is not NeedEnd.PROMISED)
        assert not [kind for kind in gone if gone.count(kind) > ends.count(kind)], event
        assert all(c.detail for c in record.needs_closed)
        open_before = now
    assert [] == log.party().needs


@settings(max_examples=150, derandomize=True)
@given(stories)
def test_answered_means_delivered(story: Story) -> None:
    """Where channels report, a need ends answered only by a report that its answer arrived."""
    log = told(story, policy=REPORTING)
    log.wait(20 * DAY)
    for event, _, record in walk(log):
        if any(c.end is NeedEnd.ANSWERED for c in record.needs_closed):
            assert isinstance(event.body, ActionOutcome)
            assert event.body.status not in (OutcomeStatus.FAILED, OutcomeStatus.NO_ANSWER)


@settings(max_examples=150, derandomize=True)
@given(stories)
def test_an_answer_that_failed_is_not_tried_again_on_its_channel(story: Story) -> None:
    """The same action on the same channel goes out once a need; more often only where there were more needs."""
    log = told(story, policy=REPORTING)
    log.wait(20 * DAY)
    opened = sum(
        isinstance(e.body, Touchpoint) and e.body.kind in ("post", "form", "complaint") for e, _ in log.history
    )
    made = Counter((c.action, c.channel) for c in log.commands() if c.answers)
    assert all(times <= opened for times in made.values())


def rows_after(log: Log) -> list[Party]:
    """The row as each event left it: the log told again, event by event."""
    again, rows = Log(log.policy), []
    for (event, _), again.at in zip(log.history, log.clock, strict=True):
        again.take(event)
        rows.append(decode(again.rows["p"]))
    return rows


@settings(max_examples=100, derandomize=True)
@given(st.lists(steps, min_size=30, max_size=80), st.booleans(), POLICIES)
def test_row_is_bounded_and_consistent(story: Story, reachable: bool, policy: CompiledPolicy) -> None:
    """Every list keeps its bound; every reservation has the timer that will use it; no timer is in the past."""
    log = told(story, reachable, policy=policy)
    row = log.party()
    assert len(row.timers) <= TIMERS
    assert len(row.needs) <= NEEDS
    assert len(row.touches) <= RECENT_TOUCHES
    assert len(row.pending) <= PENDING
    assert len(row.interests) <= INTERESTS
    assert len(row.recent) <= RECENT_EVENTS
    assert len(log.rows["p"]) < 12_000
    held = {t.action_id for t in row.timers}
    assert [] == [c for c in row.contacts if c.planned and c.action_id not in held]
    assert [] == [t for t in row.timers if t.due < log.at]
    ids = [t.id for t in row.timers]
    assert len(ids) == len(set(ids))
    waiting = {t.need for t in row.timers}
    assert [] == [n for n in row.needs if n.id not in waiting]


@settings(max_examples=60, derandomize=True)
@given(stories)
def test_second_delivery_of_everything_changes_nothing(story: Story) -> None:
    """Each event twice in a row: same commands, same row."""
    once, twice = told(story), Log()
    for (event, _), twice.at in zip(once.history, once.clock, strict=True):
        twice.take(event)
        effects = twice.take(event)
        assert Disposition.DUPLICATE == effects[-1].disposition  # type: ignore[union-attr]
        assert 1 == len(effects)
    assert once.commands() == twice.commands()
    assert once.rows == twice.rows


@settings(max_examples=60, derandomize=True)
@given(stories)
def test_stale_and_unknown_timers_change_nothing(story: Story) -> None:
    """Every timer that ever fired, fired again, and one nobody set: no effect but a record."""
    log = told(story)
    fired = [e for e, _ in log.history if isinstance(e.body, TimerFired)]
    before = log.rows["p"]
    for event in [*fired, PartyEvent("x", "p", log.at, TimerFired("nobody", log.at))]:
        effects = log.take(event)
        assert [Disposition.DUPLICATE] == [e.disposition for e in effects if isinstance(e, DecisionRecord)]
        assert 1 == len(effects)
    assert before == log.rows["p"]
