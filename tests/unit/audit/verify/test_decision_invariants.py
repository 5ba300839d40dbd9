"""The invariants about the decision itself: a forgery in the village's log is reported by its invariant, and only
there; what looks like a violation and is none is not reported."""

import pytest
from msgspec.structs import replace

from garbo.audit.verify import rules
from garbo.audit.verify.holdout import held_out
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.effects import Deliver, Learn, NeedClosed, Rider, Scored
from garbo.core.vocabulary.events import (
    ActionOutcome,
    Body,
    ConsentChange,
    HouseholdJoined,
    MemberUpdate,
    PartyEvent,
    ProfileUpdate,
    RowMoved,
    TimerFired,
    Touchpoint,
    type_of,
)
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import NeedEnd
from tests.unit.audit.verify.recorded import Recorded
from tests.unit.audit.verify.village import FILES, SHY, SILENT, UNPROFILED, party, rules_of, village, village_rules

VIEW = Touchpoint(Channel.WEB, "page_view")
CALL = Touchpoint(Channel.CALL_CENTRE, "call_list")
ADA, EVE = party(4), party(5)  # of one household, and neither is in the control group


class Forged(Recorded):
    """The village's log. What happens next lies a month after its end, so no window reaches back."""

    def __init__(self) -> None:
        super().__init__(village())
        self.at = max(d.at for d in self.decisions()) + 30 * DAY
        self._number = 0
        self._like = next(d for d in self.decisions() if not (d.chosen or d.needs_closed or d.scored or d.blocked))

    def happens(self, body: Body, who: str = ADA, after: int = MINUTE, **changed: object) -> None:
        self.at += after
        self.event(self._next(body, who), replace(self._like, at=self.at), **changed)

    def sends(
        self, action: str, who: str = ADA, after: int = MINUTE, *, because: Body = CALL, point: str = "event",
        theme: str = "card", confirmation: str = "", chance: float = 0.0, action_id: str = "", placed_at: int = 0,
        closed: tuple[NeedClosed, ...] = (), **command: object,
    ) -> Deliver:  # fmt: skip
        """`action` is decided on `because`, and goes out; with `placed_at` it is reserved for then."""
        self.at += after
        event = self._next(because, who)
        known = village_rules().actions[action]
        fields: dict[str, object] = {
            "channel": "email", "action_class": known.action_class, "purpose": "own_promotion", "theme": theme,
            "parameters": {}, **command,
        }  # fmt: skip
        made = Deliver(
            action_id=action_id or f"a-{self._number}", decision_id=f"d-{self._number}", party=who, action=action,
            at=self.at, expires_at=self.at + DAY, address="", language="en", message="", group=known.group, **fields,
        )  # type: ignore[arg-type]  # fmt: skip
        about: dict[str, object] = {
            "event_type": type_of(because), "event_kind": getattr(because, "kind", ""), "theme": theme, "point": point,
            "confirmation": confirmation, "occurred_at": event.at, "needs_closed": closed, "riders": (),
            "held_out": False, "scored": (_scored(action, chance),) if chance else (),
            "silence_probability": 1.0 - chance,
        }  # fmt: skip
        if placed_at:
            self._decided(made, event, {**about, "placed_at": placed_at})
        else:
            self.acted(made, replace(self._like, at=self.at), event, **about)
        return made

    def found(self, by: rules.Rules | None = None) -> set[str]:
        report = self.report(by=village_rules() if by is None else by)
        return {j.name for j in report.results if j.violations}

    def _next(self, body: Body, who: str) -> PartyEvent:
        self._number += 1
        at = body.due if isinstance(body, TimerFired) else self.at
        return PartyEvent(f"forged-{self._number}", who, at, body)

    def _decided(self, made: Deliver, event: PartyEvent, about: dict[str, object]) -> None:
        record = replace(
            self._like, decision_id=made.decision_id, party=made.party, event_id=event.event_id, at=self.at,
            chosen=made.action, action_id=made.action_id, **about, **self.arrived(event),
        )  # type: ignore[arg-type]  # fmt: skip
        self.append("decisions", made.party.encode(), self.codec.encode(record))


