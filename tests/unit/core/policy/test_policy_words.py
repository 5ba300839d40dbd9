"""Words and values that a policy does not allow: what is refused, and how it is said."""

import pytest

from garbo.core.policy.words import ENTRIES, Fault, fault
from garbo.core.vocabulary.events import (
    ActionOutcome,
    ConsentChange,
    Direction,
    InboundBody,
    ProfileUpdate,
    Touchpoint,
    Value,
)
from garbo.policy.loader import load_text
from tests.unit.policy.bank import sample

MORE = """
  points: {kind: int, default: 0}
  ratio: {kind: float, default: 0.0}
  vip: {kind: bool, default: false}
  holdings: {kind: list, default: []}
  shares: {kind: map, default: {}}
"""
POLICY = load_text({**sample(), "attributes.yaml": sample()["attributes.yaml"].rstrip() + MORE})


def page(**attributes: Value) -> Touchpoint:
    return Touchpoint("web", "page_view", attributes=attributes)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (Touchpoint("web", "page_veiw"), "the kind 'page_veiw' is not declared; did you mean 'page_view'?"),
        (Touchpoint("wbe", "page_view"), "the channel 'wbe' is not declared; did you mean 'web'?"),
        (Touchpoint("web", "page_view", theme="savngs"), "the theme 'savngs' is not declared; did you mean 'savings'?"),
        (page(jbo="miner"), "the attribute 'jbo' is not declared; did you mean 'job'?"),
        (
            Touchpoint("web", "contact", Direction.OUTBOUND, attributes={"action_class": "marketng"}),
            "the action_class 'marketng' is not declared; did you mean 'marketing'?",
        ),
        (ActionOutcome("acepted", "a-1"), "the status 'acepted' is not declared; did you mean 'accepted'?"),
        (ActionOutcome("accepted", action="sms_welcom"), "did you mean 'email_welcome'?"),
        (ActionOutcome("accepted", "a-1", channel="fax"), "the channel 'fax' is not declared"),
        (ProfileUpdate(lifecycle="vip"), "the life-cycle state 'vip' is not declared; known: customer, former, lead"),
        (ProfileUpdate(zone="Europe/Roma"), "the zone 'Europe/Roma' is not in the time zone database"),
        (ConsentChange("profiling", True, channel="fax"), "the channel 'fax' is not declared"),
    ],
)
def test_an_unknown_word_is_named_with_the_nearest_known_one(body: InboundBody, why: str) -> None:
    found = fault(body, POLICY)
    assert found is not None
    assert found.unknown
    assert why in found.why


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("points", [0, -3], ["12", 1.5, True, [1]]),
        ("ratio", [0, 0.5], ["0.5", False]),
        ("vip", [True, False], [1, "true"]),
        ("job", ["", "miner"], [7, ["miner"]]),
        ("contract_end", ["", "2027-02-28"], ["2027-02-30", "28/02/2027", 20270228]),
        ("holdings", [[], ["fund"]], ["fund", {"fund": 1.0}, ["x"] * (ENTRIES + 1)]),
        ("shares", [{}, {"bonds": 0.5}], [[], 0.5, {str(n): 1.0 for n in range(ENTRIES + 1)}]),
    ],
)
def test_attributes_have_the_declared_type(name: str, good: list[Value], bad: list[Value]) -> None:
    assert [None] * len(good) == [fault(page(**{name: value}), POLICY) for value in good]
    for value in bad:
        found = fault(page(**{name: value}), POLICY)
        assert found is not None, value
        assert not found.unknown
        assert f"the attribute '{name}'" in found.why


@pytest.mark.parametrize(
    "body",
    [
        page(),
        Touchpoint("web", "page_view", theme="savings"),
        Touchpoint("sms", "contact", Direction.OUTBOUND, attributes={"action": "x", "action_class": "marketing"}),
        ActionOutcome("accepted", "a-1", "gone_since"),  # of a command: the policy may have had it once
        ActionOutcome("accepted", action="email_welcome", channel="email"),
        ProfileUpdate(lifecycle="customer", zone="Europe/Rome", language="de"),
        ActionOutcome("unsubscribed", action="newsletter", channel="sms"),  # whichever system heard it
        ConsentChange("profiling", False, channel="fax"),  # a withdrawal is never refused for a word
    ],
)
def test_what_the_policy_knows_passes(body: InboundBody) -> None:
    assert fault(body, POLICY) is None


def test_what_does_not_look_like_a_word_is_not_repeated() -> None:
    """A producer may put a person's address where a word belongs; a dead letter's detail never holds one."""
    found = fault(Touchpoint("web", "ann@example.org wrote"), POLICY)
    assert found == Fault(True, "the kind of 21 characters is not declared")


def test_only_a_contact_says_its_action() -> None:
    found = fault(Touchpoint("web", "page_view", attributes={"action_class": "marketing"}), POLICY)
    assert found is not None


STOP = "touchpoints:\n  stop: {meaning: asks us to stop, channels: [web], objects: true}\n"
OBJECTING = load_text({**sample(), "journey.yaml": sample()["journey.yaml"].replace("touchpoints:\n", STOP, 1)})


def test_an_objection_is_never_refused_for_its_theme_or_an_undeclared_attribute() -> None:
    assert None is fault(
        Touchpoint("web", "stop", attributes={"channel": "email", "why": "tired"}, theme="no"), OBJECTING
    )
    wrong = fault(Touchpoint("web", "stop", attributes={"age": "old"}), OBJECTING)
    assert wrong is not None
    assert "is declared as int" in wrong.why
