"""The golden journeys through the synchronous driver: real codec, processors and policy; no broker."""

from dataclasses import replace
from datetime import datetime

import pytest
from msgspec.structs import replace as replace_struct

from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.effects import Blocked, DecisionRecord, Deliver
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier, Touchpoint
from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason
from garbo.demo.further_journeys import further
from garbo.demo.journeys import ROME, Journey, antonio, at, golden, martina, problems, rossi
from garbo.processors.ports import InboundMessage
from garbo.testing.driver import Driver
from tests.golden.histories.playing import bank, edited, in_order, play, play_journey

ALL = [
    martina(),
    martina(own_promotion=False),
    antonio(),
    *(rossi(own, profiling) for own in (True, False) for profiling in (True, False)),
    *further(),
]
NAMES = [
    *("martina", "martina without promotion", "antonio", "rossi 2+5", "rossi 2", "rossi 5", "rossi neither"),
    *("antonio says yes", "antonio says yes at night", "rossi without Gaia"),
    *("private transfer", "private transfer undelivered", "praise"),
]
PHONE = Identifier("phone", "+39 347 7654321")  # Antonio's


def plain(command: Deliver) -> tuple[str, str, str]:
    """Channel, action and local time: what a person would remember of a command."""
    when = datetime.fromtimestamp(command.at / 1000, ROME)
    return command.channel, command.action, when.strftime("%m-%d %H:%M")


def antonio_uncalled() -> Journey:
    """Antonio's story as far as his visit to the web site: what comes of a call that is not made has no place here."""
    journey = antonio()
    return replace(journey, messages=tuple(f for f in journey.messages if f.at < at("2024-04-27 14:00")))


def summary(driver: Driver) -> list[tuple[str, str, str]]:
    return [plain(command) for command in driver.commands()]


def meant(record: DecisionRecord) -> tuple[object, ...]:
    """What a record says, without the coordinates of the log that carried it."""
    return (record.event_id, record.at, record.chosen, record.placed_at, record.riders, record.blocked, record.scored)


def with_fact(journey: Journey, when: str, body: Touchpoint | ConsentChange | ActionOutcome) -> list[InboundMessage]:
    """The journey's facts with one more among them."""
    return in_order(journey.messages, [InboundMessage(f"extra/{when}", at(when), body)])


def held_calls(driver: Driver) -> list[Blocked]:
    """What held Antonio's call back; by e-mail he cannot be reached."""
    found = [b for r in driver.decisions() for b in r.blocked if b.action == "call_pension_invite"]
    return [b for b in found if b.channel != "email"]


# ---- as the sources tell them --------------------------------------------------------------------------------------


@pytest.mark.parametrize("journey", ALL, ids=NAMES)
def test_journey_comes_out_as_told(journey: Journey) -> None:
    """Exactly the commands the sources ask for, each in its time, and the life cycle they end in."""
    driver = play_journey(journey)
    assert [] == problems(journey, driver.commands())
    assert [] == driver.dead_letters()
    if journey.lifecycle:
        assert journey.lifecycle in {p.lifecycle for p in driver.parties() if not p.alias_of}


@pytest.mark.parametrize(
    ("own_promotion", "profiling", "denied"),
    [(True, False, "profiling"), (False, True, "own_promotion"), (False, False, "own_promotion")],
)
def test_rossi_call_without_consents_is_service_only_and_says_why(
    own_promotion: bool, profiling: bool, denied: str
) -> None:
    """Without consent 2 or 5 the same call is made, carries nothing, and the record names the missing consent."""
    driver = play_journey(rossi(own_promotion, profiling))
    call = driver.commands()[1]
    record = next(r for r in driver.decisions() if r.action_id == call.action_id and r.chosen == call.action)
    assert ("call_token_follow_up", ()) == (call.action, call.riders)
    assert Blocked("offer_family_mortgage", Reason.CONSENT_DENIED, denied) in record.blocked


def test_rossi_offer_rides_on_the_one_call() -> None:
    """Both consents: one call carries the offer for both spouses; there is no second contact, and staff are briefed."""
    commands = play_journey(rossi()).commands()
    assert ["social", "call_centre", "branch"] == [c.channel for c in commands]
    assert ["offer_family_mortgage"] == [r.action for r in commands[1].riders]
    assert "Giorgio and Gaia" in commands[1].riders[0].message
    assert ("", "Roma Prati") == (commands[2].address, commands[2].parameters["branch"])


def test_martina_two_signals_are_one_need_answered_once_with_a_promise_kept() -> None:
    """Form and post end as one need: promised by the e-mail, answered by the call."""
    driver = play_journey(martina())
    ends = [(c.theme, c.end) for r in driver.decisions() for c in r.needs_closed]
    assert [("prepaid_card", NeedEnd.PROMISED), ("prepaid_card", NeedEnd.ANSWERED)] == ends


