"""The bank's stories, changed: another policy, another message in between. Through the synchronous driver."""

from datetime import datetime

import pytest
from msgspec.structs import replace as replace_struct

from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.effects import Blocked, Deliver
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier, Touchpoint
from garbo.core.vocabulary.reasons import NeedEnd, Reason
from garbo.processors.ports import InboundMessage
from garbo.stories.check import problems
from garbo.stories.model import Seen, Story
from garbo.testing import instant as at
from garbo.testing.builders import ZONE
from garbo.testing.driver import Driver
from garbo.testing.stories import seen
from tests.golden.histories.playing import bank, bank_story, edited, golden, in_order, play, play_story

UNTIL = "2024-05-05 12:00"
PHONE = Identifier("phone", "+39 347 7654321")  # Antonio's


def plain(command: Deliver) -> tuple[str, str, str]:
    """Channel, action and local time: what a person would remember of a command."""
    when = datetime.fromtimestamp(command.at / 1000, ZONE)
    return command.channel, command.action, when.strftime("%m-%d %H:%M")


def antonio() -> Story:
    return bank_story("antonio")


def antonio_uncalled() -> list[InboundMessage]:
    """Antonio's story as far as his visit to the web site: what comes of a call that is not made has no place here."""
    return [message for message in antonio().messages if message.at < at("2024-04-27 14:00")]


def summary(driver: Driver) -> list[tuple[str, str, str]]:
    return [plain(command) for command in driver.commands()]


def with_fact(
    facts: list[InboundMessage], when: str, body: Touchpoint | ConsentChange | ActionOutcome
) -> list[InboundMessage]:
    """The facts with one more among them."""
    return in_order(facts, [InboundMessage(f"extra/{when}", at(when), body)])


def held_calls(driver: Driver) -> list[Blocked]:
    """What held Antonio's call back; by e-mail he cannot be reached."""
    found = [b for r in driver.decisions() for b in r.blocked if b.action == "call_pension_invite"]
    return [b for b in found if b.channel != "email"]


def test_together_on_one_log_each_story_still_comes_out() -> None:
    """Stories of different years in one stream do not disturb each other."""
    driver = play(in_order(*(story.messages for story in golden())), "2024-07-01 12:00")
    everything = seen(driver)
    for story in golden():
        events = {message.event_id for message in story.messages}
        mine = {r.party for r in everything.decisions if r.event_id in events}
        commands = [(topic, c) for topic, c in everything.commands if c.party in mine and c.at <= story.until]
        assert [] == problems(story, Seen(commands, [r for r in everything.decisions if r.party in mine]))


# ---- the YAML changes the outcome, without code --------------------------------------------------------------------


def test_consent_asked_by_a_purpose_changes_the_outcome() -> None:
    """The SMS made a third-party promotion: Antonio never agreed to that, so it is held back and he is called back."""
    other = edited(
        "actions.yaml",
        (
            "  sms_pension_offer:\n    class: marketing\n    purpose: own_promotion",
            "  sms_pension_offer:\n    class: marketing\n    purpose: third_party_promotion",
        ),
    )
    assert [("call_centre", "branch_callback_overdue", "04-20 09:00")] == summary(
        play(antonio_uncalled(), UNTIL, other)
    )


def test_extra_consents_of_the_bank_are_asked_too() -> None:
    """The bank may ask more than the law: with `third_party_promotion` asked of own promotion, no SMS goes out."""
    stricter = edited(
        "consents.yaml",
        ("extra:\n", "extra:\n  own_promotion: [third_party_promotion]\n"),
    )
    driver = play_story(antonio(), stricter)
    assert "sms" not in {c.channel for c in driver.commands()}
    held = [b for r in driver.decisions() for b in r.blocked]
    assert Blocked("sms_pension_offer", Reason.CONSENT_DENIED, "third_party_promotion") in held


