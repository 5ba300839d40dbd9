"""Commands: messages name what is known, nothing else; riders ride only on service to a person."""

import pytest

from garbo.core.delivery.commands import carries_riders, household, render
from garbo.core.gates.context import context_of
from garbo.core.gates.scarcity import Unlimited
from garbo.core.party.event_effect import EventEffect
from garbo.core.party.state import Member, Party
from garbo.core.policy.actions import ActionClass
from tests.unit.core.small import COMPILED, NOON, Log, action, known, touch, view


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("Hi {name}", {"name": "Ada"}, "Hi Ada"),
        ("Hi {name}, go to {branch} now", {"name": "Ada"}, "Hi Ada, go to now"),
        ("Hi {name}, thanks.", {}, "Hi, thanks."),
        ("{name}, your card is here.", {}, "Your card is here."),
        ("no names", {"name": "Ada"}, "no names"),
        ("{name}{name}", {"name": "x"}, "xx"),
        ("an open { brace", {"name": "x"}, "an open { brace"),
        ("a closed } brace", {"name": "x"}, "a closed } brace"),
        ("{name.__class__}", {"name": "x"}, ""),
        ("{0}", {"name": "x"}, ""),
        ("", {"name": "x"}, ""),
    ],
)
def test_message_names_what_is_known_and_leaves_out_what_is_not(
    template: str, values: dict[str, str], expected: str
) -> None:
    assert expected == render({"en": template}, "en", values)


@pytest.mark.parametrize("name", ["{branch}", "{", "}{", "{name}", "a{b}c", "{branch", "%s", "{0.__class__}"])
def test_value_is_never_read_as_a_template(name: str) -> None:
    """Somebody called "{branch}" is greeted by that name: what a customer types cannot pull in other values."""
    values = {"name": name, "branch": "SECRET"}
    assert f"Hi {name}!" == render({"en": "Hi {name}!"}, "en", values)
    assert f"Hi {name}: SECRET" == render({"en": "Hi {name}: {branch}"}, "en", values)


def test_language_not_written_falls_back_to_the_first() -> None:
    templates = {"it": "Ciao", "en": "Hi"}
    assert ("Hi", "Ciao", "") == (render(templates, "en", {}), render(templates, "de", {}), render({}, "en", {}))


def named(members: list[Member], spoken: str = "en", purposes: list[str] | None = None) -> str:
    party = Party("p", name="Giorgio", members=members)
    context = context_of(party, EventEffect(), COMPILED.policy, at=NOON, age=0, since=NOON, quota=Unlimited())
    return household(context, spoken, purposes or ["service_request"])


@pytest.mark.parametrize(
    ("names", "spoken", "expected"),
    [
        ([], "en", "Giorgio"),
        (["Gaia"], "en", "Giorgio and Gaia"),
        (["Gaia"], "it", "Giorgio e Gaia"),
        (["Gaia", "Nonna"], "en", "Giorgio, Gaia and Nonna"),
        ([""], "en", "Giorgio"),
    ],
)
def test_household_is_named_with_the_party_first(names: list[str], spoken: str, expected: str) -> None:
    members = [Member(f"m{i}", name, "spouse", ["personal_data"]) for i, name in enumerate(names)]
    assert expected == named(members, spoken)


def test_children_are_not_named_in_an_offer() -> None:
    roles = {"Gaia": "spouse", "Gabriele": "child", "Gino": "minor"}
    assert "Giorgio and Gaia" == named([Member(n, n, role, ["personal_data"]) for n, role in roles.items()])


@pytest.mark.parametrize(
    ("purposes", "given", "expected"),
    [
        (["service_request"], [], "Giorgio"),  # unknown is denied
        (["service_request"], ["own_promotion", "profiling"], "Giorgio"),
        (["service_request"], ["personal_data"], "Giorgio and Gaia"),
        (["own_promotion"], ["personal_data"], "Giorgio"),
        (["own_promotion"], ["personal_data", "own_promotion"], "Giorgio and Gaia"),
        (["service_request", "personalised_promotion"], ["personal_data", "own_promotion"], "Giorgio"),
        (["service_request", "personalised_promotion"], ["personal_data", "own_promotion", "profiling"],
         "Giorgio and Gaia"),
    ],
)  # fmt: skip
def test_a_member_is_named_only_with_consents_of_their_own(
    purposes: list[str], given: list[str], expected: str
) -> None:
    """DECISION.md: whoever is named has their own consents checked, for the action and for what rides on it."""
    assert expected == named([Member("g", "Gaia", "spouse", given)], purposes=purposes)


@pytest.mark.parametrize("held", list(ActionClass))
def test_only_service_to_a_person_carries_riders(held: ActionClass) -> None:
    assert (held is ActionClass.SERVICE) == carries_riders(action("a", held.value))
    assert not carries_riders(action("a", held.value, internal=True))


def test_command_says_where_when_and_until_when() -> None:
    """Address, language, instant, expiry and the decision it came of."""
    log = known(Log(), "own_promotion")
    log.happen(view("card"))
    (command,) = log.commands()
    record = log.records()[-1]
    assert ("a@example.org", "en", log.at, log.at + 86_400_000) == (
        command.address, command.language, command.at, command.expires_at,
    )  # fmt: skip
    assert (record.decision_id, record.action_id) == (command.decision_id, command.action_id)


def test_transactional_message_carries_no_promotion() -> None:
    """Even where riders would fit the channel: only service may carry them."""
    log = known(Log(), "own_promotion", "profiling")
    log.happen(touch("account_opened"))
    assert [("welcome", ())] == [(c.action, c.riders) for c in log.commands()]
