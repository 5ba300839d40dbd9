"""What the loader derives from the words of a policy: triggers, behaviour, sensitivity, levers, instants, limits."""

import pytest

from garbo.core.party.consent import PURPOSES, SERVICES
from garbo.core.policy.actions import Action, Treatment, Trigger
from garbo.core.policy.channels import Capacity, ChannelPolicy
from garbo.core.policy.contact_policy import Remarketing
from garbo.core.policy.policy import HoldOut, Policy
from garbo.core.policy.proactive import DateBefore, Proactive
from garbo.core.policy.reading import Reading
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.policy import load, load_text
from tests.unit.policy.bank import SAMPLE, broken

CARD = "offer_credit_card"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(SAMPLE)


def changed(*edits: tuple[str, str, str]) -> Policy:
    """The sample after each edit (file, old, new)."""
    texts = broken(*edits[0])
    for file, old, new in edits[1:]:
        assert old in texts[file]
        texts[file] = texts[file].replace(old, new, 1)
    return load_text(texts)


def triggers(action: Action) -> set[tuple[str, str]]:
    return {(t.on, t.name) for t in action.when}


# ---- when ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("inbound", [Trigger("inbound")]),
        ("proactive", [Trigger("proactive")]),
        ("{on: inbound, name: app}", [Trigger("inbound", "app")]),
        (
            "{on: proactive, name: [patience, silence, stage, date_contract_end]}",
            [
                Trigger("proactive", "patience"),
                Trigger("proactive", "silence"),
                Trigger("proactive", "stage", behavioural=True),  # a stage is drawn from what the person does
                Trigger("proactive", "date_contract_end"),
            ],
        ),
        (
            '{on: touchpoint, name: page_view, theme: "=", times: 3, within: 7d}',
            [Trigger("touchpoint", "page_view", "=", times=3, within=7 * DAY, behavioural=True)],
        ),
        (
            "{on: touchpoint, name: [branch_visit, call_list]}",
            [Trigger("touchpoint", "branch_visit", behavioural=True), Trigger("touchpoint", "call_list")],
        ),
        ("{on: touchpoint, name: social_post}", [Trigger("touchpoint", "social_post")]),  # it asks a question
        ("{on: touchpoint, name: contact}", [Trigger("touchpoint", "contact")]),  # it is our own contact
        (
            "{on: outcome, name: accepted, of_action: push_credit_card}",
            [Trigger("outcome", "accepted", of_action="push_credit_card")],
        ),
        (
            "{on: proactive, after_action: push_credit_card, after_min: 3d, after_max: 60d}",
            [
                Trigger(
                    "proactive", "", after_action="push_credit_card", after_min=3 * DAY, after_max=60 * DAY,
                    behavioural=True,
                )
            ],
        ),
        ("{on: profile}", [Trigger("profile")]),
        ("{on: consent, name: own_promotion}", [Trigger("consent", "own_promotion")]),
        (
            "event",  # decide_on: [page_view, accepted, own_promotion, profile]
            [
                Trigger("touchpoint", "page_view", behavioural=True),
                Trigger("outcome", "accepted"),
                Trigger("consent", "own_promotion"),
                Trigger("profile"),
            ],
        ),
    ],
)  # fmt: skip
def test_an_entry_becomes_a_trigger_for_each_of_its_names(written: str, expected: list[Trigger]) -> None:
    edits = [("actions.yaml", "- {on: touchpoint, name: case_closed}", f"- {written}")]
    edits += [
        ("actions.yaml", "    channel: email\n    group: survey", "    group: survey"),
        ("actions.yaml", "      it: Ciao {name}, abbiamo risolto bene? Una domanda sola, dieci secondi.\n", ""),
        ("actions.yaml", "      en: Hi {name}, did we solve it well? One question, ten seconds.\n", ""),
        (
            "actions.yaml",
            '    title: {it: "Come siamo andati?", en: "How did we do?"}\n    message:\n',
            (
                '    title: {it: "Come siamo andati?", en: "How did we do?"}\n    treatments:\n'
                "      - {channel: app, inbound: true, message: {it: a, en: b}}\n"
                "      - {channel: email, message: {it: a, en: b}}\n"
            ),
        ),
    ]
    assert tuple(expected) == changed(*edits).actions["email_satisfaction_survey"].when


def test_a_word_that_is_a_kind_and_a_status_competes_as_both() -> None:
    policy = changed(("policy.yaml", "decide_on: [page_view,", "decide_on: [complaint,"))
    assert {("touchpoint", "complaint"), ("outcome", "complaint")} <= triggers(policy.actions[CARD])