@pytest.mark.parametrize(
    ("file", "old", "new", "reason", "detail"),
    [
        (
            "contact_policy.yaml", "name: one_offer_a_theme_in_five_days\n    at_most: 1\n    window: 5d",
            "name: one_offer_a_theme_in_five_days\n    at_most: 1\n    window: 9d",
            Reason.CAP_REACHED, "one_offer_a_theme_in_five_days:pension",
        ),
        (
            "contact_policy.yaml", "{name: a_day_between_offers, gap: 24h,", "{name: a_day_between_offers, gap: 10d,",
            Reason.SPACING, "a_day_between_offers",
        ),
        (
            "contact_policy.yaml", "sequences:\n",
            "sequences:\n  - {name: patience, first: sms_pension_offer, then: call_pension_invite, within: 14d}\n",
            Reason.SEQUENCE, "patience",
        ),
        (
            "contact_policy.yaml", "actions: [call_term_deposit, call_pension_invite], within: 14d}",
            "actions: [sms_pension_offer, call_pension_invite], within: 14d}", Reason.EXCLUSION, "deposit_or_pension",
        ),
    ],
    ids=["longer window", "longer spacing", "sequence", "exclusion"],
)  # fmt: skip
def test_contact_policy_in_yaml_stops_the_call(file: str, old: str, new: str, reason: Reason, detail: str) -> None:
    """Antonio's call is held back by each kind of limit, and the record names the rule."""
    driver = play(antonio_uncalled(), UNTIL, edited(file, (old, new)))
    assert [("sms", "sms_pension_offer", "04-19 09:00")] == summary(driver)
    assert [Blocked("call_pension_invite", reason, detail, "call_centre")] == held_calls(driver)


def test_cap_of_0_for_calls_means_never() -> None:
    """YAML refuses it (at least 1), the core understands it: Antonio's call is held back by its cap."""
    caps = tuple(replace_struct(c, limit=0) if c.channels == ("call_centre",) else c for c in bank().contact.caps)
    policy = replace_struct(bank(), contact=replace_struct(bank().contact, caps=caps))
    driver = play(antonio_uncalled(), UNTIL, policy)
    assert [("sms", "sms_pension_offer", "04-19 09:00")] == summary(driver)
    expected = Blocked("call_pension_invite", Reason.CAP_REACHED, "one_marketing_call_a_week", "call_centre")
    assert [expected] == held_calls(driver)


@pytest.mark.parametrize(("end", "hour"), [("08:00", "08:00"), ("09:00", "09:00"), ("11:23", "11:23")])
def test_quiet_hours_in_yaml_move_the_sms(end: str, hour: str) -> None:
    """The SMS goes out at the minute quiet hours end; at 11:23 as in the source, if the bank says so."""
    policy = edited(
        "contact_policy.yaml", ('sms: {from: "20:00", to: "09:00"}', f'sms: {{from: "20:00", to: "{end}"}}')
    )
    assert ("sms", "sms_pension_offer", f"04-19 {hour}") == summary(play_story(antonio(), policy))[0]


def test_without_quiet_hours_the_sms_goes_at_once() -> None:
    policy = edited("contact_policy.yaml", ('  sms: {from: "20:00", to: "09:00"}\n', ""))
    assert ("sms", "sms_pension_offer", "04-18 23:05") == summary(play_story(antonio(), policy))[0]


def test_customers_own_zone_moves_the_sms() -> None:
    """The same evening in Rome is afternoon in New York: no quiet hours there."""
    journey = antonio()
    profile = journey.messages[0]
    abroad = profile._replace(body=type(profile.body)((PHONE,), {}, "Antonio", "en", "America/New_York"))
    driver = play([abroad, *journey.messages[1:]], journey.until)
    assert ("sms", "sms_pension_offer", "04-18 23:05") == summary(driver)[0]


def test_longer_wait_for_silence_keeps_the_call_back() -> None:
    """`after_min` beyond the eight days: a visit alone does not escalate."""
    policy = edited("actions.yaml", ("after_min: 3d", "after_min: 9d"))
    assert [("sms", "sms_pension_offer", "04-19 09:00")] == summary(play(antonio_uncalled(), UNTIL, policy))


def test_gathering_time_in_yaml_moves_the_answer() -> None:
    """A post gathered for two minutes is answered two minutes later; the form's half hour no longer rules."""
    policy = edited("needs.yaml", ("gather: 5m\n    answer_within: 25m", "gather: 2m\n    answer_within: 25m"))
    assert ("email", "email_information_promise", "02-26 21:25") == summary(play_story(bank_story("martina"), policy))[
        0
    ]


def test_promised_time_in_yaml_is_the_time_of_the_call_and_of_the_message() -> None:
    policy = edited("actions.yaml", ('days: 1, at: "09:30", promise: true', 'days: 1, at: "16:45", promise: true'))
    facts = [f for f in bank_story("martina").messages if f.at < at("2024-02-27 09:00")]
    who = Identifier("cookie", "martina-laptop")
    answered = ActionOutcome(OutcomeStatus.ACCEPTED, action="call_information", identifiers=(who,))
    facts.append(InboundMessage("answered", at("2024-02-27 16:50"), answered))
    commands = play(facts, "2024-03-05 12:00", policy).commands()
    assert [("email", "02-26 21:28"), ("call_centre", "02-27 16:45")] == [
        (channel, when) for channel, _, when in map(plain, commands)
    ]
    assert "27 February, 16:45" in commands[0].message


