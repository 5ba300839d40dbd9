"""A policy's stories in a test: `journeys/*.yaml` played by the driver and compared with what they expect."""

from garbo.core.policy.policy import Policy
from garbo.stories.check import problems
from garbo.stories.model import Seen, Story
from garbo.testing.driver import Driver
from garbo.testing.playing import play


def play_story(policy: Policy, story: Story, *, partitions: int = 4, times: int = 1) -> Driver:
    """The driver after the story. `partitions`, `times`: see `play`."""
    return play(policy, story.messages, story.until, partitions=partitions, times=times)


def story_problems(story: Story, driver: Driver) -> list[str]:
    """What the story expects and the driver did not do, and the reverse: sentences with file and line.

    The driver must have played this story alone.
    """
    return problems(story, seen(driver))


def assert_story(policy: Policy, story: Story) -> Driver:
    """The policy does what the story expects, and nothing else. Returns the driver after the story.

    Raises:
        AssertionError: it does not. It lists all differences, with file and line.
    """
    driver = play_story(policy, story)
    if found := story_problems(story, driver):
        raise AssertionError("\n".join([f"{story.title}:", *found]))
    return driver


def seen(driver: Driver) -> Seen:
    """What the driver did so far, as the check of stories reads it."""
    codec = driver.codec
    commands = [
        (topic, record.timestamp_ms, codec.command(record.value or b""))
        for topic in driver.topics.of_commands(driver.log)
        for record in driver.log[topic]
    ]
    commands.sort(key=lambda found: found[1])
    letters = [codec.dead_letter(record.value or b"") for record in driver.dead_letters()]
    return Seen(
        [(topic, command) for topic, _, command in commands],
        driver.decisions(),
        [f"{letter.reason} {letter.detail}".rstrip() for letter in letters],
    )
