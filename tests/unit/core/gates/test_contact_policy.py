"""Each row of docs/contact-policy.md about caps, spacing, sequence, exclusion, cooldown and the ledger."""

from typing import Any

import pytest

from garbo.core.gates import contact_policy
from garbo.core.party.state import LEDGER, Contact
from garbo.core.policy.actions import Action, ActionClass, Treatment
from garbo.core.policy.contact_policy import Cap, ContactPolicy, Exclusion, Sequence, Spacing
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict

NOW = 1_709_000_000_000
ONE_A_DAY = ContactPolicy(caps=(Cap("one_a_day", DAY, 1),))
TWO_A_DAY = ContactPolicy(caps=(Cap("two_a_day", DAY, 2),))
OVER_ONE = Verdict(Reason.CAP_REACHED, "one_a_day")
OVER_TWO = Verdict(Reason.CAP_REACHED, "two_a_day")


def action(name: str = "offer", klass: str = "marketing", **more: Any) -> Action:
    way = Treatment(more.pop("channel", "email"))
    fields: dict[str, Any] = {"purpose": "own_promotion", "theme": "card", "treatments": (way,), **more}
    return Action(name, ActionClass(klass), **fields)


def contact(at: int, name: str = "other", klass: str = "marketing", **more: Any) -> Contact:
    fields: dict[str, Any] = {"channel": "email", "purpose": "own_promotion", "theme": "card", "action_id": "", **more}
    return Contact(at=at, action=name, action_class=klass, **fields)


def check(policy: ContactPolicy, *contacts: Contact, offer: Action | None = None, **more: Any) -> Verdict:
    made = offer or action()
    return contact_policy.check(policy, made, made.treatments[0].channel, NOW, contacts, **more)


def test_first_contact_is_allowed() -> None:
    assert check(ONE_A_DAY) == ALLOWED


def test_contact_less_than_a_window_ago_counts() -> None:
    assert check(ONE_A_DAY, contact(NOW - DAY + 1)) == OVER_ONE


def test_contact_exactly_a_window_ago_is_outside() -> None:
    assert check(ONE_A_DAY, contact(NOW - DAY)) == ALLOWED


def test_present_contact_counts_among_the_limit() -> None:
    actual = [check(TWO_A_DAY, contact(NOW - HOUR)), check(TWO_A_DAY, contact(NOW - HOUR), contact(NOW - MINUTE))]
    assert actual == [ALLOWED, OVER_TWO]


def test_windows_roll_over_midnight_so_23_00_and_00_00_do_not_both_pass() -> None:
    midnight = NOW - NOW % DAY
    late_evening = contact(midnight - HOUR)
    assert contact_policy.check(ONE_A_DAY, action(), "email", midnight, [late_evening]) == OVER_ONE


def test_planned_contact_counts_at_the_time_it_will_happen() -> None:
    actual = [
        check(ONE_A_DAY, contact(NOW + DAY - 1, planned=True)),
        check(ONE_A_DAY, contact(NOW + DAY, planned=True)),
    ]
    assert actual == [OVER_ONE, ALLOWED]


def test_window_ending_at_a_later_planned_contact_is_kept_too() -> None:
    before, after = contact(NOW - 13 * HOUR), contact(NOW + 12 * HOUR, planned=True)
    actual = [check(TWO_A_DAY, before, after), check(TWO_A_DAY, contact(NOW - 11 * HOUR), after)]
    assert actual == [ALLOWED, OVER_TWO]


def test_late_contact_counts_at_its_own_time() -> None:
    unordered = [contact(NOW - 2 * HOUR), contact(NOW - 5 * DAY), contact(NOW - 3 * HOUR)]
    assert check(TWO_A_DAY, *unordered) == OVER_TWO


def test_own_reservation_is_not_counted() -> None:
    own = contact(NOW + HOUR, action_id="a-1", planned=True)
    assert [check(ONE_A_DAY, own), check(ONE_A_DAY, own, ignoring="a-1")] == [OVER_ONE, ALLOWED]


def test_contact_of_another_system_counts() -> None:
    external = contact(NOW - HOUR, name="", action_id="")
    assert [check(ONE_A_DAY, external), check(ONE_A_DAY, external, ignoring="a-1")] == [OVER_ONE, OVER_ONE]


@pytest.mark.parametrize("klass", ["transactional", "service", "mandatory"])
def test_only_the_classes_a_cap_counts_are_counted(klass: str) -> None:
    with_service = ContactPolicy(caps=(Cap("all_told", DAY, 1, counts=("marketing", klass)),))
    actual = [check(ONE_A_DAY, contact(NOW, klass=klass)), check(with_service, contact(NOW, klass=klass))]
    assert actual == [ALLOWED, Verdict(Reason.CAP_REACHED, "all_told")]


