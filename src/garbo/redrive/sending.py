"""Sends drafts to the topics of their messages, and marks their dead letters as sent again.

With transactions a message and its mark become visible together. Two senders never send the same one: the second waits
for the transaction of the first, and fences it. Without transactions a message leaves before its mark: after a crash
in between it is sent twice under one event id.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from garbo.adapters.kafka.reader import present
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.writer import Writer
from garbo.errors import TopicError
from garbo.processors.dead_letters import REDRIVEN_FROM
from garbo.processors.ports import Headers
from garbo.processors.topics import Topics
from garbo.readmodel.dead_letters import Letter
from garbo.redrive.draft import Draft

BATCH: Final = 200  # messages of one transaction


class Sender:
    """`with Sender(kafka) as sender:` Read the dead letters inside: then the marks of an earlier sender are complete.

    Raises:
        BrokerError: the broker does not answer.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self._topics = Topics(kafka.prefix)
        self._present = present(kafka)
        self._writer = Writer(kafka, transactional_id=f"{kafka.prefix}garbo-redrive" if kafka.transactional else None)

    def send(self, drafts: Sequence[Draft]) -> None:
        """Send the drafts, at most `BATCH`; they have arrived when this returns.

        Raises:
            TopicError: the topic of a message does not exist any more.
            BrokerError: they did not arrive, or another sender has begun. With transactions none of them was sent.
        """
        for topic in {draft.letter.letter.topic for draft in drafts} - self._present.keys():
            raise TopicError(f"Topic {topic} does not exist; run `garbo topics --create`, or check the prefix.")
        with self._writer.transaction():
            for draft in drafts:
                self._writer.write(draft.letter.letter.topic, draft.key, draft.value, headers=_from(draft.letter))
            self._writer.flush()
            for draft in drafts:
                self._writer.write(
                    self._topics.dead_letters, draft.letter.letter.key, None, partition=draft.letter.partition,
                    headers=_from(draft.letter),
                )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._writer.__exit__(kind, error, tb)


def _from(letter: Letter) -> Headers:
    kept = letter.letter
    return ((REDRIVEN_FROM, f"{kept.topic}/{kept.partition}/{kept.offset}".encode()),)
