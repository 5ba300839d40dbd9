"""What a policy did about a story, compared with what the story expects.

Rule: every command is expected. A command that no step expects is a problem, like one that is missing, early or late.
"""

from collections.abc import Iterator

from garbo.core.vocabulary.effects import DecisionRecord, Deliver
from garbo.core.vocabulary.reasons import Disposition
from garbo.processors.topics import ACTIONS
from garbo.stories import model
from garbo.stories.instants import local


def problems(story: model.Story, seen: model.Seen) -> list[str]:
    """The differences, in sentences with file and line and with what was seen instead; empty if there are none."""
    return _Check(story, seen).problems()


class _Check:
    def __init__(self, story: model.Story, seen: model.Seen) -> None:
        self._story, self._seen = story, seen
        self._parties = {
            person: {record.party for record in seen.decisions if record.event_id in events}
            for person, events in story.people.items()
        }

    def problems(self) -> list[str]:
        found = [self._line(line, sentence) for line, sentence in self._commands()]
        others = [(expected.line, self._other(expected)) for expected in self._story.expected]
        found += [self._line(line, sentence) for line, sentence in others if sentence is not None]
        return found + [f"{self._story.file}: dead letter: {letter}" for letter in self._seen.dead_letters]

    # ---- commands

    def _commands(self) -> Iterator[tuple[int, str]]:
        rest = list(self._seen.commands)
        missing = []
        for expected in (e for e in self._story.expected if isinstance(e, model.Command)):
            match = next((c for c in rest if self._is(expected, c[1])), None)
            if match is None:
                missing.append(expected)
                continue
            rest.remove(match)
            yield from ((expected.line, sentence) for sentence in self._details(expected, *match))
        for expected in missing:
            near = next((c for c in rest if c[1].action == expected.action), None)
            if near is not None:
                rest.remove(near)
            yield expected.line, self._missing(expected, near[1] if near else None)
        for _, command in rest:
            yield 0, f"unexpected: {self._command(command)} to {self._person(command.party)}"

    def _is(self, expected: model.Command, command: Deliver) -> bool:
        return (
            (command.action, command.channel) == (expected.action, expected.channel)
            and expected.start <= command.at <= expected.end
            and command.party in self._parties[expected.person]
        )

    def _missing(self, expected: model.Command, near: Deliver | None) -> str:
        wanted = f"missing: {expected.channel} {expected.action} to {expected.person} {self._window(expected)}"
        if near is not None:
            return f"{wanted}; instead {self._command(near)} to {self._person(near.party)}"
        return f"{wanted}; {self._why(expected, expected.action) or 'nothing came'}"

    def _why(self, expected: model.Command, action: str) -> str:
        """What held `action` back when the command was to be made; empty if nothing did."""
        held = [
            f"at {self._local(record.at)} ({blocked.reason.value} {blocked.detail}".rstrip() + ")"
            for record in self._seen.decisions
            if record.party in self._parties[expected.person] and expected.start <= record.at <= expected.end
            for blocked in record.blocked
            if blocked.action == action and blocked.channel in ("", expected.channel)
        ]
        return f"{action} was held back {', '.join(dict.fromkeys(held))}" if held else ""

    def _details(self, expected: model.Command, topic: str, command: Deliver) -> Iterator[str]:
        name, riders = expected.action, tuple(rider.action for rider in command.riders)
        if topic != ACTIONS + expected.channel:
            yield f"{name} is on the topic {topic}, not {ACTIONS}{expected.channel}"
        if riders != expected.riders:
            reasons = [why for rider in expected.riders if rider not in riders and (why := self._why(expected, rider))]
            carried, wanted = (", ".join(names) or "nothing" for names in (riders, expected.riders))
            yield "; ".join([f"{name} carries {carried}, not {wanted}", *reasons])
        text = " ".join([command.message, *(rider.message for rider in command.riders)])
        yield from (f"{name} does not say {part!r}: {text!r}" for part in expected.says if part not in text)
        yield from (f"{name} says {part!r}: {text!r}" for part in expected.never_says if part in text)
        if expected.address is not None and command.address != expected.address:
            yield f"{name} goes to the address {command.address!r}, not {expected.address!r}"
        for key, value in expected.parameters.items():
            if command.parameters.get(key) != value:
                yield f"{name} has {command.parameters.get(key)!r} as its parameter '{key}', not {value!r}"

    # ---- what is not a command

    def _other(self, expected: model.Expectation) -> str | None:
        """The problem with one expectation; None if it is met."""
        match expected:
            case model.Silence():
                return self._silence(expected)
            case model.Chosen():
                return self._chosen(expected)
            case model.Held():
                return self._held(expected)
            case model.NeedEnds():
                return self._need(expected)
            case model.Standing():
                return self._standing(expected)
            case model.Count():
                return self._count(expected)
        return None

    def _silence(self, expected: model.Silence) -> str | None:
        step = self._story.steps[expected.step]
        came = [c for c in self._to(expected.person) if step.at <= c.at <= step.end]
        return f"not silence: {'; '.join(map(self._command, came))}" if came else None

    def _chosen(self, expected: model.Chosen) -> str | None:
        records = [r for r in self._decisions(expected) if not r.confirmation]
        if not expected.action:
            events = {message.event_id for message in self._story.steps[expected.step].messages}
            chosen = [self._choice(r) for r in records if r.event_id in events and r.chosen]
            return f"silence was not chosen, but {', '.join(chosen)}" if chosen else None
        for record in records:
            if (
                record.chosen == expected.action
                and expected.channel in ("", record.chosen_channel)
                and expected.placed in (0, record.placed_at)
            ):
                return None
        chosen = [self._choice(r) for r in records if r.chosen]
        where = f" on {expected.channel}" if expected.channel else ""
        when = f" for {self._local(expected.placed)}" if expected.placed else ""
        return f"{expected.action}{where}{when} was not chosen, but {', '.join(chosen) or 'silence'}"

    def _held(self, expected: model.Held) -> str | None:
        found = [b for r in self._decisions(expected) for b in r.blocked if b.action == expected.action]
        for blocked in found:
            if (
                blocked.reason.value == expected.reason
                and expected.detail in ("", blocked.detail)
                and expected.channel in ("", blocked.channel)
            ):
                return None
        reasons = dict.fromkeys(f"{b.reason.value} {b.detail}".rstrip() for b in found)
        seen = f"but for {'; '.join(reasons)}" if reasons else "by any decision of this step"
        return f"{expected.action} was not held back for {expected.reason} {expected.detail}".rstrip() + f", {seen}"

    def _need(self, expected: model.NeedEnds) -> str | None:
        found = [closed for r in self._decisions(expected) for closed in r.needs_closed]
        for closed in found:
            if (
                (closed.kind, closed.end) == (expected.kind, expected.end)
                and expected.theme in ("", closed.theme)
                and expected.detail in ("", closed.detail)
            ):
                return None
        ends = ", ".join(f"{closed.kind} about {closed.theme or 'nothing'} {closed.end.value}" for closed in found)
        return f"the need {expected.kind} did not end {expected.end}; needs that ended: {ends or 'none'}"

    def _standing(self, expected: model.Standing) -> str | None:
        end, mine = self._story.steps[expected.step].end, self._parties[expected.person]
        records = [r for r in self._seen.decisions if r.party in mine and r.at <= end and r.lifecycle]
        last = max(records, key=lambda r: r.at, default=None)
        wanted, is_now = expected.lifecycle, last.lifecycle if last else "not known"
        if expected.stage:
            wanted, is_now = expected.stage, (last.stage or "in no stage") if last else "not known"
        return None if is_now == wanted else f"{expected.person} is {is_now}, not {wanted}"

    def _count(self, expected: model.Count) -> str | None:
        end = self._story.steps[expected.step].end
        found = [
            c
            for c in self._to(expected.person)
            if c.at <= end and expected.action in ("", c.action) and expected.channel in ("", c.channel)
        ]
        if len(found) == expected.number:
            return None
        return f"{len(found)} commands, not {expected.number}: {'; '.join(map(self._command, found)) or 'none'}"

    # ---- parts

    def _to(self, person: str) -> list[Deliver]:
        return [command for _, command in self._seen.commands if command.party in self._parties[person]]

    def _decisions(self, expected: model.Expectation) -> list[DecisionRecord]:
        """The decisions about the person between the step and the next one."""
        step, mine = self._story.steps[expected.step], self._parties[expected.person]
        return [
            record
            for record in self._seen.decisions
            if record.party in mine and step.at <= record.at <= step.end and record.disposition is Disposition.DECIDED
        ]

    def _person(self, party: str) -> str:
        return next((person for person, parties in self._parties.items() if party in parties), "nobody of the story")

    def _choice(self, record: DecisionRecord) -> str:
        placed = record.placed_at or record.at
        return f"{record.chosen} on {record.chosen_channel} for {self._local(placed)}"

    def _command(self, command: Deliver) -> str:
        return f"{command.channel} {command.action} at {self._local(command.at)}"

    def _window(self, expected: model.Command) -> str:
        start = self._local(expected.start)
        return f"at {start}" if expected.start == expected.end else f"from {start} to {self._local(expected.end)}"

    def _local(self, at: int) -> str:
        return local(at, self._story.zone)

    def _line(self, line: int, sentence: str) -> str:
        return f"{self._story.file}:{line}: {sentence}" if line else f"{self._story.file}: {sentence}"