@pytest.mark.parametrize("klass", ["transactional", "service", "mandatory"])
def test_only_marketing_is_held_back_unless_a_cap_says_otherwise(klass: str) -> None:
    strict = ContactPolicy(caps=(Cap("strict", DAY, 1, limits=("marketing", klass)),))
    actual = [check(policy, contact(NOW), offer=action(klass=klass)) for policy in (ONE_A_DAY, strict)]
    assert actual == [ALLOWED, Verdict(Reason.CAP_REACHED, "strict")]


@pytest.mark.parametrize(
    ("filters", "tags", "counted"),
    [
        pytest.param({"channels": ("email",)}, {"channel": "sms"}, False, id="another channel"),
        pytest.param({"channels": ("email", "sms")}, {"channel": "sms"}, True, id="one of the cap's channels"),
        pytest.param({}, {"channel": "sms"}, True, id="no filter: across channels"),
        pytest.param({"purposes": ("own_promotion",)}, {"purpose": "satisfaction"}, False, id="another purpose"),
        pytest.param({"purposes": ("own_promotion",)}, {"channel": "sms"}, True, id="same purpose, another channel"),
        pytest.param({"themes": ("card",)}, {"theme": "mortgage"}, False, id="another theme"),
        pytest.param({"themes": ("card",)}, {"channel": "sms"}, True, id="same theme"),
    ],
)
def test_cap_counts_what_its_filters_match(filters: dict[str, Any], tags: dict[str, str], counted: bool) -> None:
    policy = ContactPolicy(caps=(Cap("cap", DAY, 1, **filters),))
    expected = Verdict(Reason.CAP_REACHED, "cap") if counted else ALLOWED
    assert check(policy, contact(NOW - HOUR, **tags)) == expected


@pytest.mark.parametrize("filters", [{"channels": ("sms",)}, {"purposes": ("satisfaction",)}, {"themes": ("loan",)}])
def test_cap_that_does_not_speak_of_the_action_lets_it_pass(filters: dict[str, Any]) -> None:
    assert check(ContactPolicy(caps=(Cap("cap", DAY, 0, **filters),)), contact(NOW)) == ALLOWED


def test_limit_of_zero_holds_everything_it_names_back() -> None:
    assert check(ContactPolicy(caps=(Cap("never", DAY, 0),))) == Verdict(Reason.CAP_REACHED, "never")


@pytest.mark.parametrize(
    ("name", "counted"), [("across", False), ("purpose", True), ("theme", True), ("channel", False)]
)
def test_rider_in_the_ledger_counts_only_for_purposes_and_themes(name: str, counted: bool) -> None:
    caps = {
        "across": Cap("across", DAY, 1),
        "purpose": Cap("purpose", DAY, 1, purposes=("own_promotion",)),
        "theme": Cap("theme", DAY, 1, themes=("card",)),
        "channel": Cap("channel", DAY, 1, channels=("email",)),
    }
    expected = Verdict(Reason.CAP_REACHED, name) if counted else ALLOWED
    assert check(ContactPolicy(caps=(caps[name],)), contact(NOW, rider=True)) == expected


def test_rider_is_held_back_by_caps_on_purposes_and_themes_only() -> None:
    tagged = ContactPolicy(caps=(Cap("promo", DAY, 1, purposes=("own_promotion",)),))
    spaced = ContactPolicy(caps=(Cap("never", DAY, 0),), spacings=(Spacing("apart", DAY),))
    made = contact(NOW - HOUR)
    actual = [check(tagged, made, alone=False), check(spaced, made, alone=False)]
    assert actual == [Verdict(Reason.CAP_REACHED, "promo"), ALLOWED]


def test_rider_obeys_a_cap_on_the_channel_it_may_ride_on() -> None:
    policy = ContactPolicy(caps=(Cap("calls", DAY, 1, channels=("call_centre",), purposes=("own_promotion",)),))
    offer = action(rides_on=("call_centre",))
    actual = check(policy, contact(NOW - HOUR, channel="call_centre"), offer=offer, alone=False)
    assert actual == Verdict(Reason.CAP_REACHED, "calls")


@pytest.mark.parametrize("apart", [-2 * HOUR + 1, 0, 2 * HOUR - 1])
def test_spacing_holds_before_and_after(apart: int) -> None:
    policy = ContactPolicy(spacings=(Spacing("two_hours", 2 * HOUR),))
    near = contact(NOW + apart, klass="service", planned=apart > 0)
    assert check(policy, near) == Verdict(Reason.SPACING, "two_hours")


@pytest.mark.parametrize("apart", [-2 * HOUR, 2 * HOUR])
def test_spacing_is_kept_by_contacts_exactly_the_gap_apart(apart: int) -> None:
    assert check(ContactPolicy(spacings=(Spacing("two_hours", 2 * HOUR),)), contact(NOW + apart)) == ALLOWED


@pytest.mark.parametrize(
    "free",
    [
        pytest.param({"klass": "transactional"}, id="a class it does not count"),
        pytest.param({"channel": "sms"}, id="another channel"),
        pytest.param({"rider": True}, id="a rider"),
    ],
)
def test_spacing_looks_only_at_what_it_counts(free: dict[str, Any]) -> None:
    policy = ContactPolicy(spacings=(Spacing("emails", DAY, channels=("email",)),))
    assert check(policy, contact(NOW - HOUR, **free)) == ALLOWED


