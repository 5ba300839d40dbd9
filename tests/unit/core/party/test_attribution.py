"""Attribution: whose outcome it is, what it teaches, and that nothing is learnt without profiling."""

import pytest
from msgspec.structs import replace

from garbo.core.policy.vocabulary import DEFAULT, DISCOURAGING, LABELS, REFUSING, Meaning
from garbo.core.vocabulary.defaults import OutcomeStatus
from garbo.core.vocabulary.effects import Learn
from garbo.core.vocabulary.events import ActionOutcome
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from tests.unit.core.small import SMALL, Log, consent, known, outcome, touch, view, with_actions

SURE = with_actions(
    *SMALL.actions.values(), arbitration=replace(SMALL.arbitration, exploration=0.0, pressure_weight=0.0)
)


def offered(*consents: str) -> Log:
    """One e-mail offer went out at noon."""
    log = known(Log(SURE), "own_promotion", *consents)
    log.happen(view("card"))
    assert ["offer_email"] == log.names()
    return log


def learnt(log: Log) -> list[Learn]:
    return [e for e in log.effects() if isinstance(e, Learn)]


WINDOW = SMALL.models["f"].target.window


@pytest.mark.parametrize("status", list(OutcomeStatus))
def test_label_of_every_status(status: OutcomeStatus) -> None:
    """Accepted is 1; a refusal, in whatever form, and silence 0; what never arrived has no label."""
    log = offered("profiling")
    log.happen(outcome(status.value, log.commands()[0].action_id), HOUR)
    assert [] == learnt(log)
    log.wait(WINDOW)
    assert ([] if status is OutcomeStatus.FAILED else [LABELS[DEFAULT.meaning(status)] or 0]) == [
        e.label for e in learnt(log)
    ]


def test_example_is_what_was_known_at_the_choice() -> None:
    """Features, probability and version of then; the age that changed meanwhile does not leak in."""
    log = offered("profiling")
    command = log.commands()[0]
    log.happen(ActionOutcome(OutcomeStatus.ACCEPTED, command.action_id, attributes={"age": 77}), HOUR)
    log.wait(WINDOW)
    (example,) = learnt(log)
    assert (f"{command.action_id}/offer_email/close", {"age": 40.0}, 1.0, 0.2, "offer_email", 10.0, "email") == (
        example.example_id, example.features, example.probability, example.propensity, example.action, example.value,
        example.channel,
    )  # fmt: skip


def test_one_label_a_contact_and_a_yes_wins() -> None:
    log = offered("profiling")
    for status in ("delivered", "refused", "accepted", "refused"):
        log.happen(outcome(status, log.commands()[0].action_id), MINUTE)
    log.wait(3 * WINDOW)
    assert [1] == [e.label for e in learnt(log)]


def test_outcome_by_name_is_the_latest_such_contact() -> None:
    log = offered("profiling")
    log.happen(view("card"), 2 * DAY)
    log.happen(outcome("accepted", action="offer_email"), HOUR)
    first, second = log.commands()
    assert [(first.action_id, False), (second.action_id, True)] == [
        (p.action_id, p.answered) for p in log.party().pending
    ]
    log.happen(outcome("accepted", action="offer_email"), HOUR)  # the other one is answered then
    log.wait(WINDOW)
    assert [1, 1] == [e.label for e in learnt(log)]


def test_outcome_by_name_after_its_time_is_not_ours() -> None:
    """A month later it answers something else: an example of another system's, with probability 0."""
    log = offered("profiling")
    log.happen(outcome("accepted", action="offer_email"), 2 * WINDOW + 1)
    assert [("close", 1.0, 0), ("outside", 0.0, 1)] == [(e.kind, e.probability, e.label) for e in learnt(log)]


def test_second_outcome_by_name_is_no_other_systems_contact() -> None:
    log = offered("profiling")
    for _ in range(3):
        log.happen(outcome("accepted", action="offer_email"), DAY)
    log.wait(WINDOW)
    log.happen(outcome("accepted", action="offer_email"))
    assert [("close", 1)] == [(e.kind, e.label) for e in learnt(log)]


def test_unknown_id_teaches_nothing() -> None:
    log = offered("profiling")
    log.happen(outcome("accepted", "a-of-somebody-else", "offer_email"))
    assert [] == learnt(log)


def test_contact_of_another_system_teaches_with_its_own_features() -> None:
    log = known(Log(), "profiling")
    log.happen(ActionOutcome(OutcomeStatus.ACCEPTED, action="offer_sms", attributes={"age": 55}))
    assert [("offer_sms", {"age": 55.0}, 0.0)] == [(e.action, e.features, e.probability) for e in learnt(log)]


@pytest.mark.parametrize("when", ["never", "withdrawn before the choice", "withdrawn after the choice"])
def test_nothing_is_learnt_without_profiling(when: str) -> None:
    log = known(Log(SURE), "own_promotion", *(() if when == "never" else ("profiling",)))
    if when == "withdrawn before the choice":
        log.happen(consent("profiling", False), MINUTE)
    log.happen(view("card"), MINUTE)
    if when == "withdrawn after the choice":
        log.happen(consent("profiling", False), MINUTE)
    log.happen(outcome("accepted", log.commands()[0].action_id), MINUTE)
    log.happen(outcome("accepted", action="offer_sms"), MINUTE)
    log.wait(3 * WINDOW)
    assert [] == learnt(log)


def test_profiling_given_later_does_not_teach_what_was_chosen_without() -> None:
    log = offered()
    log.happen(consent("profiling"), MINUTE)
    log.happen(outcome("accepted", log.commands()[0].action_id), MINUTE)
    log.wait(3 * WINDOW)
    assert [] == learnt(log)


def test_withdrawn_profiling_takes_the_features_off_the_row() -> None:
    """What was gathered for learning is not kept for somebody from whom we may not learn."""
    log = offered("profiling")
    assert [{"age": 40.0}] == [p.features for p in log.party().pending]
    log.happen(consent("profiling", False), MINUTE)
    assert [None] == [p.features for p in log.party().pending]


def test_service_teaches_nothing() -> None:
    log = known(Log(SURE), "profiling")
    log.happen(touch("complaint"))
    log.happen(outcome("accepted", log.commands()[0].action_id), MINUTE)
    assert [] == learnt(log)


def test_every_meaning_has_a_label_and_discouraging_ones_include_the_negative() -> None:
    assert set(Meaning) == set(LABELS)
    assert set(OutcomeStatus) == set(DEFAULT.statuses)
    assert REFUSING < DISCOURAGING
    assert {0} == {LABELS[s] for s in DISCOURAGING}


def test_offer_that_rode_along_is_accepted_only_by_name() -> None:
    """Who accepts the call has not accepted the offer it carried."""
    log = known(Log(SURE), "own_promotion", "profiling")
    log.happen(touch("complaint", "card"))
    (call,) = log.commands()
    log.happen(outcome("accepted", call.action_id), MINUTE)
    assert [False] == [bool(p.yes_at) for p in log.party().pending if p.action == "rider_card"]
    log.happen(outcome("accepted", call.action_id, "rider_card"), MINUTE)
    log.wait(WINDOW)
    assert [("rider_card", 1)] == [(e.action, e.label) for e in learnt(log)]