def _scored(action: str, chance: float) -> Scored:
    return Scored(action, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, chance, 0)


@pytest.fixture
def run() -> Forged:
    return Forged()


def test_forgeries_without_a_fault_are_no_violation(run: Forged) -> None:
    run.sends("card_call")
    run.sends("reply", EVE, purpose="service_request", because=VIEW)
    run.happens(VIEW)
    assert set() == run.found()


# ---- I4: personal_data


def test_service_needs_personal_data_and_what_is_owed_does_not(run: Forged) -> None:
    run.sends("reply", party(SILENT), purpose="contract")
    run.sends("reply", party(SILENT), purpose="legal_obligation")
    assert set() == run.found()
    run.sends("reply", party(SILENT), purpose="service_request")
    assert {"I4"} == run.found()
    assert "personal_data was never given" in run.report(by=village_rules()).of("I4").violations[0]


def test_what_is_owed_needs_no_consent_to_sensitive_data_and_an_answer_does() -> None:
    reads = rules_of({"actions.yaml": """
        actions:
          reply: {class: service, eligibility: 'illness == "" && age > 3', when: [{on: need, name: question}]}
    """})  # fmt: skip
    assert frozenset() == reads.needed("contract", "reply")
    assert {"personal_data", "sensitive_data"} == reads.needed("service_request", "reply")


# ---- I11: learning


@pytest.mark.parametrize(("who", "broken"), [(4, set()), (UNPROFILED, {"I11"}), (SILENT, {"I11"})])
def test_example_about_somebody_without_the_consents_is_seen(run: Forged, who: int, broken: set[str]) -> None:
    run.happens(ActionOutcome(OutcomeStatus.REFUSED, action="card_call"), party(who))
    example = Learn("cards", "forged-1", party(who), run.at, "card_call", {"age": 1.0}, 0, 0.0, 0.0, "", "outside")
    run.append("learning-examples", b"cards", run.codec.encode(example))
    assert broken == run.found()


RELABEL = Touchpoint(Channel.CALL_CENTRE, "relabel", text="Where is my money?", attributes={"right_intent": "fraud"})


def relabels() -> rules.Rules:
    kind = "  relabel: {meaning: a clerk corrects, channels: [call_centre], corrects: true}\n        lifecycle:"
    return rules_of({"journey.yaml": FILES["journey.yaml"].replace("lifecycle:", kind)})


@pytest.mark.parametrize(
    ("who", "kind", "feature", "broken"),
    [
        (4, "relabel", "#17", set()),
        (4, "relabel", "seed=", set()),
        (UNPROFILED, "relabel", "#17", {"I11"}),
        (SILENT, "relabel", "#17", {"I11"}),
        (4, "relabel", "money", {"I11"}),
        (4, "relabel", "seed=my money", {"I11"}),
        (4, "fair", "#17", {"I11"}),
    ],
)
def test_example_of_a_text_comes_from_a_correction_with_the_consents_and_holds_no_word(
    run: Forged, who: int, kind: str, feature: str, broken: set[str]
) -> None:
    run.happens(replace(RELABEL, kind=kind), party(who))
    event_id = f"forged-{run._number}"
    features = {feature: 1.0, "class=fraud": 1.0}
    example = Learn("text.intent", f"{event_id}/intent", party(who), run.at, "fraud", features, 1, 0.0, 0.0, "")
    run.append("learning-examples", b"text.intent", run.codec.encode(example))
    assert broken == run.found(relabels())


def test_example_of_no_outcome_is_seen(run: Forged) -> None:
    example = Learn("cards", "a-none/card_call", ADA, run.at, "card_call", {}, 0, 0.0, 0.0, "")
    run.append("learning-examples", b"cards", run.codec.encode(example))
    assert {"I11"} == run.found()
    assert "without a decision" in run.report(by=village_rules()).of("I11").violations[0]