def test_left_out_when_means_inbound_and_proactive_as_far_as_there_are_treatments(policy: Policy) -> None:
    assert (Trigger("inbound"), Trigger("proactive")) == policy.actions["offer_nothing_said"].when
    only_inbound = changed(
        ("actions.yaml", "      - {channel: email, message: {it: La prepagata, en: The prepaid card}}\n", "")
    )
    assert (Trigger("inbound"),) == only_inbound.actions["offer_nothing_said"].when
    only_outbound = changed(
        (
            "actions.yaml",
            "      - {channel: web, inbound: true, message: {it: La prepagata, en: The prepaid card}}\n",
            "",
        )
    )
    assert (Trigger("proactive"),) == only_outbound.actions["offer_nothing_said"].when


def test_who_rides_or_is_planned_by_another_action_has_no_when_of_its_own() -> None:
    policy = changed(("actions.yaml", "    when:\n      - {on: follow_up}\n", ""))
    assert ((), ()) == (policy.actions["call_token_follow_up"].when, policy.actions["offer_family_mortgage"].when)


# ---- behaviour -------------------------------------------------------------------------------------------------


def test_a_kind_shows_behaviour_unless_it_asks_opens_a_need_is_ours_or_says_so(policy: Policy) -> None:
    expected = {
        "page_view": True,
        "account_opened": True,
        "survey_answered": True,
        "social_post": False,
        "complaint": False,
        "slot_viewed": False,
        "assist_opened": False,
        "contact": False,
        "call_list": False,
    }
    assert expected == {name: policy.touchpoints[name].behaviour for name in expected}
    written = changed(("journey.yaml", "interest: 1.0, public: true}", "interest: 1.0, public: true, behaviour: true}"))
    assert written.touchpoints["social_post"].behaviour


NOT_BEHAVIOURAL = ("actions.yaml", "    stages: [relationship]\n", "")
PLAIN_VALUE = ("actions.yaml", '    value_customer: "interest > 1.0 ? 40.0 : 20.0"\n', "    value_customer: 20\n")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", False),
        ("    stages: [relationship]\n", True),
        ('    eligibility: stage == "relationship"\n', True),
        ("    suitability: touches > 2\n", True),
        ("    eligibility: interest > 0.5\n", True),
        ("    eligibility: days_since_contact > 3.0 && contacts_30d < 3\n", False),  # what we did is not behaviour
        ("    eligibility: household_size > 1 && pressure < 3.0\n", False),
        ('    eligibility: count("page_view", "7d") >= 3\n', True),
        ('    suitability: days_since("page_view") < 3.0\n', True),
        ('    eligibility: responses("email", "60d") > 0\n', True),
        ('    eligibility: interest["prepaid_card"] > 1.0\n', True),
        ('    eligibility: interest_in("prepaid_card") > 1.0 && stage_days > 2.0\n', True),
        ('    eligibility: contacts("email", "7d") == 0 && days_until(contract_end) < 60\n', False),
        ('    eligibility: \'"own_promotion" in consents && today > "2026-01-01"\'\n', False),
        ('    eligibility: kind == "page_view"\n', False),  # the entry that made it a candidate says so
    ],
)
def test_an_action_is_behavioural_by_what_it_reads(line: str, expected: bool) -> None:
    new = ("actions.yaml", "    lever: 2.0\n", f"    lever: 2.0\n{line}")
    action = changed(NOT_BEHAVIOURAL, PLAIN_VALUE, new).actions[CARD]
    assert expected is action.behavioural
    assert {"customer": 1.2, "onboarding": 0.5} == action.context  # the weight of a stage does not make it so


def test_a_value_that_reads_behaviour_makes_the_action_behavioural() -> None:
    assert changed(NOT_BEHAVIOURAL).actions[CARD].behavioural


# ---- sensitive data --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("actions.yaml", "    lever: 2.0\n", "    lever: 2.0\n    eligibility: balance > 1.0\n", False),
        ("actions.yaml", "    lever: 2.0\n", '    lever: 2.0\n    eligibility: health == ""\n', True),
        ("actions.yaml", "0.01 * balance", "'health == \"\" ? 1.0 : 2.0'", True),
        ("actions.yaml", "    lever: 2.0\n", "    lever: 2.0\n    sensitive: true\n", True),
        ("models.yaml", "        categories: [job, marital, education]\n", "        categories: [health]\n", True),
    ],
    ids=["no", "rule", "value", "written", "model"],
)
def test_an_action_is_sensitive_by_what_it_reads(file: str, old: str, new: str, expected: bool) -> None:
    policy = changed((file, old, new))
    assert (expected, False) == (policy.actions[CARD].sensitive, policy.actions["sms_pension_offer"].sensitive)
    assert policy.attributes["health"].sensitive


def test_every_purpose_but_a_service_promotes() -> None:
    promotions = set(PURPOSES) - SERVICES
    assert {"satisfaction", "own_promotion", "third_party_disclosure"} <= promotions
    assert {"legal_obligation", "contract", "service_request"} == SERVICES


