"""What a story expects after a step: `expect` -> `model.Expectation`."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from garbo.core.vocabulary.nearest import did_you_mean
from garbo.policy.problems import Path
from garbo.stories import model, schema
from garbo.stories.instants import WRITTEN, instant
from garbo.stories.sentences import sentence
from garbo.stories.words import Words


class Place(NamedTuple):
    """A step: its position in the file and among all steps, and the person it is about."""

    written: int
    number: int
    step: model.Step
    person: str


class Expected:
    """Collects what the steps expect. Every problem goes to `words`."""

    def __init__(self, words: Words, zone: ZoneInfo, until: int, people: tuple[str, ...]) -> None:
        self.found: list[model.Expectation] = []
        self._words, self._zone, self._until, self._people = words, zone, until, people
        self._by_step: dict[int, set[str]] = {}  # position in the file -> actions and riders expected there

    def actions_before(self, written: int) -> set[str]:
        """The actions, riders included, whose commands the steps before this one expect."""
        return {action for step, actions in self._by_step.items() if step < written for action in actions}

    def read(self, place: Place, given: Any) -> None:
        """Add what one step expects: an item, or a list of items."""
        if given is None:
            return
        path: Path = ("steps", place.written, "expect")
        items = list(enumerate(given)) if isinstance(given, list) else [(None, given)]
        for index, item in items:
            self._item(path if index is None else (*path, index), place, item)

    def _item(self, path: Path, place: Place, item: Any) -> None:
        line = self._words.source.line(path)
        if item == schema.SILENCE:
            self.found.append(model.Silence(line, place.number, place.person))
            return
        if not isinstance(item, dict):
            what = f"'{item}' is nothing to expect: write `silence`, or an item such as"
            self._words.problem(path, f"{what} {{command: ACTION, channel: CHANNEL}}")
            return
        kind = next((key for key in schema.ITEMS if key in item), None)
        if kind is None:
            near = did_you_mean(str(next(iter(item), "")), schema.ITEMS)
            self._words.problem(path, f"the item says nothing to expect: begin it with one of its keys{near}")
            return
        try:
            part = schema.ITEMS[kind].model_validate(item)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                where = (*path, *details["loc"])
                self._words.problem(where, sentence(details, schema.ITEMS[kind]))
            return
        person = getattr(part, "person") or place.person  # noqa: B009 - every item has it
        if self._words.known((*path, "person"), "person", person, self._people):
            made = _READERS[kind](self, path, place._replace(person=person), line, part)
            self.found.append(made)

    # ---- the items

    def _command(self, path: Path, place: Place, line: int, part: schema.CommandPart) -> model.Command:
        self._words.treatment((*path, "command"), part.command, part.channel)
        for rider in part.riders:
            self._words.action((*path, "riders"), rider)
        self._by_step.setdefault(place.written, set()).update({part.command, *part.riders})
        start, end = self._window(path, place.step, part)
        return model.Command(
            line, place.number, place.person, part.command, part.channel, start, end, bool(part.at), tuple(part.says),
            tuple(part.never_says), tuple(part.riders), part.address, part.parameters,
        )  # fmt: skip

    def _window(self, path: Path, step: model.Step, part: schema.CommandPart) -> tuple[int, int]:
        """When the command must be made: as given, otherwise before the next step."""
        if bool(part.at) + bool(part.start or part.end) + (part.within is not None) > 1:
            self._words.problem(path, "give one of `at`, `from` with `to`, or `within`")
        if part.at:
            start = end = self._instant((*path, "at"), part.at, step.at)
        elif part.within is not None:
            start, end = step.at, step.at + part.within
        else:
            start = self._instant((*path, "from"), part.start, step.at) if part.start else step.at
            end = self._instant((*path, "to"), part.end, start) if part.end else max(step.end, start)
        if not step.at <= start <= end <= self._until:
            self._words.problem(
                path, "its time lies before its step, after the end of the story, or ends before it begins: correct it"
            )
        return start, end

    def _chosen(self, path: Path, place: Place, line: int, part: schema.ChosenPart) -> model.Chosen:
        silence = part.chosen == schema.SILENCE
        if not silence:
            self._words.treatment((*path, "chosen"), part.chosen, part.channel)
        placed = self._instant((*path, "placed"), part.placed, place.step.at) if part.placed else 0
        return model.Chosen(line, place.number, place.person, "" if silence else part.chosen, part.channel, placed)

    def _held(self, path: Path, place: Place, line: int, part: schema.HeldPart) -> model.Held:
        self._words.treatment((*path, "held_back"), part.held_back, part.channel)
        self._words.reason((*path, "reason"), part.reason)
        return model.Held(line, place.number, place.person, part.held_back, part.reason, part.detail, part.channel)

    def _need(self, path: Path, place: Place, line: int, part: schema.NeedPart) -> model.NeedEnds:
        self._words.need((*path, "need"), part.need)
        self._words.need_end((*path, "end"), part.end)
        self._words.theme((*path, "theme"), part.theme)
        return model.NeedEnds(line, place.number, place.person, part.need, part.end, part.theme, part.detail)

    def _lifecycle(self, path: Path, place: Place, line: int, part: schema.LifecyclePart) -> model.Standing:
        self._words.state((*path, "lifecycle"), part.lifecycle)
        return model.Standing(line, place.number, place.person, lifecycle=part.lifecycle)

    def _stage(self, path: Path, place: Place, line: int, part: schema.StagePart) -> model.Standing:
        self._words.stage((*path, "stage"), part.stage)
        return model.Standing(line, place.number, place.person, stage=part.stage)

    def _count(self, path: Path, place: Place, line: int, part: schema.CountPart) -> model.Count:
        if part.action:
            self._words.treatment((*path, "action"), part.action, part.channel)
        elif part.channel:
            self._words.channel((*path, "channel"), part.channel)
        return model.Count(line, place.number, place.person, part.count, part.action, part.channel)

    def _instant(self, path: Path, text: str, day: int) -> int:
        found = instant(text, self._zone, day)
        if found is None:
            self._words.problem(path, f"'{text}': {WRITTEN}")
        return day if found is None else found


_Reader = Callable[[Expected, Path, Place, int, Any], model.Expectation]
_READERS: Mapping[str, _Reader] = {
    "command": Expected._command,
    "chosen": Expected._chosen,
    "held_back": Expected._held,
    "need": Expected._need,
    "lifecycle": Expected._lifecycle,
    "stage": Expected._stage,
    "count": Expected._count,
}
