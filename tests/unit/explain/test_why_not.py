"""Why not X? Every action of the catalogue has an answer at every decision, and the answer agrees with the record."""

from string import Formatter

import msgspec
import pytest

from garbo.core.vocabulary.effects import Blocked, DecisionRecord, Scored
from garbo.core.vocabulary.points import Point
from garbo.core.vocabulary.reasons import Disposition, Reason
from garbo.explain.answers import explain_why_not
from garbo.explain.record import LANGUAGES, Language
from garbo.explain.why_not import Answer, Why, why_not
from tests.unit.explain.catalogue import ACTIONS, POLICY, history
from tests.unit.explain.claims import agrees

ROME = "Europe/Rome"
NOW = 1_709_550_000_000  # 4 March 2024, 12:00 in Rome
RECORD = DecisionRecord(
    "d-1", "p-1", "e-1", "touchpoint", "page_view", NOW, NOW, Disposition.DECIDED, "v1", lifecycle="lead",
    point=Point.EVENT, channel="web",
)  # fmt: skip


def record(**changes: object) -> DecisionRecord:
    return msgspec.structs.replace(RECORD, **changes)


def scored(action: str, reason: Reason | None, probability: float = 0.0, score: float = -1.0) -> Scored:
    return Scored(action, 1, -1, 0, 1, 1, 10, 0, 1, 0, 1, score, probability, NOW, reason, "email")


ASKS = {"event_kind": "slot_viewed", "point": Point.INBOUND}
CLOCK = {"event_type": "timer", "event_kind": "silence", "intent": "proactive", "point": Point.PROACTIVE,
         "causes": ("silence",), "channel": ""}  # fmt: skip
QUESTION = {"event_type": "timer", "event_kind": "answer", "intent": "answer", "point": Point.NEED,
            "causes": ("question",), "theme": "card"}  # fmt: skip
SENT = {**QUESTION, "chosen": "reply", "placed_at": NOW, "chosen_channel": "email"}
ACCEPTED = {"event_type": "outcome", "event_kind": "accepted", "event_detail": "regret"}


@pytest.mark.parametrize(
    ("changes", "action", "why", "sentence"),
    [
        ({"disposition": Disposition.DUPLICATE}, "visit", Why.NOT_DECIDED, "“Visit” was not looked at here."),
        ({"chosen": "visit", "chosen_channel": "email"}, "visit", Why.CHOSEN, "“Visit” was chosen on email."),
        ({"chosen": "visit", "confirmation": "confirmed"}, "visit", Why.CONFIRMED,
         "“Visit” was made: it had been chosen before, and was confirmed."),
        ({**SENT, "riders": ("rider",)}, "rider", Why.RODE, "“Rider” went along on the contact of “Reply”."),
        ({"scored": (scored("visit", Reason.NOT_CHOSEN, 0.1, 2.5),)}, "visit", Why.LOST,
         "“Visit” competed on email and lost: another was drawn (score 2.5, probability 0.1)."),
        ({"scored": (scored("visit", Reason.BELOW_SILENCE, 0.9),), "confirmation": "cancelled"}, "visit", Why.DROPPED,
         "“Visit” had been chosen before, with probability 0.9, and was cancelled: silence was worth more (score -1)."),
        ({"blocked": (Blocked("visit", Reason.UNREACHABLE, "email", "email"),)}, "visit", Why.HELD_BACK,
         "“Visit” was held back."),
        ({}, "nosuch", Why.NOT_IN_POLICY, "“nosuch” is not in the policy that decided, version “v1”."),
        ({}, "rider", Why.NO_CONTACT, "“Rider” only goes along on a service contact on “email”, and none was made."),
        (SENT, "sms_rider", Why.OTHER_CONTACT,
         "“Sms_Rider” only goes along on a service contact on “sms”; this one was on “email”."),
        (SENT, "customer_rider", Why.LIFECYCLE,
         "“Customer_Rider” is for the life-cycle state “customer”; the person's was “lead”."),
        ({"point": Point.PLANNED, "confirmation": "cancelled"}, "visit", Why.ONLY_PLAN,
         ("“Visit” did not compete: what had been chosen before was confirmed or cancelled, and nothing new was "
         "chosen.")),
        ({}, "later", Why.ONLY_FOLLOW_UP, "“Later” does not compete: it is only planned as a follow-up of “Reply”."),
        ({}, "never", Why.NO_MOMENT,
         "“Never” never competes: its `when` names no moment, and it is nobody's follow-up."),
        ({}, "wake", Why.OTHER_POINT,
         ("“Wake” does not compete at such a moment. It competes when the person's own clock says “silence” or "
          "when the person's own clock says “patience”.")),
        (ACCEPTED, "regret", Why.OTHER_EVENT,
         "“Regret” does not compete when this happens. It competes at the outcome “refused”."),
        (ASKS, "shown", Why.NOT_SHOWN_HERE, "“Shown” cannot be shown on “web”. Channels on which it can: “app”."),
        (CLOCK, "app_only", Why.ONLY_SHOWN, "“App_Only” can only be shown to a person who is there, on “app”."),
        ({"theme": "loan"}, "loan_visit", Why.LIFECYCLE,
         "“Loan_Visit” is for the life-cycle state “customer”; the person's was “lead”."),
        ({}, "visit", Why.THEME, "“Visit” competes when the theme is “card”; here it was none."),
        ({"standing": ("all/offer",)}, "staged", Why.STAGE,
         "“Staged” is for the stage “interest”; the person's was “offer”."),
        ({"standing": ("all/asked", "loan/wish")}, "loan_staged", Why.STAGE,
         "“Loan_Staged” is for the stage “asked”; the person's was “wish”."),
        ({**CLOCK, "causes": ("patience",), "struck": ("patience/all",)}, "loan_wake", Why.OTHER_JOURNEY,
         "“Loan_Wake” competes when the cause concerns the journey “loan”; here it concerned “all”."),
        (ACCEPTED, "thanks", Why.OTHER_ACTION,
         "“Thanks” competes at an outcome of “Visit”; this one was of “Regret”."),
        (QUESTION, "loan_reply", Why.OTHER_NEED,
         "“Loan_Reply” answers the need “question” about “loan”; due was “question”."),
        (CLOCK, "renewal", Why.OTHER_EVENT,
         ("“Renewal” does not compete when this happens. It competes when the person's own clock says "
         "“date_contract_end”.")),
        ({"event_type": "consent", "event_kind": "own_promotion", "event_detail": "withdrawn"}, "any_event",
         Why.OTHER_POINT,
         ("“Any_Event” does not compete at such a moment. It competes at the touchpoint “page_view” or "
         "when the consent “own_promotion” is given.")),
        ({"event_type": "household", "event_kind": ""}, "thrice", Why.OTHER_POINT,
         "“Thrice” does not compete at such a moment. It competes at the touchpoint “page_view”, 3 times."),
        ({"event_kind": "form"}, "again", Why.OTHER_EVENT,
         ("“Again” does not compete when this happens. It competes at the touchpoint “page_view” after “Visit” and no "
         "answer.")),
        ({}, "regret", Why.OTHER_POINT,
         "“Regret” does not compete at such a moment. It competes at the outcome “refused”."),
        ({}, "any_event", Why.UNCLEAR,
         "The record does not name “Any_Event”, and the policy cannot say why: it is not the one that decided."),
    ],
)  # fmt: skip
def test_every_answer_is_a_sentence(changes: dict[str, object], action: str, why: Why, sentence: str) -> None:
    given = record(**changes)
    assert why_not(given, action, POLICY).why is why
    assert sentence in explain_why_not(given, action, POLICY, "en", ROME)


