"""What the town says is declared in the example bank: kinds on their channels, themes, attributes."""

from functools import cache

from garbo.bootstrap.settings import packaged_example
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.events import ConsentChange, ProfileUpdate, Touchpoint
from garbo.core.vocabulary.instants import HOUR
from garbo.policy.loader import load
from garbo.processors.ports import InboundMessage
from garbo.simulation import words
from garbo.simulation.town import Town


@cache
def bank() -> Policy:
    return load(packaged_example())


@cache
def said() -> list[InboundMessage]:
    town = Town(2, 1200, 21)
    return town.until(town.end)


def touchpoints() -> list[Touchpoint]:
    return [message.body for message in said() if isinstance(message.body, Touchpoint)]


def test_every_kind_is_declared() -> None:
    kinds = {body.kind for body in touchpoints()}
    assert kinds <= bank().touchpoints.keys()
    new = {words.ASSIST, words.SLOT, words.PRAISE, words.PRIVATE, words.COMPLAINT, words.CASE_CLOSED}
    assert new <= kinds
    assert {name for name, kind in bank().touchpoints.items() if kind.asks} == {words.ASSIST, words.SLOT}
    assert words.EXPECTS.keys() <= bank().touchpoints.keys()


def test_every_theme_is_declared() -> None:
    used = {body.theme for body in touchpoints()} | words.WANTS.keys() | words.PURCHASES.keys() | words.OWNED.keys()
    assert used - {""} <= bank().themes.keys()


def test_every_attribute_is_declared() -> None:
    profiles = [message.body for message in said() if isinstance(message.body, ProfileUpdate)]
    used = {name for body in profiles for name in body.attributes}
    used |= {name for body in touchpoints() for name in body.attributes}
    # Every policy may declare the preferred channel; one that does not keeps nothing of it.
    assert used - {words.DECLARED_CHANNEL} <= bank().attributes.keys()
    assert {words.BALANCE, words.CONTRACT_END, words.DECLARED_CHANNEL} <= used


def test_every_consent_is_known() -> None:
    used = {message.body.consent for message in said() if isinstance(message.body, ConsentChange)}
    assert {words.PERSONAL_DATA, words.OWN_PROMOTION, words.PROFILING} <= used


def test_who_asks_sees_the_identifier_that_the_channel_knows() -> None:
    """A slot of the app has the customer; the web before a sign-in has a cookie only."""
    slots = [body for body in touchpoints() if body.kind == words.SLOT]
    for body in slots:
        kinds = {identifier.kind for identifier in body.identifiers}
        assert kinds <= ({"cookie", "customer_id"} if body.channel == "web" else {"customer_id", "device", "cookie"})
    assert {"web", "app", "ebanking", "atm"} == {str(body.channel) for body in slots}
    assert said()[-1].at - said()[0].at > 24 * HOUR