def test_antonio_is_left_alone_for_eight_days() -> None:
    """Between the SMS and his visit nothing is sent."""
    commands = play_journey(antonio()).commands()
    assert [] == [c for c in commands if at("2024-04-19 12:00") < c.at < at("2024-04-27 13:37")]


def test_together_on_one_log_each_journey_still_comes_out() -> None:
    """Stories of different years in one stream do not disturb each other."""
    driver = play(in_order(*(j.messages for j in golden())), "2024-07-01 12:00")
    for journey in golden():
        last = max(fact.at for fact in journey.messages)
        mine = [c for c in driver.commands() if journey.messages[0].at <= c.at <= max(last, at(journey.until))]
        who = {c.party for c in mine if c.action == journey.expected[0].action}
        assert [] == problems(journey, [c for c in mine if c.party in who])


# ---- what must not matter ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("journey", ALL, ids=NAMES)
def test_number_of_partitions_does_not_change_the_decisions(journey: Journey) -> None:
    """1, 4 and 7 partitions: the same records, the same commands."""
    runs = [play_journey(journey, partitions=n) for n in (1, 4, 7)]
    commands = [sorted(d.commands(), key=lambda c: c.action_id) for d in runs]
    records = [sorted((meant(r) for r in d.decisions() if r.disposition == "decided"), key=repr) for d in runs]
    assert commands[0] == commands[1] == commands[2]
    assert records[0] == records[1] == records[2]


@pytest.mark.parametrize("journey", ALL, ids=NAMES)
def test_each_fact_sent_three_times_changes_nothing(journey: Journey) -> None:
    """Commands, rows and needs are those of single delivery; each copy ends in a record of its own."""
    once, thrice = play_journey(journey), play_journey(journey, times=3)
    assert once.commands() == thrice.commands()
    facts = {fact.event_id for fact in journey.messages}
    copies = [r for r in thrice.decisions() if r.disposition is Disposition.DUPLICATE and r.event_id in facts]
    assert 2 * len(journey.messages) == len(copies)


@pytest.mark.parametrize("journey", ALL, ids=NAMES)
def test_second_delivery_of_all_resolved_events_changes_nothing(journey: Journey) -> None:
    """What resolve sends again after a crash, decide has applied already: the rows stay as they are."""
    driver = play_journey(journey)
    commands, rows = driver.commands(), driver.parties()
    resolved = [r for r in driver.log["party-events"] if driver.codec.party_event(r).source is not None]
    for record in resolved:
        driver.send_raw("party-events", record.key, record.value)
    assert commands == driver.commands()
    assert rows == driver.parties()
    again = driver.decisions()[-len(resolved) :]
    assert {Disposition.DUPLICATE} == {r.disposition for r in again}


@pytest.mark.parametrize("journey", ALL, ids=NAMES)
def test_every_event_has_exactly_one_record(journey: Journey) -> None:
    """Each event on party-events ends in one decision record, silence included."""
    driver = play_journey(journey)
    events = [driver.codec.party_event(r) for r in driver.log["party-events"]]
    wanted = sorted((e.party, e.event_id) for e in events if type(e.body).__name__ != "ClockTick")
    assert wanted == sorted((r.party, r.event_id) for r in driver.decisions())


def open_at(policy: Policy, channel: str, when: int) -> bool:
    """Is `channel` open by the YAML's quiet hours, on the clock in Rome? Written apart from the code under test."""
    quiet = policy.contact.quiet_hours.get(channel)
    if quiet is None:
        return True
    local = datetime.fromtimestamp(when / 1000, ROME)
    minute, start, end = local.hour * 60 + local.minute, quiet.start, quiet.end
    silent = start <= minute < end if start <= end else minute >= start or minute < end
    closed = local.weekday() in quiet.closed_weekdays
    holiday = quiet.holidays and local.date().isoformat() in policy.contact.holidays
    return not (silent or closed or holiday)


@pytest.mark.parametrize("shift", range(0, 24, 3))
@pytest.mark.parametrize("journey", golden(), ids=["martina", "antonio", "rossi"])
def test_no_command_in_quiet_hours_whatever_the_hour_of_the_story(journey: Journey, shift: int) -> None:
    """The stories moved through the day, by three hours a step: no customer is contacted while a channel is silent."""
    moved = [fact._replace(at=fact.at + shift * 3_600_000) for fact in journey.messages]
    driver = play(moved, at(journey.until) + 86_400_000)
    internal = {a.name for a in bank().actions.values() if a.internal}
    assert [] == [
        plain(c) for c in driver.commands() if c.action not in internal and not open_at(bank(), c.channel, c.at)
    ]


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
        play_journey(antonio_uncalled(), other)
    )