def learns(run: Forged, made: Deliver, kind: str = "close", label: int = 0, at: int = 0, who: str = ADA) -> None:
    """An example of the contact `made`, from a decision at `at` (ms), or just now."""
    name = f"{made.action_id}/{made.action}/{kind}"
    example = Learn("cards", name, who, at or run.at, made.action, {"age": 1.0}, label, 1.0, 0.2, "", kind)
    run.append("learning-examples", b"cards", run.codec.encode(example))


def label_timer() -> TimerFired:
    return TimerFired("label", 1)


def test_labels_of_a_contact_that_was_made_are_no_violation(run: Forged) -> None:
    """A no at the close and then a late yes; a no early, and then a yes."""
    made = run.sends("card_call")
    learns(run, made, "early_no")
    run.happens(ActionOutcome(OutcomeStatus.ACCEPTED, made.action_id))
    learns(run, made, "early_yes", 1)
    other = run.sends("card_call", EVE)
    run.happens(label_timer(), EVE, after=14 * DAY)
    learns(run, other, who=EVE)
    run.happens(ActionOutcome(OutcomeStatus.ACCEPTED, action="card_call"), EVE)
    learns(run, other, "late_yes", 1, who=EVE)
    assert set() == run.found()


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        ("too early", "before its window closes"),
        ("twice", "a second close"),
        ("both ways", "beside the close"),
        ("two yeses", "a second yes"),
        ("a yes from nowhere", "without a yes of the customer"),
        ("a late no", "with the label 0"),
        ("never made", "without a contact that was made"),
        ("failed", "without a contact that was made"),
        ("consent withdrawn", "without profiling"),
        ("consent given later", "without profiling when the contact was made"),
        ("no decision", "without a decision on the party's log"),
    ],
)
def test_label_that_cannot_be_is_seen(run: Forged, forged: str, says: str) -> None:
    if forged == "consent given later":
        run.happens(ConsentChange("profiling", False))
    made = run.sends("card_call")
    if forged == "consent given later":
        run.happens(ConsentChange("profiling", True))
    if forged in ("twice", "two yeses"):
        run.happens(ActionOutcome(OutcomeStatus.ACCEPTED, made.action_id))
    if forged == "failed":
        run.happens(ActionOutcome(OutcomeStatus.FAILED, made.action_id))
    if forged == "consent withdrawn":
        run.happens(ConsentChange("profiling", False))
    run.happens(label_timer(), after=14 * DAY - (HOUR if forged == "too early" else 0))
    if forged == "never made":
        made = replace(made, action_id="a-never")
    yes = forged in ("two yeses", "a yes from nowhere")
    if forged == "a late no":
        learns(run, made, "late_yes", 0)
    else:
        learns(run, made, label=int(yes), at=run.at + MINUTE if forged == "no decision" else 0)
    if forged == "twice":
        learns(run, made)
    if forged == "both ways":
        learns(run, made, "early_no")
    if forged == "two yeses":
        learns(run, made, "late_yes", 1)
    assert {"I11"} == run.found()
    assert says in run.report(by=village_rules()).of("I11").violations[0]


# ---- I12: who is named


@pytest.mark.parametrize(
    ("number", "text", "broken"),
    [
        (4, "Ada 4 and Ada 5", set()),
        (4, "Ada 4", set()),
        (4, "Ada 4 e Ada 5", set()),
        (0, "Ada 0", set()),
        (0, f"Ada 0 and Ada {SHY}", {"I12"}),
        (4, "Ada 4, Ada 5 and Ada 6", {"I12"}),
    ],
)
def test_member_named_without_their_consent_is_seen(run: Forged, number: int, text: str, broken: set[str]) -> None:
    run.sends("card_call", party(number), parameters={"household": text})
    assert broken == run.found()


