"""I19: forgeries in the village's log. Marketing after an objection is reported, what only looks like it is not."""

from typing import Any

import pytest

from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.effects import Objection, Rider
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, RowMoved, Touchpoint
from garbo.core.vocabulary.instants import DAY, MINUTE
from tests.unit.audit.verify.test_decision_invariants import ADA, EVE, Forged
from tests.unit.audit.verify.village import rules_of, village_rules

SLOT = Touchpoint(Channel.APP, "slot")


class Objecting(Forged):
    """It forges objections, each with its record."""

    def objects(
        self, channel: Channel = Channel.CALL_CENTRE, named: str = "", who: str = ADA, *, recorded: bool = True
    ) -> None:
        self.happens(Touchpoint(channel, "stop", attributes={"channel": named} if named else {}), who)
        said = named or ("call_centre" if channel is Channel.CALL_CENTRE else "")
        if recorded:
            self.records((said,) if said else ("call_centre", "email", "sms"), who, every=not said)

    def records(self, channels: tuple[str, ...], who: str = ADA, *, every: bool = False, **more: Any) -> None:
        fields = {"event_id": f"forged-{self._number}", "at": self.at, **more}
        made = Objection(
            f"o-{self._number}",
            who,
            channels=channels,
            every=every,
            evidence="",
            said_on="",
            policy_version="",
            **fields,
        )
        self.append("objections", who.encode(), self.codec.encode(made))

    def calls(self, who: str = ADA, **more: Any) -> None:
        self.sends("card_call", who, after=DAY, channel="call_centre", **more)


@pytest.fixture
def run() -> Objecting:
    return Objecting()


def test_call_after_an_objection_to_calls_is_seen(run: Objecting) -> None:
    run.calls()
    run.objects()
    run.sends("card_call", channel="email")
    run.sends("reply", channel="call_centre", purpose="service_request")
    run.calls(EVE)
    assert set() == run.found()
    run.calls()
    assert {"I19"} == run.found()
    (violation,) = run.report(by=village_rules()).of("I19").violations
    assert "who objected to marketing on call_centre" in violation


@pytest.mark.parametrize("channel", ["email", "sms", "call_centre"])
def test_objection_on_the_web_is_about_every_channel(run: Objecting, channel: str) -> None:
    run.objects(Channel.WEB)
    run.sends("card_call", channel=channel)
    assert {"I19"} == run.found()


@pytest.mark.parametrize(("named", "broken"), [("call_centre", {"I19"}), ("email", set())])
def test_channel_that_the_customer_names_goes_first(run: Objecting, named: str, broken: set[str]) -> None:
    run.objects(Channel.WEB, named)
    run.calls()
    assert broken == run.found()


def test_what_is_shown_and_what_rides_along_is_marketing_too(run: Objecting) -> None:
    run.objects(Channel.WEB)
    run.sends("card_slot", because=SLOT, point="inbound", channel="app", inbound=True)
    assert {"I19"} == run.found()
    run = Objecting()
    run.objects(Channel.CALL_CENTRE)
    run.sends(
        "reply", channel="call_centre", purpose="contract", riders=(Rider("card_call", "own_promotion", "card", ""),)
    )
    assert {"I19"} == run.found()


def test_purpose_that_promotes_is_marketing_whatever_its_class(run: Objecting) -> None:
    run.objects()
    run.sends("reply", channel="call_centre", purpose="own_promotion")
    assert {"I19"} == run.found()


@pytest.mark.parametrize(
    ("given", "late", "broken"),
    [
        (ConsentChange("own_promotion", True), 0, set()),
        (ConsentChange("own_promotion", True, channel=Channel.CALL_CENTRE), 0, set()),
        (
            ConsentChange("own_promotion", True, channel=Channel.BRANCH),
            0,
            set(),
        ),  # nothing goes out there: all channels
        (ConsentChange("own_promotion", True, channel=Channel.EMAIL), 0, {"I19"}),
        (ConsentChange("third_party_promotion", True), 0, {"I19"}),
        (ConsentChange("profiling", True), 0, {"I19"}),
        (ConsentChange("own_promotion", True), 2 * MINUTE, {"I19"}),  # given before the objection
    ],
)
def test_only_a_later_consent_for_it_lifts_an_objection(
    run: Objecting, given: ConsentChange, late: int, broken: set[str]
) -> None:
    run.objects()
    run.at += MINUTE - late
    run.happens(given, after=0)
    run.at += late
    run.calls()
    assert broken == run.found()