def test_spacing_does_not_hold_service_back() -> None:
    policy = ContactPolicy(spacings=(Spacing("two_hours", 2 * HOUR),))
    assert check(policy, contact(NOW - HOUR), offer=action(klass="service")) == ALLOWED


@pytest.mark.parametrize(
    ("name", "other", "apart", "allowed"),
    [
        pytest.param("then", "first", -DAY + 1, False, id="too soon after"),
        pytest.param("then", "first", -DAY, True, id="late enough after"),
        pytest.param("then", "first", HOUR, True, id="before a planned first"),
        pytest.param("first", "then", HOUR, False, id="too soon before a planned then"),
        pytest.param("first", "then", -HOUR, True, id="after then"),
        pytest.param("first", "then", DAY, True, id="well before a planned then"),
        pytest.param("first", "first", -HOUR, True, id="the rule is not about repeats"),
    ],
)
def test_sequence_holds_both_ways(name: str, other: str, apart: int, allowed: bool) -> None:
    policy = ContactPolicy(sequences=(Sequence("not_then", "first", "then", DAY),))
    actual = check(policy, contact(NOW + apart, other, planned=apart > 0), offer=action(name))
    assert actual == (ALLOWED if allowed else Verdict(Reason.SEQUENCE, "not_then"))


@pytest.mark.parametrize(
    ("klass", "planned", "allowed"),
    [
        pytest.param("service", True, True, id="an answer before a planned survey"),
        pytest.param("mandatory", True, True, id="what is owed before it"),
        pytest.param("marketing", True, False, id="one offer before another"),
        pytest.param("service", False, False, id="what was made stays made"),
    ],
)
def test_planned_marketing_gives_way_to_everything_else(klass: str, planned: bool, allowed: bool) -> None:
    """A survey planned for tomorrow holds back no answer of today; when its time comes, the rule holds it back."""
    policy = ContactPolicy(
        sequences=(Sequence("not_then", "first", "then", DAY),),
        exclusions=(Exclusion("one_of", ("first", "then"), DAY),),
    )
    survey = contact(NOW + HOUR, "then", planned=planned)
    actual = check(policy, survey, offer=action("first", klass))
    assert actual == (ALLOWED if allowed else Verdict(Reason.SEQUENCE, "not_then"))
    answer = contact(NOW - HOUR, "first", klass)
    assert Verdict(Reason.SEQUENCE, "not_then") == check(policy, answer, offer=action("then"))


@pytest.mark.parametrize(
    ("other", "apart", "allowed"),
    [
        pytest.param("loan", -DAY + 1, False, id="another of the group before"),
        pytest.param("loan", DAY - 1, False, id="another of the group planned"),
        pytest.param("offer", -HOUR, False, id="the same again"),
        pytest.param("loan", DAY, True, id="exactly so long apart"),
        pytest.param("other", HOUR, True, id="not of the group"),
    ],
)
def test_exclusion_lets_one_of_a_group_pass(other: str, apart: int, allowed: bool) -> None:
    policy = ContactPolicy(exclusions=(Exclusion("one_of", ("offer", "loan"), DAY),))
    expected = ALLOWED if allowed else Verdict(Reason.EXCLUSION, "one_of")
    assert [check(policy, contact(NOW + apart, other), alone=alone) for alone in (False, True)] == [expected] * 2


@pytest.mark.parametrize(("apart", "allowed"), [(-DAY + 1, False), (DAY - 1, False), (-DAY, True), (DAY, True)])
def test_cooldown_holds_any_class(apart: int, allowed: bool) -> None:
    offer = action("survey", klass="service", cooldown=DAY)
    expected = ALLOWED if allowed else Verdict(Reason.COOLDOWN, "survey")
    assert check(ContactPolicy(), contact(NOW + apart, "survey"), offer=offer) == expected


def test_full_ledger_holds_marketing_back_and_nothing_else() -> None:
    full = [contact(NOW - DAY - i) for i in range(LEDGER)]
    actual = [check(ContactPolicy(), *full, offer=action(klass=klass)) for klass in ("marketing", "service")]
    assert actual == [Verdict(Reason.LEDGER_FULL, str(LEDGER)), ALLOWED]


def test_internal_action_is_no_contact() -> None:
    never = ContactPolicy(caps=(Cap("never", DAY, 0),), exclusions=(Exclusion("one_of", ("offer",), DAY),))
    assert check(never, contact(NOW, "offer"), offer=action(internal=True, cooldown=DAY)) == ALLOWED


def test_tags_are_those_written_at_the_decision() -> None:
    retagged = action("retagged", theme="mortgage")
    policy = ContactPolicy(caps=(Cap("cards", DAY, 1, themes=("card",)),))
    actual = [check(policy, contact(NOW - HOUR, "retagged")), check(policy, contact(NOW - HOUR), offer=retagged)]
    assert actual == [Verdict(Reason.CAP_REACHED, "cards"), ALLOWED]