# ---- treatments, groups, values --------------------------------------------------------------------------------


def test_treatments_keep_their_order_and_the_only_one_may_stand_in_the_action(policy: Policy) -> None:
    message = {"it": "Ciao {name}, la carta oro ti aspetta.", "en": "Hi {name}, the gold card is waiting for you."}
    short = {"it": "La carta oro", "en": "The gold card"}
    assert (
        Treatment("app", short, inbound=True),
        Treatment("email", message, cost=0.01, weight=0.5, latency_budget=500),
        Treatment("sms", short),
    ) == policy.actions[CARD].treatments
    alert = policy.actions["sms_fraud_alert"].treatments
    assert [("sms", 500, False, -1.0)] == [(t.channel, t.latency_budget, t.inbound, t.weight) for t in alert]
    assert policy.actions["reply_in_public"].treatments[0].public


def test_a_group_gives_its_actions_a_lever_and_a_model(policy: Policy) -> None:
    assert (3.0, "cards", "cards") == (
        policy.actions[CARD].lever, policy.actions[CARD].family, policy.actions[CARD].group,
    )  # fmt: skip
    assert (1.0, "", "") == (
        policy.actions["email_welcome"].lever, policy.actions["email_welcome"].family,
        policy.actions["email_welcome"].group,
    )  # fmt: skip
    assert 1.5 == policy.groups["cards"].lever


def test_a_value_is_a_number_or_computed(policy: Policy) -> None:
    bank, customer = policy.actions[CARD].value_company, policy.actions[CARD].value_customer
    assert callable(bank)
    assert callable(customer)
    assert (12.5, 40.0, 20.0) == (bank({"balance": 1250.0}), customer({"interest": 1.5}), customer({"interest": 0.0}))
    assert 120.0 == policy.actions["sms_pension_offer"].value_company


def test_validity_runs_from_the_first_midnight_to_the_one_after_the_last_day(policy: Policy) -> None:
    """2025-01-01 to 2027-12-31 in Rome, an hour ahead of UTC in winter."""
    assert (1_735_686_000_000, 1_830_294_000_000, 200) == (
        policy.actions[CARD].valid_from, policy.actions[CARD].valid_until, policy.actions[CARD].stock,
    )  # fmt: skip
    summer = changed(("actions.yaml", "valid_until: 2027-12-31", "valid_until: 2027-06-30"))
    assert 1_814_392_800_000 == summer.actions[CARD].valid_until  # two hours ahead
    assert (0, 0, 0) == (
        policy.actions["email_welcome"].valid_from, policy.actions["email_welcome"].valid_until,
        policy.actions["email_welcome"].stock,
    )  # fmt: skip


# ---- the other files -------------------------------------------------------------------------------------------


def test_settings_of_the_decision_reach_the_core(policy: Policy) -> None:
    assert HoldOut(0.05, 180 * DAY, "sample-hold-out") == policy.hold_out
    assert Proactive(2 * HOUR, 21 * DAY, (DateBefore("contract_end", 60 * DAY),)) == policy.proactive
    assert {"page_view", "accepted", "own_promotion", "profile"} == policy.decide_on
    assert {
        "email": ChannelPolicy("email", 4 * HOUR),
        "call_centre": ChannelPolicy("call_centre", 30 * HOUR, Capacity(40, "hour")),
    } == policy.channels
    assert (2, 60 * DAY) == (policy.arbitration.explored_at_most, policy.arbitration.explored_within)


def test_limits_on_contacts_reach_the_core(policy: Policy) -> None:
    contact = policy.contact
    assert Remarketing(2, 30 * DAY, 30 * MINUTE, 2, 30 * DAY) == contact.remarketing
    assert (1.5, 0.5, 7 * DAY) == (contact.negative_weight, contact.ignored_weight, contact.ignored_after)
    household = next(cap for cap in contact.caps if cap.name == "one_card_a_household")
    assert (("cards",), True) == (household.groups, household.household)
    assert ("ignored", "negative") == next(s.statuses for s in contact.suppressions if s.name == "nobody_listens")


def test_tones_patience_and_questions_reach_the_core(policy: Policy) -> None:
    kinds = policy.touchpoints
    assert Reading("", "call_me", "complaint") == policy.reader.read("Vergognoso: chiamatemi!", policy.languages)
    stages = policy.journeys["bank"].stages
    assert (14 * DAY, 0) == (stages["discovery"].patience, stages["decision"].patience)
    assert (True, "complaint", "negative", True) == (
        kinds["slot_viewed"].asks, kinds["complaint"].tone, kinds["survey_answered"].tone, kinds["social_post"].public,
    )  # fmt: skip
    assert "date" == policy.attributes["contract_end"].kind