# ---- what happens between plan and emission ------------------------------------------------------------------------


def test_withdrawal_between_plan_and_emission_holds_the_sms_back() -> None:
    """Planned at 23:05, withdrawn at 7:00: at 9:00 consent is checked again. His request is answered by service."""
    body = ConsentChange("own_promotion", False, (PHONE,), "letter")
    driver = play(with_fact(antonio_uncalled(), "2024-04-19 07:00", body), "2024-05-05 12:00")
    assert [("call_centre", "branch_callback_overdue", "04-20 09:00")] == summary(driver)
    at_nine = next(r for r in driver.decisions() if r.intent == "deliver")
    assert (Blocked("sms_pension_offer", Reason.CONSENT_DENIED, "own_promotion"),) == at_nine.blocked


def test_consent_given_back_before_emission_lets_the_sms_go() -> None:
    facts = in_order(
        antonio().messages,
        [
            InboundMessage("no", at("2024-04-19 06:00"), ConsentChange("own_promotion", False, (PHONE,), "letter")),
            InboundMessage("yes", at("2024-04-19 08:00"), ConsentChange("own_promotion", True, (PHONE,), "form")),
        ],
    )
    assert ("sms", "sms_pension_offer", "04-19 09:00") == summary(play(facts, "2024-04-26 12:00"))[0]


def test_withdrawn_profiling_stops_the_personalised_call() -> None:
    """The call's purpose is personalised: without consent 5 the visit leads to nothing."""
    body = ConsentChange("profiling", False, (PHONE,), "letter")
    driver = play(with_fact(antonio_uncalled(), "2024-04-26 10:00", body), "2024-05-05 12:00")
    assert [("sms", "sms_pension_offer", "04-19 09:00")] == summary(driver)


@pytest.mark.parametrize(
    "body",
    [
        Touchpoint(Channel.WEB, "complaint", identifiers=(PHONE,), theme="pension", text="too many messages"),
        ActionOutcome(OutcomeStatus.UNSUBSCRIBED, channel=Channel.SMS, identifiers=(PHONE,)),
        Touchpoint(Channel.BRANCH, "branch_visit", identifiers=(PHONE,), theme="pension"),
    ],
    ids=["complaint", "unsubscribed", "branch visit"],
)
def test_what_cancels_a_plan_cancels_it(body: Touchpoint | ActionOutcome) -> None:
    """A person who complains, unsubscribes or walks in before 9:00 gets no SMS."""
    driver = play(with_fact(antonio().messages, "2024-04-19 08:30", body), "2024-04-26 12:00")
    assert "sms" not in {c.channel for c in driver.commands()}
    cancelled = [b for r in driver.decisions() for b in r.blocked if b.reason is Reason.CANCELLED]
    assert ["sms_pension_offer"] == [b.action for b in cancelled]


def test_complaint_about_the_sms_pauses_every_offer() -> None:
    """After a complaint neither a visit nor the dialler's list brings an offer; the record names the pause."""
    complaint = ActionOutcome(OutcomeStatus.COMPLAINT, action="sms_pension_offer", identifiers=(PHONE,))
    listed = Touchpoint(Channel.CALL_CENTRE, "call_list", identifiers=(PHONE,))
    facts = in_order(
        antonio_uncalled(),
        [InboundMessage("c", at("2024-04-22 10:00"), complaint), InboundMessage("l", at("2024-04-29 10:00"), listed)],
    )
    driver = play(facts, "2024-05-05 12:00")
    assert ["sms_pension_offer"] == [c.action for c in driver.commands()]
    held = [b for r in driver.decisions() for b in r.blocked if b.action == "call_term_deposit"]
    assert [Blocked("call_term_deposit", Reason.SUPPRESSED, "complained")] == held


def test_refusal_of_the_sms_is_an_answer_so_the_visit_does_not_escalate() -> None:
    body = ActionOutcome(OutcomeStatus.REFUSED, action="sms_pension_offer", identifiers=(PHONE,))
    driver = play(with_fact(antonio_uncalled(), "2024-04-20 10:00", body), "2024-05-05 12:00")
    assert [("sms", "sms_pension_offer", "04-19 09:00")] == summary(driver)


