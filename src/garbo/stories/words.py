"""The words that a story may use: what its policy declares. An unknown word is a problem that names the nearest one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from garbo.core.party.consent import CONSENTS
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.core.vocabulary.reasons import NeedEnd, Reason
from garbo.policy import yaml_reader
from garbo.policy.problems import Path, Problem
from garbo.policy.schema.units import is_date
from garbo.processors.identifiers import normalised

_NUMBERS: Final = (int, float)


@dataclass(slots=True)
class Words:
    """Checks the words of one story's file and collects its problems."""

    policy: Policy
    file: str
    source: yaml_reader.Document
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: Path, message: str) -> None:
        self.problems.append(Problem(self.file, self.source.line(path), message))

    def known(self, path: Path, what: str, word: str, words: Collection[str]) -> bool:
        """Is `word` one of `words`? Otherwise a problem is noted."""
        if word in words:
            return True
        self.problem(path, f"unknown {what} '{word}'{did_you_mean(word, words)}")
        return False

    def action(self, path: Path, name: str) -> bool:
        return self.known(path, "action", name, self.policy.actions)

    def channel(self, path: Path, name: str) -> bool:
        return self.known(path, "channel", name, self.policy.vocabulary.channels)

    def theme(self, path: Path, name: str) -> bool:
        return not name or self.known(path, "theme", name, self.policy.themes)

    def status(self, path: Path, name: str) -> bool:
        return self.known(path, "status", name, self.policy.vocabulary.statuses)

    def state(self, path: Path, name: str) -> bool:
        return not name or self.known(path, "life-cycle state", name, self.policy.vocabulary.lifecycle)

    def stage(self, path: Path, name: str) -> bool:
        return self.known(path, "stage", name, {stage.name for stage in self.policy.stages})

    def need(self, path: Path, name: str) -> bool:
        return self.known(path, "kind of need", name, self.policy.needs)

    def need_end(self, path: Path, name: str) -> bool:
        return self.known(path, "end of a need", name, [end.value for end in NeedEnd])

    def reason(self, path: Path, name: str) -> bool:
        return self.known(path, "reason", name, [reason.value for reason in Reason])

    def consents(self, path: Path, given: Mapping[str, bool]) -> None:
        for name in given:
            self.known((*path, name), "consent", name, CONSENTS)

    def touchpoint(self, path: Path, kind: str, channel: str) -> None:
        """The kind is declared, and happens on the channel."""
        if not self.known((*path, "kind"), "kind of touchpoint", kind, self.policy.touchpoints):
            return
        if not self.channel((*path, "channel"), channel):
            return
        channels = self.policy.touchpoints[kind].channels
        if channels and channel not in channels:
            at = ", ".join(channels)
            self.problem((*path, "channel"), f"'{kind}' does not happen on '{channel}': journey.yaml says {at}")

    def treatment(self, path: Path, action: str, channel: str) -> None:
        """The action is declared, and made on the channel (empty: on any)."""
        if not self.action((*path,), action) or not channel:
            return
        channels = [treatment.channel for treatment in self.policy.actions[action].treatments]
        if channel not in channels:
            self.problem(path, f"'{action}' is not made on '{channel}': actions.yaml says {', '.join(channels)}")

    def identifier(self, path: Path, kind: str, value: str) -> None:
        kinds = self.policy.vocabulary.identifiers
        if not self.known(path, "kind of identifier", kind, kinds):
            return
        if normalised(kind, value, kinds=kinds) is None:
            self.problem(path, f"'{value}' is no {kind}: correct it (a telephone number has its country prefix)")

    def attributes(self, path: Path, given: Mapping[str, Any]) -> None:
        for name, value in given.items():
            place = (*path, name)
            if not self.known(place, "attribute", name, self.policy.attributes):
                continue
            kind = self.policy.attributes[name].kind
            if not _fits(kind, value):
                self.problem(place, f"'{name}' is of the kind {kind}, not {value!r}: correct it, or attributes.yaml")


def _fits(kind: str, value: Any) -> bool:
    """Is `value` of the attribute's kind?"""
    match kind:
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, _NUMBERS) and not isinstance(value, bool)
        case "date":
            return isinstance(value, str) and (not value or is_date(value))
        case "list":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case "map":
            return isinstance(value, dict) and all(isinstance(item, _NUMBERS) for item in value.values())
    return isinstance(value, str)