def test_purpose_of_a_rider_counts_too(run: Forged) -> None:
    named = {"household": f"Ada 0 and Ada {SHY}"}
    run.sends("reply", party(0), purpose="contract", parameters=named)
    assert set() == run.found()
    rider = Rider("card_call", "own_promotion", "card", "")
    run.sends("reply", party(0), purpose="contract", parameters=named, riders=(rider,))
    assert {"I12"} == run.found()


def test_withdrawal_counts_from_its_message_on_and_a_message_alone_is_no_consent(run: Forged) -> None:
    named = {"household": "Ada 4 and Ada 5"}
    run.happens(ConsentChange("own_promotion", False), EVE)
    run.sends("card_call", parameters=named)  # the message is still under way
    assert set() == run.found()
    run.happens(MemberUpdate(EVE, ("personal_data", "profiling")))
    run.sends("card_call", after=DAY, parameters=named)
    assert {"I12"} == run.found()
    run = Forged()
    run.happens(HouseholdJoined("house 2", "0-ghost", "Ugo, the elder"))
    run.happens(MemberUpdate("0-ghost", ("own_promotion", "personal_data")))
    run.sends("card_call", parameters={"household": "Ada 4, Ugo, the elder and Ada 5"})
    assert {"I12"} == run.found()
    for consent in ("own_promotion", "personal_data"):
        run.happens(ConsentChange(consent, True), "0-ghost")
    assert set() == run.found()


def test_members_of_a_row_that_moved_here_may_be_named(run: Forged) -> None:
    winner = "0-00000000000000000000"
    run.happens(ProfileUpdate(name="Ada the first"), winner)
    run.happens(RowMoved(ADA, b""), winner)
    run.sends("reply", winner, purpose="contract", parameters={"household": "Ada the first and Ada 5"})
    assert set() == run.found()


# ---- I13: behaviour


def test_plan_about_a_look_needs_profiling_twice(run: Forged) -> None:
    def plan(at_choice: bool, at_emission: bool) -> set[str]:
        run = Forged()
        run.happens(ConsentChange("profiling", at_choice))
        run.sends("card_offer", because=VIEW, action_id="a-plan", placed_at=run.at + DAY, chance=0.5)
        run.happens(ConsentChange("profiling", at_emission))
        timer = TimerFired("t", run.at + DAY)
        run.sends(
            "card_offer",
            after=DAY,
            because=timer,
            point="planned",
            action_id="a-plan",
            confirmation="confirmed",
            chance=0.5,
        )
        return run.found()

    assert set() == plan(True, True)
    assert {"I13", "I22"} == plan(True, False) == plan(False, True)  # a model was asked at either


def test_what_was_asked_for_is_no_behaviour(run: Forged) -> None:
    run.sends("card_call", party(UNPROFILED))
    run.sends("reply", party(UNPROFILED), because=VIEW, purpose="service_request")
    run.sends("card_slot", party(UNPROFILED), because=Touchpoint(Channel.APP, "slot"), point="inbound", inbound=True)
    assert set() == run.found()
    run.sends("card_hint", party(UNPROFILED), because=VIEW)  # any event, but this one is a look
    assert {"I13", "I14"} == run.found()  # and it did not wait


def test_rule_that_reads_behaviour_makes_the_action_behavioural() -> None:
    run = Forged()
    run.sends("card_call", party(UNPROFILED))
    call = {"class": "marketing", "when": [{"on": "touchpoint", "name": "call_list"}]}
    for more, broken in (
        ({}, set()),
        ({"eligibility": "interest > 1.0"}, {"I13"}),
        ({"value_company": "touches > 2 ? 40.0 : 20.0"}, {"I13"}),
        ({"eligibility": 'count("page_view", "7d") > 2'}, {"I13"}),
        ({"eligibility": 'days_since("page_view") > 2.0'}, {"I13"}),
        ({"suitability": 'responses("email", "7d") == 0'}, {"I13"}),
        ({"value_company": 'interest_in("card") * 10.0'}, {"I13"}),
        ({"eligibility": "stage_days > 3.0"}, {"I13"}),
        ({"eligibility": 'contacts("email", "7d") == 0 && weekday < 5'}, set()),
        ({"eligibility": '"profiling" in consents'}, set()),
        ({"stages": ["discovery"]}, {"I13"}),
        ({"eligibility": 'lifecycle == "stage"'}, set()),
        ({"when": [{"on": "touchpoint", "name": "call_list", "times": 2, "within": "7d"}]}, {"I13"}),
    ):
        text = str({"actions": {"card_call": call | more}})
        assert broken == run.found(rules_of({"actions.yaml": text})) & {"I13"}, more


