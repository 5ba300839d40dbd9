"""The example insurer keeps what its README.md promises: what is owed, when nothing is sold, what health is for."""

from functools import cache

import pytest

from garbo.core.party.consent import OWED
from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.instants import DAY, MINUTE
from garbo.policy import inspect
from garbo.testing import load_policy
from tests.unit.policy.bank import BANK

INSURANCE = BANK.parent / "insurance"
# What an offer of a cover asks of a person before anything else.
GUARDS = ("open_needs == 0", "!claim_open", "!in_arrears", "!declined")
HEALTH = ("injured", "hard_of_hearing")
# Marketing for the law, because it asks for attention; it sells no cover.
SELLS_NOTHING = {"settlement_survey", "yearly_review"}


@cache
def insurance() -> Policy:
    return load_policy(INSURANCE)


def marketing() -> list[Action]:
    return [a for a in insurance().actions.values() if a.action_class is ActionClass.MARKETING]


def rules(action: Action) -> str:
    given = (action.eligibility, action.suitability, action.value_company, action.value_customer)
    return " && ".join(str(getattr(rule, "text", "")) for rule in given if rule)


def test_it_has_no_error_and_no_warning() -> None:
    report = inspect(INSURANCE)[1]
    assert (report.errors, report.warnings) == ([], [])


def test_its_words_are_its_own() -> None:
    words = insurance().vocabulary
    assert {"broker", "claims_desk", "letter"} <= words.channels.keys()
    assert not words.channels["underwriting"].commands
    assert [kind for kind, strength in words.identifiers.items() if strength == 0] == ["tax_code"]
    assert words.steps("visitor", "insured") == ("quoted", "insured")
    assert words.steps("visitor", "lapsed") == ()
    assert words.steps("insured", "quoted") == ()  # who is insured and asks for another quote stays insured


@pytest.mark.parametrize("action", marketing(), ids=lambda action: action.name)
def test_nothing_is_sold_while_somebody_waits_has_a_claim_or_owes(action: Action) -> None:
    guards = GUARDS[:2] if action.name in SELLS_NOTHING else GUARDS
    if action.lifecycle == ("lapsed",):  # who has left has no claim and no instalment
        guards = (GUARDS[0], GUARDS[3])
    assert [guard for guard in guards if guard not in rules(action)] == []


def test_health_is_read_to_help_and_never_to_sell() -> None:
    reads = {a.name for a in insurance().actions.values() if any(word in rules(a) for word in HEALTH)}
    assert reads == {"claim_received", "claim_received_written", "injury_call", "write_do_not_call"}
    assert {name for name in reads if insurance().actions[name].purpose not in OWED} == {"write_do_not_call"}
    features = {f.name for model in insurance().models.values() for f in model.features}
    assert features.isdisjoint(HEALTH)
    assert [name for name, known in insurance().attributes.items() if known.sensitive] == list(HEALTH)


def test_nobody_sells_behind_a_brokers_back() -> None:
    assert 'agency == ""' in rules(insurance().actions["renewal_offer"])
    brief = insurance().actions["brief_broker_renewal"]
    assert brief.internal
    assert 'agency != ""' in rules(brief)
    assert "own_promotion" in insurance().vocabulary.purposes[brief.purpose].consents


def test_a_brief_is_the_only_thing_sent_to_a_broker() -> None:
    sent = [a for a in insurance().actions.values() for t in a.treatments if t.channel == "broker" and not t.inbound]
    assert [a.name for a in sent if not a.internal] == []
    assert len(sent) == 3


def test_nobody_is_called_or_texted_to_be_sold_something() -> None:
    loud = ("call_centre", "claims_desk", "sms")
    assert [a.name for a in marketing() for t in a.treatments if t.channel in loud] == []


def test_what_the_law_or_the_contract_owes_asks_for_no_consent_and_ends_in_a_letter() -> None:
    owed = [
        a for a in insurance().actions.values() if a.action_class in (ActionClass.MANDATORY, ActionClass.TRANSACTIONAL)
    ]
    assert {a.name for a in owed} >= {"motor_end_notice", "home_renewal_notice", "claim_refused_notice"}
    assert [a.name for a in owed if a.purpose not in OWED] == []
    by_letter = [a for a in owed if a.name != "injury_call"]  # a letter is too late for who is hurt
    assert [a.name for a in by_letter if a.treatments[-1].channel != "letter"] == []


def test_the_clock_asks_before_each_end() -> None:
    asked = {d.attribute: d.before // DAY for d in insurance().proactive.dates}
    assert asked == {"quote_valid_until": 3, "motor_end": 30, "home_end": 60}


def test_a_quote_is_reminded_of_once_a_month_and_a_home_is_warned_once_a_day() -> None:
    caps = {cap.purposes: cap for cap in insurance().contact.caps if "service" in cap.limits and cap.purposes}
    reminder, warning = caps["quote_follow_up",], caps["prevention",]
    assert (reminder.limit, reminder.window // DAY, reminder.household) == (1, 30, False)
    assert (warning.limit, warning.window // DAY, warning.household) == (1, 1, True)


@pytest.mark.parametrize("need", sorted(insurance().needs))
def test_every_need_has_two_ways_to_be_answered_and_somebody_who_calls(need: str) -> None:
    answers = [a for a in insurance().actions.values() if need in a.answers]
    ways = {t.channel for a in answers for w in a.when if (w.on, w.name) == ("need", need) for t in a.treatments}
    late = {t.channel for a in answers for w in a.when if (w.on, w.name) == ("overdue", need) for t in a.treatments}
    assert len(ways) >= 2
    assert late & {"call_centre", "claims_desk"}
    assert "letter" in late


@pytest.mark.parametrize("need", ["claim", "complaint"])
def test_a_claim_and_a_complaint_are_answered_without_any_consent(need: str) -> None:
    assert [a.name for a in insurance().actions.values() if need in a.answers and a.purpose not in OWED] == []


def test_a_claim_is_answered_within_minutes_at_any_hour() -> None:
    assert insurance().needs["claim"].answer_within <= 15 * MINUTE
    for name in ("claim_received", "claim_received_written"):
        answer = insurance().actions[name]
        assert answer.ignores_quiet_hours
        assert [f.promise for f in answer.follow_ups] == [True]