def test_an_event_that_brought_several_needs_names_them_all() -> None:
    """Two failed answers come back with one report: their kinds are the record's causes."""
    given = record(**{**QUESTION, "causes": ("question", "call")})
    said = explain_why_not(given, "loan_reply", POLICY, "en", ROME)
    assert "Due: “question” about “card” and “call” about “card”." in said


def test_a_treatment_that_was_held_back_is_named_with_its_channel_and_detail() -> None:
    held = (Blocked("visit", Reason.UNREACHABLE, "email", "email"), Blocked("visit", Reason.NO_CAPACITY, "x", "sms"))
    given = record(blocked=held)
    assert explain_why_not(given, "visit", POLICY, "en", ROME)[2:] == [
        "Not “Visit” on email: there is no address on this channel.",
        "Not “Visit” on sms: there is no free place left (x).",
    ]


def test_a_service_that_was_chosen_did_not_win_by_its_score() -> None:
    given = record(**{**SENT, "scored": (scored("reply", None, 1.0),)})
    said = explain_why_not(given, "reply", POLICY, "en", ROME)
    assert said[-2:] == ["“Reply” was chosen on email.", "Its class goes before any offer: no arbitration."]


def test_without_the_policy_only_the_record_speaks() -> None:
    assert why_not(record(chosen="visit"), "visit", None).why is Why.CHOSEN
    assert why_not(record(), "visit", None) == Answer(Why.NO_POLICY, "visit", had="v1")


# ---- a played history ------------------------------------------------------------------------------------------------


def test_every_action_has_an_answer_at_every_decision_that_agrees_with_the_record() -> None:
    found: dict[Why, int] = {}
    for given in history():
        for action in ACTIONS:
            answer = why_not(given, action.name, POLICY)
            found[answer.why] = found.get(answer.why, 0) + 1
            assert agrees(answer, given, POLICY), (answer, given)
    assert set(Why) - set(found) == {Why.NO_POLICY, Why.NOT_IN_POLICY, Why.UNCLEAR, Why.NOT_DECIDED, Why.DROPPED}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_of_a_history_can_be_said(language: Language) -> None:
    for given in history():
        for action in ACTIONS:
            lines = explain_why_not(given, action.name, POLICY, language, ROME)
            assert all(line.endswith(".") and "{" not in line and "“”" not in line for line in lines), lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence_that_names_the_action(language: Language) -> None:
    for why in Why:
        template = LANGUAGES[language].answers[why]
        assert "title" in {name for _, name, _, _ in Formatter().parse(template)}, why