# ---- I14: looks


def test_offer_about_a_look_waits_and_only_one_comes_in_a_week(run: Forged) -> None:
    run.sends("card_offer", because=VIEW, action_id="a-plan", placed_at=run.at + HOUR)
    again = {"because": TimerFired("t", run.at + HOUR), "point": "planned", "confirmation": "confirmed"}
    run.sends("card_offer", after=HOUR, action_id="a-plan", **again)
    assert set() == run.found()
    run.sends("card_offer", because=VIEW)  # at once, and within the week
    violations = run.report(by=village_rules()).of("I14").violations
    assert ["is over remarketing", "comes 0 ms"] == [" ".join(v.split()[4:7]) for v in violations]


def test_look_stays_one_when_the_offer_failed_and_is_made_on_another_channel(run: Forged) -> None:
    first = run.sends("card_offer", because=VIEW, action_id="a-plan", placed_at=run.at + HOUR)
    planned = {"because": TimerFired("t", run.at + HOUR), "point": "planned", "confirmation": "confirmed"}
    run.sends("card_offer", after=HOUR, action_id="a-plan", **planned)
    failed = ActionOutcome(OutcomeStatus.FAILED, first.action_id, "card_offer")
    run.sends("card_offer", because=failed, point="planned", confirmation="confirmed", channel="sms")
    assert set() == run.found()
    run.sends("card_offer", after=DAY, because=VIEW)
    assert any("over remarketing" in v for v in run.report(by=village_rules()).of("I14").violations)


# ---- I15: what is scarce


def test_third_call_of_an_hour_is_seen_and_the_next_hour_has_slots_again(run: Forged) -> None:
    run.at -= run.at % HOUR
    for number in (2, 3):
        run.sends("card_call", party(number), channel="call_centre")
    run.sends("card_call", party(4), after=HOUR, channel="call_centre")
    assert set() == run.found()
    run.sends("card_call", party(5), after=0, channel="call_centre")
    run.sends("card_call", party(6), after=0, channel="call_centre")
    assert {"I15"} == run.found()


def test_late_call_counts_in_the_hour_in_which_it_is_made(run: Forged) -> None:
    run.at -= run.at % HOUR
    at = run.at + HOUR + MINUTE
    run.sends("card_call", party(2), channel="call_centre", action_id="a-2", placed_at=at)
    run.sends(
        "card_call", party(2), after=HOUR, because=TimerFired("t", at), point="planned", confirmation="confirmed",
        channel="call_centre", action_id="a-2",
    )  # fmt: skip  # it comes late, in the hour after
    run.sends("card_call", party(4), after=0, channel="call_centre")
    assert set() == run.found()
    run.sends("card_call", party(5), after=0, channel="call_centre")
    assert {"I15"} == run.found()


def test_what_is_shown_and_what_is_mandatory_take_no_slot(run: Forged) -> None:
    run.at -= run.at % HOUR
    for number in (2, 3, 4, 5):
        run.sends("card_slot", party(number), after=0, channel="call_centre", inbound=True)
        run.sends("reply", party(number), after=0, channel="call_centre", action_class="mandatory")
    assert set() == run.found()