def test_martina_who_walks_in_before_the_promised_call_is_not_called() -> None:
    cookie = Identifier("cookie", "martina-laptop")
    facts = [f for f in bank_story("martina").messages if f.at < at("2024-02-27 09:00")]
    visit = InboundMessage(
        "v", at("2024-02-27 09:10"), Touchpoint(Channel.BRANCH, "branch_visit", identifiers=(cookie,))
    )
    driver = play([*facts, visit], "2024-03-05 12:00")
    assert ("email", "email_information_promise", "02-26 21:28") == summary(driver)[0]
    assert "call_centre" not in {c.channel for c in driver.commands()}


def test_family_that_made_its_transfer_is_not_called() -> None:
    giorgio = Identifier("customer_id", "IT-1001")
    facts = [f for f in bank_story("rossi").messages if f.at < at("2024-06-24 09:00")]
    done = Touchpoint(Channel.EBANKING, "transfer_done", identifiers=(giorgio,), theme="token")
    driver = play([*facts, InboundMessage("done", at("2024-06-24 08:00"), done)], "2024-06-30 12:00")
    assert [("social", "social_token_reply", "06-23 21:43")] == summary(driver)


def test_nobody_is_abandoned_when_the_answer_is_impossible() -> None:
    """Help with a form goes by e-mail or push. Only a phone is known: at the deadline somebody calls, when they may."""
    phone = Identifier("phone", "+39 333 1234567")
    left = Touchpoint(Channel.WEB, "form_abandoned", identifiers=(phone,), theme="mortgage")
    facts = [permitted("2024-02-26 21:00", phone), InboundMessage("left", at("2024-02-26 21:01"), left)]
    driver = play(facts, "2024-02-28 08:00")
    assert [("call_centre", "branch_callback_overdue", "02-28 09:00")] == summary(play(facts, "2024-02-28 12:00"))
    assert [] == driver.commands()


def test_a_question_is_answered_by_sms_where_no_email_is_known() -> None:
    """The next treatment, when the first has no address: in its hours, and with a promise that can be kept."""
    phone = Identifier("phone", "+39 333 1234567")
    ask = Touchpoint(Channel.WEB, "information_request", identifiers=(phone,), theme="prepaid_card")
    facts = [permitted("2024-02-26 21:00", phone), InboundMessage("ask", at("2024-02-26 21:01"), ask)]
    driver = play(facts, "2024-02-27 12:00")
    assert [("sms", "email_information_promise", "02-27 09:00")] == summary(driver)
    assert "28 febbraio, 9:30" in driver.commands()[0].message


def permitted(when: str, who: Identifier) -> InboundMessage:
    """`who` allows the processing of their data, and no more."""
    return InboundMessage(f"{who.value}/permitted", at(when), ConsentChange("personal_data", True, (who,), "form"))


def test_need_that_nothing_can_answer_ends_with_the_reason() -> None:
    """Only a cookie is known: neither e-mail nor call is possible; the need ends unanswered and says why."""
    cookie = Identifier("cookie", "nobody")
    ask = Touchpoint(Channel.WEB, "information_request", identifiers=(cookie,), theme="prepaid_card")
    facts = [permitted("2024-02-26 21:00", cookie), InboundMessage("ask", at("2024-02-26 21:01"), ask)]
    driver = play(facts, "2024-03-01 12:00")
    closed = [(c.kind, c.end, c.detail) for r in driver.decisions() for c in r.needs_closed]
    assert [("information_request", NeedEnd.UNANSWERED, "unreachable")] == closed
    assert [] == driver.commands()


def test_a_theme_cap_on_service_holds_for_actions_without_a_theme_of_their_own() -> None:
    """The reply about mortgages has no theme in the catalogue; what it is about is what the cap must look at."""
    cap = (
        "  - {name: one_on_mortgage, at_most: 1, window: 30d, themes: [mortgage], limits: [service], counts: [service]}"
    )
    driver = Driver(edited("contact_policy.yaml", ("caps:\n", f"caps:\n{cap}\n")))
    who = (Identifier("email", "a@example.org"), Identifier("cookie", "a"))
    driver.send(permitted("2024-03-04 10:00", who[0]))
    for day in (5, 8, 12):
        body = Touchpoint(Channel.WEB, "information_request", identifiers=who, theme="mortgage")
        fact = InboundMessage(f"ask-{day}", at(f"2024-03-{day:02} 10:00"), body)
        driver.tick(fact.at - 1)
        driver.send(fact)
    driver.tick(at("2024-03-20 12:00"))
    assert [c.action for c in driver.commands() if c.theme == "mortgage"] == ["email_information_reply"]
