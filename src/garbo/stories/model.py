"""A story as it is played: messages by step, and what must be seen after each step. Instants are ms since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from zoneinfo import ZoneInfo

from garbo.core.vocabulary.effects import DecisionRecord, Deliver
from garbo.processors.ports import InboundMessage


@dataclass(frozen=True, slots=True)
class Command:
    """`action` is sent to `channel`, at the earliest at `start` and at the latest at `end`.

    says, never_says: texts that must and must not be in its message or its riders' messages. riders: the offers it
    carries, all of them. address, parameters: as given, where given. `exact`: the story names one instant.
    """

    line: int
    step: int
    person: str
    action: str
    channel: str
    start: int
    end: int
    exact: bool = False
    says: tuple[str, ...] = ()
    never_says: tuple[str, ...] = ()
    riders: tuple[str, ...] = ()
    address: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Silence:
    """No command goes to the person before the next step."""

    line: int
    step: int
    person: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A decision chooses `action` (empty: the decision about the step's own event chooses silence).

    channel: of the chosen action; placed: when it is to happen (ms). Empty and 0: any.
    """

    line: int
    step: int
    person: str
    action: str
    channel: str = ""
    placed: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """A decision holds `action` back for `reason`. Empty detail and channel: any."""

    line: int
    step: int
    person: str
    action: str
    reason: str
    detail: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class NeedEnds:
    """A need of this kind ends in the way `end`. Empty theme and detail: any."""

    line: int
    step: int
    person: str
    kind: str
    end: str
    theme: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """The person's life-cycle state or stage at the end of the step. Empty: any."""

    line: int
    step: int
    person: str
    lifecycle: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """The number of commands to the person, from the start of the story to the end of the step.

    action, channel: of which commands. Empty: any.
    """

    line: int
    step: int
    person: str
    number: int
    action: str = ""
    channel: str = ""


Expectation: TypeAlias = Command | Silence | Chosen | Held | NeedEnds | Standing | Count


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at one instant.

    end: the last instant before the next step (ms). paragraph: what the story says about it.
    """

    at: int
    end: int
    person: str
    messages: tuple[InboundMessage, ...]
    paragraph: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """file: for messages to the author, "journeys/ada.yaml". until: time passes to this instant (ms)."""

    name: str
    file: str
    title: str
    zone: ZoneInfo
    until: int
    steps: tuple[Step, ...]
    expected: tuple[Expectation, ...]
    people: Mapping[str, frozenset[str]]  # person -> ids of the events about them
    paragraph: str = ""

    @property
    def messages(self) -> list[InboundMessage]:
        """What happens, in the order of time."""
        return [message for step in self.steps for message in step.messages]


@dataclass(slots=True)
class Seen:
    """What a policy did about a story: commands with the name of their topic (without prefix), and decisions."""

    commands: list[tuple[str, Deliver]] = field(default_factory=list)
    decisions: list[DecisionRecord] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)