def test_one_more_than_the_stock_is_seen_also_as_a_rider(run: Forged) -> None:
    given = sum(c.action == "gift" for c in run.commands())
    assert 3 == given
    rider = Rider("gift", "own_promotion", "gift", "")
    run.sends("reply", purpose="contract", riders=(rider,))
    assert {"I15"} == run.found()


# ---- I16: answers


@pytest.mark.parametrize(
    ("status", "broken"),
    [("delivered", set()), ("opened", set()), ("refused", set()), ("failed", {"I16"}), ("no_answer", {"I16"})],
)
def test_need_is_answered_by_a_report_of_arrival_only(run: Forged, status: str, broken: set[str]) -> None:
    made = run.sends("reply", purpose="contract", answers=("question",))
    report = ActionOutcome(OutcomeStatus(status), made.action_id, "reply")
    run.happens(report, needs_closed=(NeedClosed("question", "card", NeedEnd.ANSWERED, "reply"),))
    assert broken == run.found()


@pytest.mark.parametrize(("channel", "broken"), [("sms", set()), ("email", {"I16"})])
def test_command_that_left_is_an_answer_only_where_nothing_is_reported(
    run: Forged, channel: str, broken: set[str]
) -> None:
    closed = (NeedClosed("question", "card", NeedEnd.ANSWERED, "reply"),)
    run.sends("reply", purpose="contract", channel=channel, answers=("question",), closed=closed)
    assert broken == run.found()


@pytest.mark.parametrize(("why", "broken"), [("nothing_fits", set()), ("", {"I16"})])
def test_unanswered_need_says_why(run: Forged, why: str, broken: set[str]) -> None:
    run.happens(VIEW, needs_closed=(NeedClosed("question", "card", NeedEnd.UNANSWERED, why),))
    assert broken == run.found()


# ---- I17: the control group


def test_marketing_to_the_control_group_is_seen_also_as_a_rider() -> None:
    rule, at = village_rules().hold_out, Forged().at
    held = next(n for n in range(12) if held_out(rule, party(n), at))
    run = Forged()
    run.sends("reply", party(held), purpose="contract")
    assert set() == run.found()
    run.sends("reply", party(held), purpose="contract", riders=(Rider("gift", "own_promotion", "card", ""),))
    assert "I17" in run.found()
    run = Forged()
    run.sends("card_call", party(held))
    assert {"I17"} == run.found()


def test_record_that_puts_somebody_into_the_group_is_seen(run: Forged) -> None:
    run.happens(VIEW, held_out=True, scored=(_scored("card_offer", 0.0),))
    assert {"I17"} == run.found()


def test_share_of_the_group_is_the_policys() -> None:
    """Of 4,000 parties 20 % +- 2.6 %: four standard deviations."""
    rule = village_rules().hold_out
    assert 0.174 < sum(held_out(rule, f"p{n}", 0) for n in range(4000)) / 4000 < 0.226


# ---- I18: one draw


@pytest.mark.parametrize(
    ("confirmation", "chance", "broken"),
    [("confirmed", 0.7, set()), ("confirmed", 0.75, {"I18"}), ("", 0.7, {"I18"})],
)
def test_plan_that_is_drawn_again_is_seen(run: Forged, confirmation: str, chance: float, broken: set[str]) -> None:
    run.sends("card_call", action_id="a-plan", placed_at=run.at + HOUR, chance=0.7)
    timer = TimerFired("t", run.at + HOUR)
    run.sends(
        "card_call",
        after=HOUR,
        because=timer,
        point="planned",
        action_id="a-plan",
        confirmation=confirmation,
        chance=chance,
    )
    assert broken == run.found()


def test_follow_up_is_confirmed_and_never_chosen(run: Forged) -> None:
    timer = TimerFired("t", run.at)
    run.sends("card_call", because=timer, point="planned", confirmation="confirmed", chance=1.0)
    assert set() == run.found()
    run.sends("card_call", EVE, because=timer, point="planned", chance=1.0)
    assert {"I18"} == run.found()


