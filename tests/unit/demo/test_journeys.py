"""The check of the journeys reports missing, additional, early and late commands, wrong texts and wrong riders."""

import pytest
from garbo.demo.journeys import antonio, at, golden, martina, problems, rossi
from msgspec.structs import replace

from garbo.core.vocabulary.effects import Deliver, Rider
from tests.golden.histories.playing import play_journey


@pytest.fixture(scope="module")
def commands() -> list[Deliver]:
    return play_journey(martina()).commands()


def test_right_commands_are_no_problem(commands: list[Deliver]) -> None:
    assert [] == problems(martina(), commands)


@pytest.mark.parametrize("missing", [0, 1])
def test_missing_command_is_seen(commands: list[Deliver], missing: int) -> None:
    assert [] != problems(martina(), [c for n, c in enumerate(commands) if n != missing])
    assert ["missing: email", "missing: call_"] == [p[:14] for p in problems(martina(), [])]


def test_one_command_too_many_is_seen(commands: list[Deliver]) -> None:
    (problem,) = problems(martina(), [*commands, commands[-1]])
    assert "unexpected: call_centre call_information at 2024-02-27 09:30" == problem


@pytest.mark.parametrize("shift", [-60_000, 60_000])
def test_promise_a_minute_off_is_seen(commands: list[Deliver], shift: int) -> None:
    moved = [commands[0], replace(commands[1], at=commands[1].at + shift)]
    assert 1 == len(problems(martina(), moved))


def test_rider_too_many_or_missing_is_seen(commands: list[Deliver]) -> None:
    extra = [replace(commands[0], riders=(Rider("x", "p", "t", "m"),)), commands[1]]
    without = [commands[0], replace(commands[1], riders=())]
    assert (1, 2) == (len(problems(martina(), extra)), len(problems(martina(), without)))


def test_wrong_words_and_wrong_action_are_seen(commands: list[Deliver]) -> None:
    assert 1 == len(problems(martina(), [replace(commands[0], message="hello"), commands[1]]))
    assert 1 == len(problems(martina(), [replace(commands[0], action="other"), commands[1]]))


@pytest.mark.parametrize("journey", [*golden(), rossi(False, False)], ids=lambda j: j.name)
def test_facts_are_in_order_of_time_with_ids_of_their_own(journey) -> None:  # type: ignore[no-untyped-def]
    assert sorted(f.at for f in journey.messages) == [f.at for f in journey.messages]
    assert len({f.event_id for f in journey.messages}) == len(journey.messages)
    assert all(at(e.after) <= at(e.by) <= at(journey.until) for e in journey.expected)


def test_the_source_says_eight_days_of_silence() -> None:
    sms, call, _ = antonio().expected
    assert at(call.after) - at(sms.by) > 8 * 86_400_000
