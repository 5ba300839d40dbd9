"""A story's checked file -> `Story`: messages with their instants, and what must be seen after each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from garbo.core.vocabulary.events import (
    ActionOutcome,
    ConsentChange,
    Direction,
    Identifier,
    InboundBody,
    ProfileUpdate,
    Touchpoint,
)
from garbo.policy.problems import Path
from garbo.processors.ports import InboundMessage
from garbo.stories.expectations import Expected, Place
from garbo.stories.instants import WRITTEN, instant, local
from garbo.stories.model import Step, Story
from garbo.stories.schema import PersonPart, ProfilePart, StepPart, StoryPart
from garbo.stories.words import Words


@dataclass(slots=True)
class Happening:
    """A step before its end is known. `written`: its position in the file; -1: what is known of a person."""

    at: int
    written: int
    person: str
    messages: list[InboundMessage]
    paragraph: str = ""


@dataclass(slots=True)
class Builder:
    """Builds one story. Every problem goes to `words`."""

    name: str
    part: StoryPart
    words: Words
    zone: ZoneInfo
    ids: Counter[str] = field(default_factory=Counter)
    people: dict[str, set[str]] = field(default_factory=dict)

    def build(self) -> Story:
        part = self.part
        starts = self._instant(("starts",), part.starts)
        until = self._instant(("until",), part.until)
        self.people = {name: set() for name in part.people}
        happenings = [h for name, person in part.people.items() for h in self._known(name, person, starts)]
        happenings += self._steps(starts)
        happenings.sort(key=lambda h: h.at)  # stable: what is known of a person comes before a step of that instant
        if until < happenings[-1].at:
            self.words.problem(("until",), "the story ends before its last step: give a later instant")
        steps = tuple(
            Step(
                happening.at,
                next((later.at - 1 for later in happenings if later.at > happening.at), until),
                happening.person,
                tuple(happening.messages),
                happening.paragraph,
            )
            for happening in happenings
        )
        expected = Expected(self.words, self.zone, until, tuple(part.people))
        for index, happening in enumerate(happenings):
            if happening.written >= 0:
                given = part.steps[happening.written].expect
                expected.read(Place(happening.written, index, steps[index], happening.person), given)
        self._references(expected)
        return Story(
            name=self.name,
            file=self.words.file,
            title=part.title,
            zone=self.zone,
            until=until,
            steps=steps,
            expected=tuple(expected.found),
            people={person: frozenset(ids) for person, ids in self.people.items()},
            paragraph=_plain(part.story),
        )

    # ---- what happens

    def _known(self, name: str, person: PersonPart, starts: int) -> list[Happening]:
        """The profile and the consents with which a person enters the story."""
        path: Path = ("people", name)
        for kind, values in person.identifiers.items():
            for value in values:
                self.words.identifier((*path, "identifiers", kind), kind, value)
        self._check_profile(path, person)
        self.words.consents((*path, "consents"), person.consents)
        at = self._instant((*path, "known"), person.known.at, starts) if person.known.at else starts
        who = self._identifiers((*path, "known", "by"), name, person.known.by)
        messages = []
        if any(getattr(person, key) for key in ProfilePart.model_fields):
            messages.append(self._message(name, at, "profile", _profile(person, who)))
        messages += self._consents(name, at, person.consents, who)
        return [Happening(at, -1, name, messages)] if messages else []

    def _steps(self, starts: int) -> list[Happening]:
        found, now = [], starts
        for index, step in enumerate(self.part.steps):
            path: Path = ("steps", index)
            at = self._when(path, step, now)
            if at < now:
                before = local(now, self.zone)
                self.words.problem((*path, "at"), f"earlier than the step before it ({before}): put the steps in order")
            now = max(at, now)
            person = step.person or next(iter(self.part.people))
            if self.words.known((*path, "person"), "person", person, self.part.people):
                messages = self._messages(path, step, person, now)
                found.append(Happening(now, index, person, messages, _plain(step.story)))
        return found or [Happening(starts, -1, "", [])]

    def _when(self, path: Path, step: StepPart, now: int) -> int:
        if bool(step.at) == (step.after is not None):
            self.words.problem(path, "a step has either `at`, an instant, or `after`, how long after the step before")
            return now
        return now + step.after if step.after is not None else self._instant((*path, "at"), step.at, now)

    def _messages(self, path: Path, step: StepPart, person: str, at: int) -> list[InboundMessage]:
        who = self._identifiers((*path, "by"), person, step.by)
        found = []
        if step.profile is not None:
            self._check_profile((*path, "profile"), step.profile)
            found.append(self._message(person, at, "profile", _profile(step.profile, who)))
        self.words.consents((*path, "consents"), step.consents)
        found += self._consents(person, at, step.consents, who)
        if (touch := step.touchpoint) is not None:
            place = (*path, "touchpoint")
            self.words.touchpoint(place, touch.kind, touch.channel)
            self.words.theme((*place, "theme"), touch.theme)
            self.words.attributes((*place, "attributes"), touch.attributes)
            if not self.words.problems:
                made = Touchpoint(
                    touch.channel, touch.kind, Direction(touch.direction), who, touch.attributes, touch.theme,
                    touch.text,
                )  # fmt: skip
                found.append(self._message(person, at, touch.kind, made))
        if (outcome := step.outcome) is not None:
            place = (*path, "outcome")
            self.words.status((*place, "status"), outcome.status)
            self.words.attributes((*place, "attributes"), outcome.attributes)
            if outcome.channel:
                self.words.channel((*place, "channel"), outcome.channel)
            if not self.words.problems:
                channel = outcome.channel or None
                result = ActionOutcome(outcome.status, "", outcome.of, channel, who, outcome.attributes)
                found.append(self._message(person, at, f"{outcome.of}/{outcome.status}", result))
        return found

    def _consents(
        self, person: str, at: int, given: dict[str, bool], who: tuple[Identifier, ...]
    ) -> list[InboundMessage]:
        return [
            self._message(person, at, consent, ConsentChange(consent, granted, who, "story"))
            for consent, granted in given.items()
        ]

    def _check_profile(self, path: Path, profile: ProfilePart) -> None:
        self.words.state((*path, "lifecycle"), profile.lifecycle)
        self.words.attributes((*path, "attributes"), profile.attributes)
        if profile.language:
            self.words.known((*path, "language"), "language", profile.language, self.words.policy.languages)
        if profile.zone and zone_of(profile.zone) is None:
            self.words.problem((*path, "zone"), f"'{profile.zone}' is no time zone; write one such as Europe/Rome")

    def _identifiers(self, path: Path, person: str, kinds: Sequence[str]) -> tuple[Identifier, ...]:
        """The person's identifiers of these kinds, in the order of the story; no kinds: all."""
        has = self.part.people[person].identifiers
        for kind in kinds:
            self.words.known(path, f"identifier of {person}", kind, has)
        return tuple(Identifier(k, value) for k, values in has.items() if k in (kinds or has) for value in values)

    def _message(self, person: str, at: int, what: str, body: InboundBody) -> InboundMessage:
        """Its id is a function of the story, the person, the instant and what happens: a comment changes none."""
        event = f"{self.name}/{person}/{local(at, self.zone)}/{what}"
        self.ids[event] += 1
        if self.ids[event] > 1:
            event = f"{event}/{self.ids[event]}"
        self.people[person].add(event)
        return InboundMessage(event, at, body)

    # ---- checks

    def _references(self, expected: Expected) -> None:
        """An outcome refers to a command or a rider that an earlier step expects."""
        for index, step in enumerate(self.part.steps):
            if step.outcome is None:
                continue
            path: Path = ("steps", index, "outcome", "of")
            if not step.outcome.of:
                if not step.outcome.channel:
                    self.words.problem(path, "the outcome of what? Write `of: ACTION`, or at least its channel")
                continue
            earlier = expected.actions_before(index)
            if step.outcome.of not in earlier:
                hint = f" (expected so far: {', '.join(sorted(earlier))})" if earlier else ""
                what = f"no step before this one expects a command for '{step.outcome.of}'{hint}"
                self.words.problem(path, f"{what}: expect the command first")

    def _instant(self, path: Path, text: str, day: int | None = None) -> int:
        found = instant(text, self.zone, day)
        if found is None:
            self.words.problem(path, f"'{text}': {WRITTEN}")
        return found or day or 0


def zone_of(name: str) -> ZoneInfo | None:
    """The IANA time zone of this name; None if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _profile(part: ProfilePart, who: tuple[Identifier, ...]) -> ProfileUpdate:
    facts: dict[str, Any] = {key: getattr(part, key) for key in ProfilePart.model_fields}
    return ProfileUpdate(identifiers=who, **facts)


def _plain(text: str) -> str:
    """A paragraph on one line."""
    return " ".join(text.split())
