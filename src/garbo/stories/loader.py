"""The stories of a policy folder: `journeys/*.yaml` -> `Story`, or all errors at once."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from garbo.core.policy.policy import Policy
from garbo.errors import StoryError
from garbo.policy import yaml_reader
from garbo.policy.problems import Problem
from garbo.stories.build import Builder, zone_of
from garbo.stories.model import Story
from garbo.stories.schema import StoryPart
from garbo.stories.sentences import sentence
from garbo.stories.words import Words

FOLDER: Final = "journeys"
CASES: Final = "cases"  # below it: further stories, each played alone, so that they may share people


def load_stories(folder: Path, policy: Policy, *, cases: bool = False) -> list[Story]:
    """The stories of the policy in `folder`, in the order of their names; empty if it has none.

    Args:
        cases: those in `journeys/cases` instead, of which each is played alone.

    Raises:
        StoryError: a story is wrong (all errors of all stories, with file and line).
    """
    found, problems = inspect_stories(folder, policy, cases=cases)
    if problems:
        raise StoryError(_sentence(problems))
    return found


def inspect_stories(folder: Path, policy: Policy, *, cases: bool = False) -> tuple[list[Story], list[Problem]]:
    """The stories that are right, and the problems of the others. Arguments as of `load_stories`."""
    place = folder / FOLDER / CASES if cases else folder / FOLDER
    found: list[Story] = []
    problems: list[Problem] = []
    for path in sorted(place.glob("*.yaml")):
        file = str(path.relative_to(folder))
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem(file, 0, f"cannot be read ({error}): save it as UTF-8, check its permissions"))
            continue
        story, wrong = read(path.stem, text, policy, file)
        problems += wrong
        if story is not None:
            found.append(story)
    if not cases:
        problems += _shared(found)
    return found, sorted(problems)


def read(name: str, text: str, policy: Policy, file: str) -> tuple[Story | None, list[Problem]]:
    """The story in `text` (None if it is wrong), and its problems. file: for the problems."""
    try:
        source = yaml_reader.read(text.removeprefix("\ufeff"))
    except yaml_reader.YamlProblem as problem:
        return None, [Problem(file, problem.line, problem.message)]
    words = Words(policy, file, source)
    try:
        part = StoryPart.model_validate(source.data if source.data is not None else {})
    except ValidationError as error:
        for details in error.errors(include_url=False):
            words.problem(details["loc"], sentence(details, StoryPart))
        return None, sorted(set(words.problems))
    zone = zone_of(part.zone or policy.zone)
    if zone is None:
        words.problem(("zone",), f"'{part.zone}' is no time zone; write an IANA name such as Europe/Rome")
        return None, words.problems
    story = Builder(name, part, words, zone).build()
    return (None if words.problems else story), sorted(set(words.problems))


def _shared(stories: Iterable[Story]) -> list[Problem]:
    """The stories of a folder are played on one installation, so each has people of its own."""
    owner: dict[str, Story] = {}
    problems = []
    for story in stories:
        for kind, value in sorted({i for message in story.messages for i in message.body.identifiers}):
            other = owner.setdefault(f"{kind}:{value}", story)
            if other is not story:
                what = f"{kind} '{value}' is also in {other.file}: give the person here another one"
                problems.append(Problem(story.file, 0, f"{what}, or move the story to {FOLDER}/{CASES}"))
    return problems


def _sentence(problems: list[Problem]) -> str:
    count = len(problems)
    return "\n".join([f"the stories have {count} error{'s' * (count > 1)}:", *map(str, problems)])
