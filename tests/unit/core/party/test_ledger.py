"""What the contact ledger remembers, and what it forgets."""

from typing import Any

import pytest

from garbo.core.party import ledger
from garbo.core.party.state import Contact
from garbo.core.policy.actions import Action, ActionClass, Treatment, Trigger
from garbo.core.policy.compiled import compiled
from garbo.core.policy.contact_policy import Cap, ContactPolicy
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.instants import DAY, HOUR

NOW = 1_709_000_000_000


def action(**more: Any) -> Action:
    return Action("offer", ActionClass.MARKETING, "own_promotion", "card", (Treatment("email"),), **more)


def contact(at: int, planned: bool = False) -> Contact:
    return Contact(at, "email", "offer", "marketing", "own_promotion", "card", "", planned)


@pytest.mark.parametrize(
    ("policy", "remembered"),
    [
        pytest.param(Policy("1", contact=ContactPolicy(caps=(Cap("c", 7 * DAY, 1),))), 7 * DAY, id="a cap's window"),
        pytest.param(Policy("1", actions={"a": action(cooldown=9 * DAY)}), 9 * DAY, id="an action's cooldown"),
        pytest.param(
            Policy("1", actions={"a": action(when=(Trigger("touchpoint", "visit", after_max=8 * DAY),))}),
            8 * DAY,
            id="a silence some action waits for",
        ),
    ],
)
def test_ledger_remembers_as_long_as_some_rule_looks_back(policy: Policy, remembered: int) -> None:
    old, kept = contact(NOW - remembered - 1), contact(NOW - remembered)
    assert ledger.prune([old, kept], NOW, compiled(policy).memory) == [kept]


def test_ledger_keeps_planned_contacts() -> None:
    stale, coming = contact(NOW - HOUR, planned=True), contact(NOW + DAY, planned=True)
    assert ledger.prune([stale, coming, contact(NOW - 1)], NOW, 0) == [stale, coming]


def test_ledger_with_nothing_to_forget_is_the_same_list() -> None:
    contacts = [contact(NOW)]
    assert ledger.prune(contacts, NOW, 0) is contacts
