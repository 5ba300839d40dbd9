"""Labels: at the close or early, late yeses, conversions, and what is given up. Each contact has one."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from garbo.core.party import labels
from garbo.core.party.state import FEATURES, Party, Pending
from garbo.core.policy.channels import ChannelPolicy
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.models import Target
from garbo.core.policy.policy import Learning
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import DecisionRecord, Flow, Learn, Unlearnt
from garbo.core.vocabulary.events import PartyEvent
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import Disposition
from tests.unit.core.small import SMALL, Log, action, consent, known, outcome, touch, view, with_actions

WINDOW = 7 * DAY
REPORTING = {"email": ChannelPolicy("email", 4 * HOUR), "sms": ChannelPolicy("sms", HOUR, reports_seen=False)}


def small(target: Target = Target(window=WINDOW), **changed: object) -> CompiledPolicy:  # noqa: B008
    model = replace(SMALL.models["f"], target=target)
    fields: dict[str, object] = {
        "models": {"f": model},
        "arbitration": replace(SMALL.arbitration, exploration=0.0, pressure_weight=0.0),
        **changed,
    }
    return with_actions(*SMALL.actions.values(), **fields)


def offered(policy: CompiledPolicy, theme: str = "card", *consents: str) -> Log:
    log = known(Log(policy), "own_promotion", "profiling", *consents)
    log.happen(view(theme))
    assert 1 == len(log.commands())
    return log


def learnt(log: Log) -> list[tuple[str, int]]:
    return [(e.kind, e.label) for e in log.effects() if isinstance(e, Learn)]


# ---- at the close


def test_silence_is_a_no_when_the_window_closes_and_not_before() -> None:
    log = offered(small())
    log.wait(WINDOW - 1)
    assert [] == learnt(log)
    log.wait(1)
    assert [("close", 0)] == learnt(log)
    assert [] == [t for t in log.party().timers if t.intent == labels.INTENT]


def test_the_timers_decision_scores_nothing_and_does_nothing_else() -> None:
    log = offered(small())
    before = log.party()
    log.wait(WINDOW)
    *others, record = log.history[-1][1]
    assert isinstance(record, DecisionRecord)
    assert (Disposition.DECIDED, "label", (), (), "") == (
        record.disposition, record.intent, record.scored, record.blocked, record.chosen,
    )  # fmt: skip
    assert [Learn] == [type(effect) for effect in others if not isinstance(effect, Flow)]  # that it was ignored
    assert before.contacts == log.party().contacts


def test_window_of_the_channel_counts() -> None:
    log = offered(small(Target(window=WINDOW, windows={"email": DAY})))
    log.wait(DAY)
    assert [("close", 0)] == learnt(log)


def test_one_timer_at_the_earliest_close() -> None:
    log = offered(small())
    log.happen(view("card"), 2 * DAY)
    first, second = (p.closes for p in log.party().pending)
    assert [first] == [t.due for t in log.party().timers if t.intent == labels.INTENT]
    log.wait(WINDOW - 2 * DAY)
    assert [second] == [t.due for t in log.party().timers if t.intent == labels.INTENT]


def test_yes_is_learnt_at_the_close() -> None:
    log = offered(small())
    log.happen(outcome("accepted", log.commands()[0].action_id), HOUR)
    assert [] == learnt(log)
    log.wait(WINDOW)
    assert [("close", 1)] == learnt(log)


def test_yes_after_the_close_is_late_for_as_long_as_the_window_again() -> None:
    for after, found in ((WINDOW, [("close", 0), ("late_yes", 1)]), (WINDOW + 1, [("close", 0)])):
        log = offered(small())
        log.wait(WINDOW)
        log.happen(outcome("accepted", log.commands()[0].action_id), after)
        log.happen(outcome("accepted", log.commands()[0].action_id))
        assert found == learnt(log)


def test_late_yes_can_be_switched_off() -> None:
    log = offered(small(learning=Learning(late_windows=0)))
    log.wait(WINDOW)
    log.happen(outcome("accepted", log.commands()[0].action_id), HOUR)
    assert [("close", 0)] == learnt(log)


def test_yes_of_before_the_close_that_arrives_while_the_timer_waits_is_in_time() -> None:
    """An outage: the timer is decided after what waited on the log. What happened counts, not when it was read."""
    for late, found in ((2 * HOUR, [("close", 1)]), (0, [("close", 0), ("late_yes", 1)])):
        log = offered(small())
        log.at += WINDOW + HOUR  # nothing was decided meanwhile
        report = outcome("accepted", log.commands()[0].action_id)
        log.take(PartyEvent("report", "p", log.at - late, report, 99))  # before the timer, in the order of the log
        log.wait(0)
        assert found == sorted(learnt(log))


# ---- early


def test_early_no_comes_with_the_contact_and_the_yes_when_it_comes() -> None:
    log = offered(small(Target(window=WINDOW, learn="early")))
    assert [("early_no", 0)] == learnt(log)
    log.happen(outcome("accepted", log.commands()[0].action_id), HOUR)
    log.happen(outcome("accepted", log.commands()[0].action_id), HOUR)
    log.wait(3 * WINDOW)
    assert [("early_no", 0), ("early_yes", 1)] == learnt(log)
    assert [] == [t for t in log.party().timers if t.intent == labels.INTENT]


def test_early_yes_after_the_window_is_late() -> None:
    log = offered(small(Target(window=WINDOW, learn="early")))
    log.happen(outcome("accepted", log.commands()[0].action_id), WINDOW + 1)
    assert [("early_no", 0), ("late_yes", 1)] == learnt(log)


def test_early_no_waits_for_the_channels_report() -> None:
    for status, found in (("delivered", [("early_no", 0)]), ("failed", [])):
        log = offered(small(Target(window=WINDOW, learn="early"), channels=REPORTING))
        assert [] == learnt(log)
        log.happen(outcome(status, log.commands()[0].action_id), HOUR)
        log.wait(2 * WINDOW)
        assert found == learnt(log)


# ---- was it made, was it seen


@pytest.mark.parametrize(("status", "found"), [("", []), ("failed", []), ("delivered", [("close", 0)])])
def test_contact_that_was_never_reported_where_the_channel_reports_teaches_nothing(
    status: str, found: list[tuple[str, int]]
) -> None:
    log = offered(small(channels=REPORTING))
    if status:
        log.happen(outcome(status, log.commands()[0].action_id), HOUR)
    log.wait(3 * WINDOW)
    assert found == learnt(log)


BUY = Target("account_opened", window=WINDOW)


@pytest.mark.parametrize(
    ("channels", "theme", "status", "label"),
    [
        ({}, "card", "", 1),  # nothing reports: what was sent counts as seen
        (REPORTING, "card", "delivered", 0),  # it says when it was opened, and did not
        (REPORTING, "card", "opened", 1),
        (REPORTING, "card", "refused", 1),  # who says no has seen it
        (REPORTING, "loan", "delivered", 1),  # an SMS: nobody says that it was read
    ],
)
def test_conversion_is_the_merit_of_what_was_seen(
    channels: dict[str, ChannelPolicy], theme: str, status: str, label: int
) -> None:
    log = offered(small(BUY, channels=channels), theme)
    if status:
        log.happen(outcome(status, log.commands()[0].action_id), HOUR)
    log.happen(touch("account_opened", theme), HOUR)
    log.wait(WINDOW)
    assert ([("close", label)] if status or not channels else []) == learnt(log)


@pytest.mark.parametrize(
    ("target", "theme", "label"), [("", "card", 1), ("", "", 1), ("", "loan", 0), ("loan", "loan", 1), ("loan", "", 0)]
)
def test_conversion_is_about_the_targets_theme_or_the_contacts(target: str, theme: str, label: int) -> None:
    log = offered(small(replace(BUY, theme=target)))
    log.happen(touch("account_opened", theme), HOUR)
    log.wait(WINDOW)
    assert [("close", label)] == learnt(log)


def test_conversion_is_the_merit_of_the_latest_contact_alone() -> None:
    log = offered(small(BUY))
    log.happen(view("card"), 2 * DAY)
    for _ in range(2):
        log.happen(touch("account_opened", "card"), HOUR)
    log.wait(WINDOW)
    assert [("close", 0), ("close", 1)] == learnt(log)


def test_acceptance_is_no_conversion() -> None:
    log = offered(small(BUY))
    log.happen(outcome("accepted", log.commands()[0].action_id), HOUR)
    log.wait(WINDOW)
    assert [("close", 0)] == learnt(log)


def test_acceptance_by_name_on_the_contacts_channel_answers_it() -> None:
    log = offered(small(channels=REPORTING))
    log.happen(outcome("accepted", action="offer_email", channel=Channel.EMAIL), HOUR)
    log.wait(WINDOW)
    assert [("close", 1)] == learnt(log)


def test_acceptance_by_name_is_not_the_merit_of_what_nobody_opened() -> None:
    for status, label in (("delivered", 0), ("opened", 1)):
        log = offered(small(channels=REPORTING))
        log.happen(outcome(status, log.commands()[0].action_id), HOUR)
        log.happen(outcome("accepted", action="offer_email"), HOUR)
        log.wait(WINDOW)
        assert [("close", label)] == learnt(log)


# ---- consent


@pytest.mark.parametrize("name", ["profiling", "personal_data"])
@pytest.mark.parametrize("learn", ["close", "early"])
def test_who_withdrew_in_between_is_forgotten_even_if_they_consent_again(name: str, learn: str) -> None:
    log = offered(small(Target(window=WINDOW, learn=learn)))
    already = learnt(log)
    log.happen(consent(name, False), HOUR)
    assert [] == [t for t in log.party().timers if t.intent == labels.INTENT]
    log.happen(consent(name), HOUR)
    log.happen(outcome("accepted", log.commands()[0].action_id), HOUR)
    log.wait(3 * WINDOW)
    assert already == learnt(log)


# ---- the row


def test_every_model_of_the_family_learns_with_what_the_contest_was() -> None:
    champion = replace(SMALL.models["f"], target=Target(window=WINDOW))
    challenger = replace(champion, id="g", families=("f",), role="challenger", of="f", share=0.1)
    policy = small(models={"g": challenger, "f": champion}).policy
    row = known(Log(), "profiling").party()
    row.pending = [
        Pending("a", "offer_email", "f", "email", "card", 7, 0.5, 0.2, "f@1", {"age": 1.0}, contest="g",
                champion_probability=0.9, challenger_probability=0.4, value=10.0, cost=0.5)
    ]  # fmt: skip
    labels.prune(row, policy, 0)
    found = labels.close(row, policy, WINDOW + 7)
    assert [("f", -1.0, -1.0, 10.0, 0.5, 7), ("g", 0.9, 0.4, 10.0, 0.5, 7)] == [
        (e.model, e.champion_probability, e.challenger_probability, e.value, e.cost, e.decided_at) for e in found
    ]


def test_what_the_row_cannot_hold_is_given_up_and_counted() -> None:
    policy = small(learning=Learning(pending_at_most=3)).policy
    row = Party("p", pending=[waiting(n) for n in range(5)])
    row.pending[3].answered, row.pending[3].closes = True, 0  # nothing is awaited of it: it goes first
    row.pending[0].labelled = True
    assert [Unlearnt("f", "yes")] == labels.bound(row, policy)
    assert ["a-1", "a-2", "a-4"] == [p.action_id for p in row.pending]


def test_features_of_a_row_are_bounded_together() -> None:
    row = Party("p", pending=[waiting(n, FEATURES // 4) for n in range(5)])
    assert [Unlearnt("f", "label")] == labels.bound(row, small().policy)
    assert 4 == len(row.pending)


def waiting(number: int, features: int = 1) -> Pending:
    values = {f"x{n}": 1.0 for n in range(features)}
    return Pending(f"a-{number}", "offer", "f", "sms", "", number, 1.0, 0.1, "", values, closes=9, until=99)


def test_contact_of_an_older_row_gets_its_window() -> None:
    log = offered(small())
    row = log.party()
    row.pending = [replace(p, closes=0, until=0) for p in row.pending]
    row.timers = [t for t in row.timers if t.intent != labels.INTENT]
    labels.prune(row, log.policy.policy, log.at)
    labels.wind(row)
    assert [row.pending[0].at + WINDOW] == [t.due for t in row.timers if t.intent == labels.INTENT]


def test_row_forgets_an_answered_contact_in_the_end() -> None:
    log = offered(small())
    log.happen(outcome("accepted", log.commands()[0].action_id), HOUR)
    log.wait(2 * WINDOW)
    log.happen(touch("page_view"), HOUR)
    assert [] == log.party().pending


OFFERS = tuple(action(f"offer_{n}", when=SMALL.actions["offer_email"].when, theme="card") for n in range(2))
MOVES = st.one_of(
    st.tuples(st.just("view"), st.just("")),
    st.tuples(st.just("buy"), st.just("")),
    st.tuples(st.sampled_from(["delivered", "opened", "accepted", "refused", "failed", "no_answer"]), st.just("id")),
    st.tuples(st.sampled_from(["accepted", "refused"]), st.just("name")),
)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    st.lists(st.tuples(MOVES, st.integers(0, 5), st.sampled_from([MINUTE, HOUR, DAY, 4 * DAY, WINDOW])), max_size=40),
    st.sampled_from(["close", "early"]),
    st.booleans(),
    st.booleans(),
)
def test_each_contact_that_was_made_has_one_label(
    story: list[tuple[tuple[str, str], int, int]], learn: str, converts: bool, reports: bool
) -> None:
    """Whatever is reported, and in whatever order: one no or yes, and at most one yes after a no."""
    target = Target("account_opened" if converts else "", window=WINDOW, learn=learn)
    policy = small(target, channels=REPORTING if reports else {}, learning=Learning(pending_at_most=24))
    log, failed = known(Log(policy), "own_promotion", "profiling"), set[str]()
    for (what, by), which, after in story:
        made = log.commands()
        if what == "view":
            log.happen(view("card"), after)
        elif what == "buy":
            log.happen(touch("account_opened", "card"), after)
        elif made and by:
            about = made[which % len(made)]
            log.happen(outcome(what, about.action_id) if by == "id" else outcome(what, action=about.action), after)
            failed |= {about.action_id} if what == "failed" else set()
    log.wait(3 * WINDOW)
    given_by: dict[str, list[Learn]] = defaultdict(list)
    for example in log.effects():
        if isinstance(example, Learn) and example.kind != "outside":
            given_by[example.example_id.split("/")[0]].append(example)
    known_made = {p.action_id for row in log.parties() for p in row.pending if p.reported}
    offers = {c.action_id for c in log.commands() if c.action_class == "marketing"}
    assert set(given_by) <= offers
    first = ("close", 0), ("close", 1)
    for contact, examples in given_by.items():
        kinds = [(e.kind, e.label) for e in examples]
        if learn == "close":
            assert kinds in ([first[0]], [first[1]], [first[0], ("late_yes", 1)])
        else:
            assert kinds in ([("early_no", 0)], [("early_no", 0), ("early_yes", 1)], [("early_no", 0), ("late_yes", 1)])
        assert contact in offers
    if not reports:
        assert offers - failed <= set(given_by)
    else:
        assert known_made & offers - failed <= set(given_by)