def test_extra_consents_of_the_bank_are_asked_too() -> None:
    """The bank may ask more than the law: with `third_party_promotion` asked of own promotion, no SMS goes out."""
    stricter = edited(
        "consents.yaml",
        ("extra:\n", "extra:\n  own_promotion: [third_party_promotion]\n"),
    )
    driver = play_journey(antonio(), stricter)
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
    driver = play_journey(antonio_uncalled(), edited(file, (old, new)))
    assert [("sms", "sms_pension_offer", "04-19 09:00")] == summary(driver)
    assert [Blocked("call_pension_invite", reason, detail, "call_centre")] == held_calls(driver)


def test_cap_of_0_for_calls_means_never() -> None:
    """YAML refuses it (at least 1), the core understands it: Antonio's call is held back by its cap."""
    caps = tuple(replace_struct(c, limit=0) if c.channels == ("call_centre",) else c for c in bank().contact.caps)
    policy = replace_struct(bank(), contact=replace_struct(bank().contact, caps=caps))
    driver = play_journey(antonio_uncalled(), policy)
    assert [("sms", "sms_pension_offer", "04-19 09:00")] == summary(driver)
    expected = Blocked("call_pension_invite", Reason.CAP_REACHED, "one_marketing_call_a_week", "call_centre")
    assert [expected] == held_calls(driver)


@pytest.mark.parametrize(("end", "hour"), [("08:00", "08:00"), ("09:00", "09:00"), ("11:23", "11:23")])
def test_quiet_hours_in_yaml_move_the_sms(end: str, hour: str) -> None:
    """The SMS goes out at the minute quiet hours end; at 11:23 as in the source, if the bank says so."""
    policy = edited(
        "contact_policy.yaml", ('sms: {from: "20:00", to: "09:00"}', f'sms: {{from: "20:00", to: "{end}"}}')
    )
    assert ("sms", "sms_pension_offer", f"04-19 {hour}") == summary(play_journey(antonio(), policy))[0]


def test_without_quiet_hours_the_sms_goes_at_once() -> None:
    policy = edited("contact_policy.yaml", ('  sms: {from: "20:00", to: "09:00"}\n', ""))
    assert ("sms", "sms_pension_offer", "04-18 23:05") == summary(play_journey(antonio(), policy))[0]


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
    assert [("sms", "sms_pension_offer", "04-19 09:00")] == summary(play_journey(antonio_uncalled(), policy))


def test_gathering_time_in_yaml_moves_the_answer() -> None:
    """A post gathered for two minutes is answered two minutes later; the form's half hour no longer rules."""
    policy = edited("needs.yaml", ("gather: 5m\n    answer_within: 25m", "gather: 2m\n    answer_within: 25m"))
    assert ("email", "email_information_promise", "02-26 21:25") == summary(play_journey(martina(), policy))[0]


def test_promised_time_in_yaml_is_the_time_of_the_call_and_of_the_message() -> None:
    policy = edited("actions.yaml", ('days: 1, at: "09:30", promise: true', 'days: 1, at: "16:45", promise: true'))
    facts = [f for f in martina().messages if f.at < at("2024-02-27 09:00")]
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
    driver = play(with_fact(antonio(), "2024-04-19 08:30", body), "2024-04-26 12:00")
    assert "sms" not in {c.channel for c in driver.commands()}
    cancelled = [b for r in driver.decisions() for b in r.blocked if b.reason is Reason.CANCELLED]
    assert ["sms_pension_offer"] == [b.action for b in cancelled]


def test_complaint_about_the_sms_pauses_every_offer() -> None:
    """After a complaint neither a visit nor the dialler's list brings an offer; the record names the pause."""
    complaint = ActionOutcome(OutcomeStatus.COMPLAINT, action="sms_pension_offer", identifiers=(PHONE,))
    listed = Touchpoint(Channel.CALL_CENTRE, "call_list", identifiers=(PHONE,))
    facts = in_order(
        antonio_uncalled().messages,
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
    facts = [f for f in martina().messages if f.at < at("2024-02-27 09:00")]
    visit = InboundMessage(
        "v", at("2024-02-27 09:10"), Touchpoint(Channel.BRANCH, "branch_visit", identifiers=(cookie,))
    )
    driver = play([*facts, visit], "2024-03-05 12:00")
    assert ("email", "email_information_promise", "02-26 21:28") == summary(driver)[0]
    assert "call_centre" not in {c.channel for c in driver.commands()}


def test_family_that_made_its_transfer_is_not_called() -> None:
    giorgio = Identifier("customer_id", "IT-1001")
    facts = [f for f in rossi().messages if f.at < at("2024-06-24 09:00")]
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