def test_contact_that_failed_keeps_its_probability_on_the_next_channel(run: Forged) -> None:
    made = run.sends("card_call", chance=0.7)
    failed = ActionOutcome(OutcomeStatus.FAILED, made.action_id, "card_call")
    run.sends("card_call", because=failed, point="planned", confirmation="confirmed", chance=0.9)
    assert {"I18"} == run.found()


# ---- I3: groups, households, what is shown


def test_cap_on_a_group_counts_what_is_shown_as_well(run: Forged) -> None:
    for _ in range(3):
        run.sends("card_slot", because=Touchpoint(Channel.APP, "slot"), point="inbound", channel="app", inbound=True)
    assert set() == run.found()
    run.sends("card_call")
    assert {"I3"} == run.found()


def test_cap_without_tags_does_not_count_what_is_shown(run: Forged) -> None:
    one = {"contact_policy.yaml": "caps: [{name: one, at_most: 1, window: 1d}]"}
    run.sends("card_slot", because=Touchpoint(Channel.APP, "slot"), point="inbound", channel="app", inbound=True)
    run.sends("card_call")
    before = len(run.report(by=rules_of(one)).of("I3").violations)
    run.sends("card_call")
    assert before + 1 == len(run.report(by=rules_of(one)).of("I3").violations)


def test_cap_on_a_household_counts_members_as_far_as_their_messages_came(run: Forged) -> None:
    stocked = rules_of({"actions.yaml": "actions: {gift: {class: marketing, group: gifts}}"})
    gift = {"theme": "gift", "channel": "sms"}
    run.sends("gift", EVE, **gift)
    run.sends("gift", ADA, **gift)
    assert "I3" not in run.found(stocked)  # the message was still under way
    run = Forged()
    told = MemberUpdate(EVE, contact_at=run.at, channel="sms", action_class="marketing", theme="gift", group="gifts")
    run.happens(told)
    run.sends("gift", ADA, **gift)
    assert "I3" in run.found(stocked)
    run = Forged()
    run.happens(MemberUpdate("0-stranger", contact_at=run.at, channel="sms", action_class="marketing", theme="gift"))
    run.sends("gift", ADA, **gift)
    assert "I3" not in run.found(stocked)


# ---- the rules


def test_rules_of_the_decision_are_read_from_the_files_themselves() -> None:
    read = village_rules()
    assert frozenset({"page_view"}) == read.behaviour
    assert ({"email", "call_centre"}, (2, "hour")) == (read.reports, read.capacity["call_centre"])
    assert ((1, 7 * DAY, 30 * MINUTE), (0.2, 180 * DAY, "village-234")) == (read.remarketing, read.hold_out)
    assert {("touchpoint", "page_view", "card", True)} == set(read.actions["card_offer"].entries)
    assert {"inbound", "proactive"} == {entry.on for entry in read.actions["card_slot"].entries}
    assert ([frozenset({"cards"}), frozenset()], [False, True]) == (
        [cap.groups for cap in read.caps], [cap.household for cap in read.caps]
    )  # fmt: skip


# ---- I20: which attributes a command carries


@pytest.mark.parametrize(
    ("action", "parameters", "broken"),
    [
        ("card_hint", {"age": "34", "name": "Ada 4", "topic": "our card"}, set()),
        ("card_call", {"age": "34"}, {"I20"}),
        ("card_hint", {"illness": "flu"}, {"I20"}),
        ("card_call", {"promised_time": "9 March, 9:30"}, set()),
    ],
)
def test_attribute_that_no_text_names_or_that_is_sensitive_is_seen(
    action: str, parameters: dict[str, str], broken: set[str]
) -> None:
    run = Forged()
    run.sends(action, parameters=parameters)
    assert broken == run.found()


def test_attribute_that_a_rider_names_may_be_carried() -> None:
    run = Forged()
    run.sends("card_call", parameters={"age": "34"}, riders=(Rider("card_hint", "own_promotion", "card", "34"),))
    assert "I20" not in run.found()
