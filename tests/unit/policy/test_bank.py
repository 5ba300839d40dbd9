"""The example bank keeps what its README.md promises: breadth, answers to every need, and tact."""

from functools import cache

import pytest

from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.policy import Policy
from garbo.policy import load
from tests.unit.policy.bank import BANK
from tests.unit.policy.document import STORY, redrawn

# A contact on these interrupts; nobody opens a conversation on them.
INTRUSIVE = frozenset({"sms", "call_centre"})
# What a customer says in private, and by which channels only they read the answer.
PRIVATE = ("failed_operation", "complaint", "information_request", "contact_request", "unfinished_form")


@cache
def bank() -> Policy:
    return load(BANK)


def marketing() -> list[Action]:
    return [a for a in bank().actions.values() if a.action_class is ActionClass.MARKETING]


def answering(need: str, on: str) -> list[Action]:
    """The actions that answer `need` when it is time to (`need`), or when the deadline has passed (`overdue`)."""
    return [
        a for a in bank().actions.values() if need in a.answers and any(t.on == on and t.name == need for t in a.when)
    ]


def test_the_tables_are_not_stale() -> None:
    """Red? `python -m tests.unit.policy.document`."""
    text = STORY.read_text("utf-8")
    assert redrawn(text) == text


def test_there_are_forty_offers_in_eight_groups_and_each_group_has_several() -> None:
    assert len(marketing()) >= 40
    assert len(bank().groups) >= 8
    counted = {group: sum(a.group == group for a in marketing()) for group in bank().groups}
    assert min(counted.values()) >= 4, counted


def test_most_offers_have_two_or_three_treatments() -> None:
    several = [a.name for a in marketing() if 2 <= len(a.treatments) <= 4]
    assert len(several) >= 0.8 * len(marketing())


def test_every_channel_that_carries_something_is_used_and_asked() -> None:
    shown = {t.channel for a in bank().actions.values() for t in a.treatments if t.inbound}
    sent = {t.channel for a in bank().actions.values() for t in a.treatments if not t.inbound}
    assert shown == {"web", "app", "ebanking", "atm", "branch", "call_centre"}
    assert sent >= {"email", "sms", "push", "call_centre", "social", "app", "ebanking", "branch"}
    asks = {c for kind in bank().touchpoints.values() if kind.asks for c in kind.channels}
    assert shown == asks


@pytest.mark.parametrize("need", sorted(bank().needs))
def test_every_need_has_two_ways_to_be_answered_and_an_escalation(need: str) -> None:
    ways = {t.channel for a in answering(need, "need") for t in a.treatments}
    assert len(ways) >= 2
    assert answering(need, "overdue")


@pytest.mark.parametrize("need", PRIVATE)
def test_a_private_matter_has_private_answers(need: str) -> None:
    private = {t.channel for a in answering(need, "need") for t in a.treatments if not t.public}
    assert len(private) >= 2


def test_no_public_treatment_answers_a_failed_operation() -> None:
    assert [] == [a.name for a in answering("failed_operation", "need") for t in a.treatments if t.public]


def test_nobody_opens_a_conversation_by_phone_or_sms() -> None:
    """Offers of the customer's own clock: a call only at a renewal or to win a person back, an SMS only to ask why."""
    opened = {
        (a.name, t.channel)
        for a in marketing()
        for t in a.treatments
        if t.channel in INTRUSIVE and not t.inbound and any(w.on == "proactive" for w in a.when)
    }
    assert opened == {("term_deposit_renewal", "call_centre"), ("win_back", "call_centre"), ("exit_survey", "sms")}


def test_every_channel_with_a_dispatcher_reports() -> None:
    """Without `reports_within` an answer counts as delivered when it leaves."""
    sent = {t.channel for a in bank().actions.values() for t in a.treatments if not t.inbound}
    assert [] == sorted(c for c in sent if c not in bank().channels or not bank().channels[c].reports_within)


def test_scarcity_hold_out_and_tact_are_in_force() -> None:
    policy = bank()
    assert policy.channels["call_centre"].capacity is not None
    assert [a.name for a in marketing() if a.stock] == ["savings_bonus"]
    assert policy.hold_out.share == 0.05
    assert policy.contact.remarketing is not None
    assert any(cap.household for cap in policy.contact.caps)
    assert policy.decide_on
    assert all(stage.patience for stage in policy.stages)


def test_the_whole_life_cycle_has_offers() -> None:
    for state in ("lead", "prospect", "customer", "former"):
        assert [a.name for a in marketing() if state in a.lifecycle or not a.lifecycle], state
    assert {w.name for a in bank().actions.values() for w in a.when if w.name.startswith("date_")} == {
        "date_contract_end", "date_card_expiry", "date_document_expiry",
    }  # fmt: skip


def test_third_party_offers_are_few() -> None:
    others = [a.name for a in marketing() if "third_party" in a.purpose]
    assert 1 <= len(others) <= 3


def test_only_what_reads_health_data_is_sensitive() -> None:
    assert [a.name for a in bank().actions.values() if a.sensitive] == ["accessible_banking"]


def test_what_reads_behaviour_is_known_to_read_it() -> None:
    reads = {a.name for a in bank().actions.values() if a.behavioural or any(w.behavioural for w in a.when)}
    assert reads >= {
        "credit_card_looked_at", "saving_plan_looked_at", "mortgage_for_readers", "call_pension_invite",
        "account_first_steps", "account_unused_reminder", "email_partner_home_insurance",
    }  # fmt: skip
    assert not reads & {"call_term_deposit", "sms_pension_offer", "money_lesson", "saving_plan", "email_form_help"}
