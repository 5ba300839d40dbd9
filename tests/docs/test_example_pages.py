"""The pages of the example policies show their tables and stories as they are.

Red after a change of a policy or of a sentence: `python -m tests.docs.examples`.
"""

import re

import pytest

from garbo.core.party import consent
from garbo.policy.cel_words import VARIABLES
from tests.docs.examples import page_of, pages, redrawn
from tests.policies import policies, policy_of, stories


def test_every_policy_has_a_page_and_the_businesses_show_their_stories() -> None:
    assert [policy for policy in policies() if not page_of(policy).exists()] == []
    assert "telco" in pages()


@pytest.mark.parametrize("policy", pages())
def test_the_page_is_not_stale(policy: str) -> None:
    assert redrawn(policy) == page_of(policy).read_text("utf-8")


@pytest.mark.parametrize("policy", pages())
def test_the_page_shows_every_table_and_every_story(policy: str) -> None:
    text = page_of(policy).read_text("utf-8")
    shown = re.findall(r"<!-- (?:table|timeline): (\w+) -->", text)
    assert {"answers", "offers", "services", *(story.name for story in stories(policy))} <= set(shown)


@pytest.mark.parametrize("policy", pages())
def test_what_the_page_names_in_code_is_of_the_policy_or_a_command(policy: str) -> None:
    """A name such as `stay_offer` in the prose is one that the policy has."""
    rules = policy_of(policy)
    known = {
        *rules.actions, *rules.attributes, *rules.needs, *rules.touchpoints, *rules.themes,
        *(stage.name for stage in rules.stages),
        *rules.groups, *rules.vocabulary.channels, *rules.vocabulary.identifiers, *rules.vocabulary.lifecycle,
        *rules.vocabulary.statuses, *rules.vocabulary.purposes, *(cap.name for cap in rules.contact.caps),
    }  # fmt: skip
    prose = re.sub(r"<!-- table.*?<!-- end -->|```.*?```", "", page_of(policy).read_text("utf-8"), flags=re.DOTALL)
    named = re.findall(r"`([a-z]+(?:_[a-z0-9]+)+)`", prose)
    assert named != []
    assert sorted(set(named) - known - {*consent.CONSENTS, *consent.PURPOSES, *VARIABLES}) == []
