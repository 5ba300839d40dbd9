"""The stories of every policy through the synchronous driver: real codec, processors and policy; no broker."""

from datetime import datetime

import pytest

from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.reasons import Disposition
from garbo.stories.model import Story
from garbo.testing import assert_story, play, play_story
from tests.policies import policies, policy_of, stories

TOGETHER = [pytest.param(p, s, id=f"{p}-{s.name}") for p in policies() for s in stories(p)]
ALL = [*TOGETHER, *(pytest.param(p, s, id=f"{p}-{s.name}") for p in policies() for s in stories(p, cases=True))]


def meant(record: DecisionRecord) -> tuple[object, ...]:
    """What a record says, without the coordinates of the log that carried it."""
    return (record.event_id, record.at, record.chosen, record.placed_at, record.riders, record.blocked, record.scored)


def test_every_policy_has_stories() -> None:
    assert "bank" in policies()
    assert [p for p in policies() if len(stories(p)) < 2] == []


@pytest.mark.parametrize(("policy", "story"), ALL)
def test_story_comes_out_as_written(policy: str, story: Story) -> None:
    """Exactly the commands it expects, each in its time, and everything else it expects."""
    assert_story(policy_of(policy), story)


# ---- what must not matter ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "story"), ALL)
def test_number_of_partitions_does_not_change_the_decisions(policy: str, story: Story) -> None:
    """1, 4 and 7 partitions: the same records, the same commands."""
    runs = [play_story(policy_of(policy), story, partitions=n) for n in (1, 4, 7)]
    commands = [sorted(d.commands(), key=lambda c: c.action_id) for d in runs]
    records = [sorted((meant(r) for r in d.decisions() if r.disposition == "decided"), key=repr) for d in runs]
    assert commands[0] == commands[1] == commands[2]
    assert records[0] == records[1] == records[2]


@pytest.mark.parametrize(("policy", "story"), ALL)
def test_each_message_sent_three_times_changes_nothing(policy: str, story: Story) -> None:
    """Commands, rows and needs are those of single delivery; each copy ends in a record of its own."""
    once, thrice = play_story(policy_of(policy), story), play_story(policy_of(policy), story, times=3)
    assert once.commands() == thrice.commands()
    sent = {message.event_id for message in story.messages}
    copies = [r for r in thrice.decisions() if r.disposition is Disposition.DUPLICATE and r.event_id in sent]
    assert 2 * len(story.messages) == len(copies)


@pytest.mark.parametrize(("policy", "story"), ALL)
def test_second_delivery_of_all_resolved_events_changes_nothing(policy: str, story: Story) -> None:
    """What resolve sends again after a crash, decide has applied already: the rows stay as they are."""
    driver = play_story(policy_of(policy), story)
    commands, rows = driver.commands(), driver.parties()
    resolved = [r for r in driver.log["party-events"] if driver.codec.party_event(r).source is not None]
    for record in resolved:
        driver.send_raw("party-events", record.key, record.value)
    assert commands == driver.commands()
    assert rows == driver.parties()
    again = driver.decisions()[-len(resolved) :]
    assert {Disposition.DUPLICATE} == {r.disposition for r in again}


@pytest.mark.parametrize(("policy", "story"), ALL)
def test_every_event_has_exactly_one_record(policy: str, story: Story) -> None:
    """Each event on party-events ends in one decision record, silence included."""
    driver = play_story(policy_of(policy), story)
    events = [driver.codec.party_event(r) for r in driver.log["party-events"]]
    wanted = sorted((e.party, e.event_id) for e in events if type(e.body).__name__ != "ClockTick")
    assert wanted == sorted((r.party, r.event_id) for r in driver.decisions())


def open_at(story: Story, policy: Policy, channel: str, when: int) -> bool:
    """Is `channel` open by the YAML's quiet hours, on the story's clock? Written apart from the code under test."""
    quiet = policy.contact.quiet_hours.get(channel)
    if quiet is None:
        return True
    local = datetime.fromtimestamp(when / 1000, story.zone)
    minute, start, end = local.hour * 60 + local.minute, quiet.start, quiet.end
    silent = start <= minute < end if start <= end else minute >= start or minute < end
    closed = local.weekday() in quiet.closed_weekdays
    holiday = quiet.holidays and local.date().isoformat() in policy.contact.holidays
    return not (silent or closed or holiday)


@pytest.mark.parametrize("shift", range(0, 24, 3))
@pytest.mark.parametrize(("policy", "story"), TOGETHER)
def test_no_command_in_quiet_hours_whatever_the_hour_of_the_story(policy: str, story: Story, shift: int) -> None:
    """The stories moved through the day, by three hours a step: no customer is contacted while a channel is silent."""
    rules = policy_of(policy)
    moved = [message._replace(at=message.at + shift * 3_600_000) for message in story.messages]
    driver = play(rules, moved, story.until + 86_400_000)
    excused = {a.name for a in rules.actions.values() if a.internal or a.ignores_quiet_hours}
    wrong = [c for c in driver.commands() if c.action not in excused and not c.inbound]
    assert [] == [(c.channel, c.action, c.at) for c in wrong if not open_at(story, rules, c.channel, c.at)]
