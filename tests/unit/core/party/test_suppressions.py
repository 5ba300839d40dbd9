"""Pauses after refusals and complaints: when they start, what they hold, that they end."""

from itertools import permutations
from typing import Any

import pytest

from garbo.core.party import suppressions as pauses
from garbo.core.party.state import Party
from garbo.core.party.suppressions import NEGATIVES
from garbo.core.policy.actions import Action, ActionClass, Treatment
from garbo.core.policy.contact_policy import ContactPolicy, Suppression
from garbo.core.vocabulary.instants import DAY
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict

NOW = 1_709_000_000_000


def rule(scope: str = "all", count: int = 1, **more: Any) -> Suppression:
    fields: dict[str, Any] = {"statuses": ("refused",), "window": 30 * DAY, "pause": 60 * DAY, **more}
    return Suppression("pause", count=count, scope=scope, **fields)


def action(klass: str = "marketing", **more: Any) -> Action:
    way = Treatment(more.pop("channel", "email"))
    fields: dict[str, Any] = {"name": "offer", "theme": "card", "treatments": (way,), **more}
    return Action(action_class=ActionClass(klass), purpose="own_promotion", **fields)


def note(policy: ContactPolicy, party: Party, at: int, status: str = "refused", **tags: str) -> None:
    where = {"channel": "email", "theme": "card", "action": "offer", **tags}
    pauses.note_negative(policy, party, status, at=at, **where)


def refused(policy: ContactPolicy, *times: int) -> Party:
    party = Party("p")
    for at in times:
        note(policy, party, at)
    return party


def suppressed(policy: ContactPolicy, party: Party, at: int, offer: Action | None = None) -> Verdict:
    made = offer or action()
    return pauses.suppressed(made, made.treatments[0].channel, at, party.suppressions, policy)


PAUSED = Verdict(Reason.SUPPRESSED, "pause")


def test_suppression_starts_with_the_outcome_that_completes_the_count() -> None:
    policy = ContactPolicy(suppressions=(rule(count=2),))
    actual = [suppressed(policy, refused(policy, *times), NOW + 1) for times in ([NOW], [NOW - DAY, NOW])]
    assert actual == [ALLOWED, PAUSED]


def test_suppression_always_ends() -> None:
    policy = ContactPolicy(suppressions=(rule(),))
    party = refused(policy, NOW)
    actual = [suppressed(policy, party, at) for at in (NOW, NOW + 60 * DAY - 1, NOW + 60 * DAY)]
    assert actual == [PAUSED, PAUSED, ALLOWED]


def test_outcomes_exactly_a_window_apart_do_not_add_up() -> None:
    policy = ContactPolicy(suppressions=(rule(count=2),))
    actual = [refused(policy, NOW - apart, NOW).suppressions for apart in (30 * DAY, 30 * DAY - 1)]
    assert actual == [{}, {"pause|all": NOW + 60 * DAY}]


def test_another_refusal_makes_the_pause_longer_never_shorter() -> None:
    policy = ContactPolicy(suppressions=(rule(),))
    party = refused(policy, NOW, NOW + DAY, NOW - DAY)
    assert party.suppressions == {"pause|all": NOW + 61 * DAY}
    party.suppressions = {"pause|all": NOW + 90 * DAY}  # an earlier policy paused for longer
    note(policy, party, NOW + 2 * DAY)
    assert party.suppressions == {"pause|all": NOW + 90 * DAY}


def test_order_of_arrival_does_not_change_the_pause() -> None:
    policy = ContactPolicy(suppressions=(rule(count=2, window=3 * DAY),))
    ends = [refused(policy, *order).suppressions for order in permutations([NOW - 4 * DAY, NOW - 2 * DAY, NOW])]
    assert ends == [{"pause|all": NOW + 60 * DAY}] * 6


@pytest.mark.parametrize(
    ("scope", "free"),
    [
        ("channel", {"channel": "sms"}),
        ("theme", {"theme": "mortgage"}),
        ("action", {"name": "another"}),
    ],
)
def test_suppression_holds_its_scope_only(scope: str, free: dict[str, str]) -> None:
    policy = ContactPolicy(suppressions=(rule(scope),))
    party = refused(policy, NOW)
    assert [suppressed(policy, party, NOW), suppressed(policy, party, NOW, action(**free))] == [PAUSED, ALLOWED]


@pytest.mark.parametrize(
    ("scope", "tags"),
    [("channel", {"channel": "sms"}), ("theme", {"theme": "loan"}), ("action", {"action": "another"})],
)
def test_outcomes_of_different_scopes_do_not_add_up(scope: str, tags: dict[str, str]) -> None:
    policy = ContactPolicy(suppressions=(rule(scope, count=2),))
    party = refused(policy, NOW - DAY)
    note(policy, party, NOW, **tags)
    assert party.suppressions == {}


def test_outcome_that_does_not_name_the_scope_pauses_nothing() -> None:
    policy = ContactPolicy(suppressions=(rule("theme"),))
    party = Party("p")
    note(policy, party, NOW, theme="")
    assert party.suppressions == {}


def test_status_no_rule_names_is_not_kept() -> None:
    party = Party("p")
    note(ContactPolicy(suppressions=(rule(),)), party, NOW, status="no_answer")
    assert (party.negatives, party.suppressions) == ([], {})


def test_service_is_not_suppressed_unless_the_rule_says_so() -> None:
    policies = [ContactPolicy(suppressions=(rule(limits=limits),)) for limits in (("marketing",), ("service",))]
    service = action(klass="service")
    actual = [suppressed(policy, refused(policy, NOW), NOW, service) for policy in policies]
    assert actual == [ALLOWED, PAUSED]


def test_suppression_outlives_its_rule_for_marketing() -> None:
    suppressions = {"gone|topic:card": NOW + DAY}
    actual = [
        pauses.suppressed(offer, "email", NOW, suppressions, ContactPolicy()) for offer in (action(), action("service"))
    ]
    assert actual == [Verdict(Reason.SUPPRESSED, "gone"), ALLOWED]


def test_bare_scope_holds_marketing_back() -> None:
    actual = pauses.suppressed(action(), "email", NOW, {"channel:email": NOW + DAY}, ContactPolicy())
    assert actual == Verdict(Reason.SUPPRESSED, "channel:email")


def test_internal_action_is_never_suppressed() -> None:
    assert pauses.suppressed(action(internal=True), "email", NOW, {"all": NOW + DAY}, ContactPolicy()) == ALLOWED


def test_row_forgets_ended_suppressions_and_old_outcomes() -> None:
    policy = ContactPolicy(suppressions=(rule(window=30 * DAY, pause=10 * DAY),))
    party = refused(policy, NOW - 40 * DAY, NOW)
    expected = ([(NOW, "refused", "email", "card|offer")], {"pause|all": NOW + 10 * DAY})
    assert (party.negatives, party.suppressions) == expected


def test_negative_outcomes_in_the_row_are_bounded() -> None:
    policy = ContactPolicy(suppressions=(rule(),))
    party = refused(policy, *range(NOW, NOW + 3 * NEGATIVES))
    assert [n[0] for n in party.negatives] == list(range(NOW + 2 * NEGATIVES, NOW + 3 * NEGATIVES))


def test_late_outcome_of_a_pause_long_over_starts_none() -> None:
    policy = ContactPolicy(suppressions=(rule(pause=DAY),))
    party = Party("p", at=NOW)
    note(policy, party, NOW - DAY)
    assert party.suppressions == {}
