"""An attribute in a message: said in the person's language, only where the text names it, and left out when unknown."""

import pytest

from garbo.core.delivery.wording import worded
from garbo.core.policy.actions import Trigger
from garbo.core.policy.attributes import Attribute
from garbo.core.vocabulary.effects import Deliver
from garbo.core.vocabulary.events import ProfileUpdate, Value
from tests.unit.core.small import SMALL, Log, action, known, view, with_actions

ATTRIBUTES = {
    "points": Attribute("points", "int", 7),
    "plan": Attribute("plan", "string", "none"),
    "contract_end": Attribute("contract_end", "date", ""),
    "clerk": Attribute("clerk", "string", "", "event"),
}
MESSAGE = {"en": "Hi {name}, {points} points until {contract_end} on {plan}, says {clerk}."}


@pytest.mark.parametrize(
    ("value", "kind", "language", "expected"),
    [
        ("basic", "string", "it", "basic"),
        (1200, "int", "en", "1200"),
        (12.5, "float", "it", "12,5"),
        (12.5, "float", "en", "12.5"),
        (12.5, "float", "de", "12.5"),
        (3.0, "float", "it", "3"),
        (0.0, "float", "en", "0"),
        (-0.001, "float", "en", "0"),
        (1234567.891, "float", "en", "1234567.89"),
        (float("nan"), "float", "en", ""),
        (float("inf"), "float", "en", ""),
        (True, "bool", "it", "sì"),
        (False, "bool", "en", "no"),
        ("2027-03-31", "date", "en", "31 March 2027"),
        ("2027-03-31", "date", "it", "31 marzo 2027"),
        ("2027-02-30", "date", "en", ""),
        ("soon", "date", "en", ""),
        ("", "date", "en", ""),
        ("2027-03-31", "string", "en", "2027-03-31"),
    ],
)
def test_a_value_is_said_in_the_person_s_language(value: Value, kind: str, language: str, expected: str) -> None:
    assert expected == worded(value, kind, language)


def sent(given: dict[str, Value], message: dict[str, str] = MESSAGE, **with_event: Value) -> Deliver:
    """The command after a view with attributes `with_event` by a person with the attributes `given`."""
    offer = action("offer", when=(Trigger("touchpoint", "view"),), message=message)
    log = Log(with_actions(offer, attributes={**SMALL.attributes, **ATTRIBUTES}))
    known(log, "own_promotion", "profiling")
    log.happen(ProfileUpdate(attributes=given))
    log.happen(view(**with_event))
    (command,) = log.commands()
    return command


def test_a_message_names_the_attributes_of_the_person_and_of_the_event() -> None:
    command = sent({"points": 0, "plan": "gold", "contract_end": "2027-03-31"}, clerk="Bo")
    assert "Hi Ada, 0 points until 31 March 2027 on gold, says Bo." == command.message


def test_an_attribute_that_the_person_lacks_is_left_out_and_its_default_does_not_stand_in() -> None:
    command = sent({})
    assert "Hi Ada, points until on, says." == command.message
    assert {"name", "topic"} == command.parameters.keys()


def test_a_command_carries_only_the_attributes_that_its_text_names() -> None:
    given: dict[str, Value] = {"points": 3, "plan": "gold", "age": 40}
    assert {"name", "topic"} == sent(given, {"en": "Hi {name}"}).parameters.keys()
    assert {"name": "Ada", "topic": "card", "plan": "gold"} == sent(given, {"en": "Your {plan}"}).parameters


def test_what_is_not_declared_is_never_named() -> None:
    command = sent({"secret": "x"}, {"en": "Hi {secret}!"}, hidden="y")
    assert ("Hi !", False) == (command.message, "secret" in command.parameters)