def test_objection_moves_with_the_row(run: Objecting) -> None:
    winner = "0-00000000000000000000"
    run.objects()
    run.happens(ConsentChange("personal_data", True), winner)
    run.happens(ConsentChange("own_promotion", True), winner, after=-5 * MINUTE)  # by its time before the objection
    run.at += 5 * MINUTE
    run.happens(RowMoved(ADA, b""), winner)
    run.calls(winner)
    assert {"I19"} == run.found()


@pytest.mark.parametrize(
    ("report", "broken"),
    [
        (ActionOutcome(OutcomeStatus.UNSUBSCRIBED, channel=Channel.CALL_CENTRE), {"I19"}),
        (ActionOutcome(OutcomeStatus.UNSUBSCRIBED, channel=Channel.SMS), set()),
        (ActionOutcome(OutcomeStatus.UNSUBSCRIBED, action="card_call"), {"I19"}),  # its only treatment is a call
        (ActionOutcome(OutcomeStatus.UNSUBSCRIBED), {"I19"}),
    ],
)
def test_unsubscribing_is_an_objection(run: Objecting, report: ActionOutcome, broken: set[str]) -> None:
    run.happens(report, "0-nobody", after=DAY)
    run.records(("call_centre", "email", "sms"), "0-nobody", every=True)  # more than was said: allowed
    for consent in ("personal_data", "own_promotion"):
        run.happens(ConsentChange(consent, True), "0-nobody", after=-MINUTE)
    run.at += DAY
    run.calls("0-nobody")
    assert broken == run.found()


def test_refusal_is_no_objection(run: Objecting) -> None:
    run.happens(ActionOutcome(OutcomeStatus.REFUSED, channel=Channel.CALL_CENTRE))
    run.calls()
    assert set() == run.found()


def test_unsubscribing_from_a_known_contact_is_about_its_channel(run: Objecting) -> None:
    made = run.sends("card_call", channel="sms")
    run.happens(ActionOutcome(OutcomeStatus.UNSUBSCRIBED, made.action_id))
    run.records(("sms",))
    run.calls()
    assert set() == run.found()
    run.sends("card_hint", channel="sms", after=8 * DAY)
    assert {"I19"} == run.found()


# ---- the record


def test_objection_without_its_record_is_seen(run: Objecting) -> None:
    run.objects(recorded=False)
    assert {"I19"} == run.found()
    assert "there is no record of it" in run.report(by=village_rules()).of("I19").violations[0]


@pytest.mark.parametrize(
    "wrong", [{"channels": ("email",)}, {"channels": ()}, {"channels": ("call_centre",), "at": 5}], ids=str
)
def test_record_that_says_less_or_another_time_is_seen(run: Objecting, wrong: dict[str, Any]) -> None:
    run.objects(recorded=False)
    run.records(**wrong)
    assert {"I19"} == run.found()


def test_record_of_an_event_that_never_was_is_seen(run: Objecting) -> None:
    run.records(("email",), event_id="never-was")
    assert {"I19"} == run.found()
    assert "never-was" in run.report(by=village_rules()).of("I19").violations[0]


def test_objection_that_only_the_record_knows_counts(run: Objecting) -> None:
    """A text was understood as an objection: the checker does not read texts."""
    run.happens(Touchpoint(Channel.EMAIL, "question_form"))
    run.records(("call_centre",))
    assert set() == run.found()
    run.calls()
    assert {"I19"} == run.found()


def test_record_that_cannot_be_read_is_seen(run: Objecting) -> None:
    run.append("objections", ADA.encode(), b"\x00junk")
    assert {"I1"} == run.found()


# ---- the rules


def test_rules_about_objections_are_read_from_the_files_themselves() -> None:
    read = village_rules()
    assert (frozenset({"stop"}), frozenset({"email", "sms", "call_centre"})) == (read.objecting, read.outbound)
    assert "stop" not in read.behaviour
    mapped = rules_of({"policy.yaml": "channels: {app: {objects_to: [email, sms]}}"})
    assert [{"email", "sms"}, {"*"}, {"app"}] == [mapped.meant("app"), mapped.meant("web"), mapped.meant("web", "app")]


def test_the_policys_own_statuses_and_purposes_count() -> None:
    words = "statuses: {said_stop: objecting}\npurposes: {points: {consents: [own_promotion]}, bill: {promotes: false}}"
    read = rules_of({"vocabulary.yaml": words})
    assert {"unsubscribed", "said_stop"} == read.unsubscribing
    assert ("points" in read.promotions, "bill" in read.promotions, "own_promotion" in read.promotions) == (
        True, False, True,
    )  # fmt: skip
