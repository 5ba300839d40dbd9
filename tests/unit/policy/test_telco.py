"""The example operator keeps what its README.md promises: what is owed, who is left in peace, whose data are used."""

from functools import cache

import pytest

from garbo.core.party.consent import OWED
from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.instants import DAY
from garbo.policy import inspect
from garbo.testing import load_policy
from tests.unit.policy.bank import BANK

TELCO = BANK.parent / "telco"
# What an offer asks of a person before anything else. Who has left has no line.
GUARDS = ("open_needs == 0", "!line_down", "!line_of_minor")
# What the network knows of a line, and nobody else.
TRAFFIC = ("data_used", "roaming_zone", "call_dropped")


@cache
def telco() -> Policy:
    return load_policy(TELCO)


def marketing() -> list[Action]:
    return [a for a in telco().actions.values() if a.action_class is ActionClass.MARKETING]


def rules(action: Action) -> str:
    return " && ".join(str(getattr(rule, "text", "")) for rule in (action.eligibility, action.suitability) if rule)


def test_it_has_no_error_and_no_warning() -> None:
    report = inspect(TELCO)[1]
    assert (report.errors, report.warnings) == ([], [])


def test_its_words_are_its_own() -> None:
    words = telco().vocabulary
    assert {"whatsapp", "shop", "network"} <= words.channels.keys()
    assert not words.channels["network"].commands
    assert [kind for kind, strength in words.identifiers.items() if strength == 0] == ["customer_code"]
    assert words.steps("prospect", "suspended") == ("subscriber", "suspended")
    assert words.steps("prospect", "former") == ()


@pytest.mark.parametrize("action", marketing(), ids=lambda action: action.name)
def test_no_offer_while_somebody_waits_while_the_line_is_down_or_to_a_child(action: Action) -> None:
    guards = GUARDS[:1] if action.lifecycle == ("former",) else GUARDS
    assert [guard for guard in guards if guard not in rules(action)] == []


@pytest.mark.parametrize("action", marketing(), ids=lambda action: action.name)
def test_nothing_is_sold_to_who_has_not_paid(action: Action) -> None:
    assert action.lifecycle
    assert "suspended" not in action.lifecycle


def test_an_offer_that_adds_to_the_bill_is_not_for_who_pays_by_instalments() -> None:
    adds_nothing = {"stay_offer", "repair_survey", "how_are_we_doing", "come_back"}
    assert {a.name for a in marketing() if "!payment_plan" not in rules(a)} == adds_nothing


def test_what_reads_traffic_data_asks_for_the_consent_to_it() -> None:
    purposes = telco().vocabulary.purposes
    reads = [a for a in telco().actions.values() if any(word in rules(a) for word in TRAFFIC)]
    assert {a.name for a in reads} == {"contract_for_data_users", "extra_data", "roaming_pass", "line_check"}
    assert [a.name for a in reads if "profiling" not in purposes[a.purpose].consents] == []


def test_what_the_law_or_the_contract_owes_asks_for_no_consent() -> None:
    owed = [a for a in telco().actions.values() if a.action_class in (ActionClass.MANDATORY, ActionClass.TRANSACTIONAL)]
    assert {a.name for a in owed} >= {"roaming_notice", "port_out_code", "outage_notice", "suspension_notice"}
    assert [a.name for a in owed if a.purpose not in OWED] == []
    assert telco().actions["contract_end_notice"].purpose in OWED
    assert {d.attribute: d.before // DAY for d in telco().proactive.dates} == {"contract_end": 60, "sim_expiry": 30}


def test_a_home_hears_of_an_outage_once_and_of_our_regret_once() -> None:
    caps = {cap.name: cap for cap in telco().contact.caps if cap.household and "marketing" not in cap.limits}
    assert {name: cap.limit for name, cap in caps.items()} == {
        "one_outage_notice_a_household": 1,
        "one_apology_a_household": 1,
    }


def test_nobody_is_called_to_be_sold_something_but_who_leaves_and_has_agreed() -> None:
    called = [a for a in marketing() for t in a.treatments if t.channel in ("call_centre", "sms") and not t.inbound]
    assert [a.name for a in called] == ["stay_offer"]
    assert "own_promotion" in telco().vocabulary.purposes["retention"].consents


@pytest.mark.parametrize("need", sorted(telco().needs))
def test_every_need_has_two_ways_to_be_answered_and_somebody_who_calls(need: str) -> None:
    """But for the wish to be called, which only a call answers."""
    answers = [a for a in telco().actions.values() if need in a.answers]
    ways = {t.channel for a in answers for w in a.when if (w.on, w.name) == ("need", need) for t in a.treatments}
    late = {t.channel for a in answers for w in a.when if (w.on, w.name) == ("overdue", need) for t in a.treatments}
    assert len(ways) >= 2 or (need, ways) == ("callback", {"call_centre"})
    assert {"call_centre", "sms"} <= late


@pytest.mark.parametrize("need", ["fault", "bill", "complaint"])
def test_what_the_contract_covers_is_answered_without_any_consent(need: str) -> None:
    assert [a.name for a in telco().actions.values() if need in a.answers and a.purpose not in OWED] == []
