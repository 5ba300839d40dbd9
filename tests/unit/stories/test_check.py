"""The check of a story reports missing, additional, early and late commands, wrong texts, riders and topics."""

from dataclasses import replace as replace_fields

import pytest
from msgspec.structs import replace

from garbo.core.vocabulary.effects import Rider
from garbo.stories.check import problems
from garbo.stories.model import Seen, Silence, Story
from garbo.testing.stories import seen
from tests.golden.histories.playing import bank_story, golden, play_story

MARTINA = bank_story("martina")
LINE = "journeys/martina.yaml"


@pytest.fixture
def came() -> Seen:
    """What the bank does about Martina's story."""
    return seen(play_story(MARTINA))


def test_the_right_commands_are_no_problem(came: Seen) -> None:
    assert [] == problems(MARTINA, came)


@pytest.mark.parametrize(("missing", "line"), [(0, 35), (1, 41)])
def test_a_missing_command_is_seen_at_its_line(came: Seen, missing: int, line: int) -> None:
    del came.commands[missing]
    found = problems(MARTINA, came)
    assert found[0].startswith(f"{LINE}:{line}: missing: ")
    assert found[0].endswith("; nothing came")
    assert "1 commands, not 2" in found[1]


def test_one_command_too_many_is_seen(came: Seen) -> None:
    came.commands.append(came.commands[-1])
    found = problems(MARTINA, came)
    assert f"{LINE}: unexpected: call_centre call_information at 2024-02-27 09:30 to martina" == found[0]


@pytest.mark.parametrize("shift", [-60_000, 60_000])
def test_a_promise_a_minute_off_is_seen_with_what_came_instead(came: Seen, shift: int) -> None:
    topic, call = came.commands[1]
    came.commands[1] = topic, replace(call, at=call.at + shift)
    (found,) = problems(MARTINA, came)
    minute = "29" if shift < 0 else "31"
    assert found.endswith(
        "missing: call_centre call_information to martina at 2024-02-27 09:30; "
        f"instead call_centre call_information at 2024-02-27 09:{minute} to martina"
    )


def test_a_rider_too_many_or_missing_is_seen(came: Seen) -> None:
    (_, email), (_, call) = came.commands
    came.commands[:] = [
        ("actions.email", replace(email, riders=(Rider("x", "p", "t", "m"),))),
        ("actions.call_centre", replace(call, riders=())),
    ]
    extra, missing, words = problems(MARTINA, came)
    assert extra.endswith("email_information_promise carries x, not nothing")
    assert missing.endswith("call_information carries nothing, not offer_first_year_free")
    assert "does not say 'first year'" in words


def test_wrong_words_a_wrong_topic_and_a_wrong_address_are_seen(came: Seen) -> None:
    _, email = came.commands[0]
    came.commands[0] = "actions.sms", replace(email, message="hello")
    topic, words = problems(MARTINA, came)
    assert topic.endswith("is on the topic actions.sms, not actions.email")
    assert words.endswith("email_information_promise does not say '9:30': 'hello'")


def test_a_command_to_somebody_else_is_seen(came: Seen) -> None:
    topic, email = came.commands[0]
    came.commands[0] = topic, replace(email, party="somebody")
    assert "to nobody of the story" in problems(MARTINA, came)[0]


def test_what_another_policy_would_have_done_is_seen_in_full() -> None:
    rossi = bank_story("rossi_without_profiling")
    wanted = bank_story("rossi")
    found = problems(_with_expectations_of(rossi, wanted), seen(play_story(rossi)))
    assert [p.partition(": ")[2] for p in found] == [
        (
            "call_token_follow_up carries nothing, not offer_family_mortgage; offer_family_mortgage was held back at "
            "2024-06-24 09:01 (consent_denied profiling)"
        ),
        (
            "call_token_follow_up does not say 'Giorgio and Gaia': 'Hello Giorgio, I am calling about what you "
            "reported on our social page. Shall we go ahead, or do you plan to visit a branch today?'"
        ),
        (
            "missing: branch brief_branch_family to giorgio from 2024-06-24 09:05 to 2024-06-24 09:06; "
            "brief_branch_family was held back at 2024-06-24 09:05 (consent_denied profiling)"
        ),
        (
            "2 commands, not 3: social social_token_reply at 2024-06-23 21:43; "
            "call_centre call_token_follow_up at 2024-06-24 09:01"
        ),
    ]


def _with_expectations_of(story: Story, other: Story) -> Story:
    return replace_fields(story, expected=other.expected)


def test_dead_letters_are_problems(came: Seen) -> None:
    came.dead_letters.append("future 5 ms ahead")
    assert problems(MARTINA, came) == [f"{LINE}: dead letter: future 5 ms ahead"]


def test_what_is_expected_of_decisions_is_seen_when_it_is_not_there(came: Seen) -> None:
    """Without the decisions nobody knows the people, so every expectation fails."""
    blind = Seen(came.commands, [], [])
    found = " ".join(problems(MARTINA, blind))
    for sentence in (
        "did not end promised; needs that ended: none",
        "martina is not known, not customer",
        "0 commands, not 2",
    ):
        assert sentence in found


def test_silence_that_is_broken_is_seen(came: Seen) -> None:
    step = next(n for n, s in enumerate(MARTINA.steps) if "social page" in s.paragraph)
    quiet = replace_fields(MARTINA, expected=(*MARTINA.expected, Silence(7, step, "martina")))
    (found,) = problems(quiet, came)
    assert found == f"{LINE}:7: not silence: email email_information_promise at 2024-02-26 21:28"


@pytest.mark.parametrize("story", golden(), ids=lambda story: story.name)
def test_messages_are_in_the_order_of_time_with_ids_of_their_own(story: Story) -> None:
    assert sorted(m.at for m in story.messages) == [m.at for m in story.messages]
    assert len({m.event_id for m in story.messages}) == len(story.messages)
    assert story.messages[-1].at <= story.until


def test_the_source_says_eight_days_of_silence() -> None:
    *_, delivered, visit, _, _ = bank_story("antonio").steps
    assert visit.at - delivered.at > 8 * 86_400_000
