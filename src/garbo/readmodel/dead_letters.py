"""Dead letters, read from the log: which message, why it was put aside, and whether it was sent again.

Rules
 1. A dead letter is named by the place of its message: `touchpoints/1/77` is topic (without prefix), partition, offset.
    resolve may write one twice; the second copy is skipped.
 2. A record without a value is a mark. Its header names the message that was sent again.
 3. An unreadable record is counted and skipped: the others are still returned.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, Self

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.messages.dead_letter import DeadLetter
from garbo.adapters.kafka.reader import read_all, read_one
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import ConfigError
from garbo.processors.dead_letters import REDRIVEN_FROM
from garbo.processors.ports import Headers, Rejected
from garbo.processors.topics import Topics

EXAMPLE: Final = "touchpoints/1/77"


class Place(NamedTuple):
    """Where a message lies. `topic` is without the deployment's prefix."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The place that `text` names.

        Raises:
            ConfigError: it is not written as a place.
        """
        topic, *numbers = text.strip().split("/")
        if not topic or len(numbers) != 2 or not all(number.isascii() and number.isdigit() for number in numbers):
            raise ConfigError(
                f"{text!r} names no dead letter; write its id as `garbo dead-letters list` does: {EXAMPLE}."
            )
        return cls(topic, int(numbers[0]), int(numbers[1]))


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter.

    place: of its message. letter: what was kept of the message, and the reason. partition: of the letter itself on
    dead-letters. sent_again: when it was redriven (ms); None: it was not. redriven_from: its message had been sent
    again, for this other dead letter; "": it had not.
    """

    place: Place
    letter: DeadLetter
    partition: int
    sent_again: int | None
    redriven_from: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which dead letters to read. An empty set, and None, stand for all.

    since: put aside at this instant (ms) or later.
    """

    reasons: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    since: int | None = None
    places: frozenset[Place] = frozenset()

    def holds(self, letter: Letter) -> bool:
        """Is this letter one of them?"""
        return (
            (not self.reasons or letter.letter.reason.value in self.reasons)
            and (not self.topics or letter.place.topic in self.topics)
            and (self.since is None or letter.letter.at >= self.since)
            and (not self.places or letter.place in self.places)
        )


class DeadLetterLog:
    """Reads the committed dead letters of one deployment.

    Attributes:
        unreadable: number of records skipped because they could not be decoded.
    """

    def __init__(self, kafka: KafkaSettings, topics: Topics, codec: AvroCodec) -> None:
        self._kafka, self._topics, self._codec = kafka, topics, codec
        self.unreadable = 0

    def letters(self, wanted: Wanted) -> Iterator[Letter]:
        """The letters that are `wanted`, in the order of each partition, each once.

        Raises:
            TopicError: the topic does not exist.
            BrokerError: the broker does not answer.
        """
        self.unreadable = 0
        marks, seen = self._marks, set()
        for record in read_all(self._kafka, [self._topics.dead_letters]):
            if record.value is None:
                continue
            try:
                letter = self._codec.dead_letter(record.value)
            except Rejected:
                self.unreadable += 1
                continue
            place = Place(self._named(letter.topic), letter.partition, letter.offset)
            found = Letter(place, letter, record.partition, marks.get(place), self._named(_source(record.headers)))
            if place not in seen and wanted.holds(found):
                seen.add(place)
                yield found

    def value(self, letter: DeadLetter) -> bytes | None:
        """The whole value of the message; None if it had none, or if it was cut and is no longer on its topic."""
        if letter.value is None or letter.size == len(letter.value):
            return letter.value
        record = read_one(self._kafka, letter.topic, letter.partition, letter.offset)
        return None if record is None else record.value

    @cached_property
    def _marks(self) -> dict[Place, int]:
        """The places of the messages that were sent again, and when (ms)."""
        found: dict[Place, int] = {}
        for record in read_all(self._kafka, [self._topics.dead_letters]):
            if record.value is None and (source := self._named(_source(record.headers))):
                with suppress(ConfigError):  # somebody else's header
                    found[Place.parse(source)] = record.timestamp_ms
        return found

    def _named(self, topic: str) -> str:
        return topic.removeprefix(self._topics.prefix)


def _source(headers: Headers) -> str:
    return next((value.decode("utf-8", "replace") for name, value in headers if name == REDRIVEN_FROM), "")
