"""Would a processor accept this message now? The processor itself answers, on rows of its own that are empty.

Nothing of the trial is kept or sent. Its answer is that of this version and this policy; for a record of party-events
it is the answer for a customer of whom nothing is known.
"""

from collections.abc import Callable, Iterator

from garbo.adapters.avro.codec import AvroCodec
from garbo.processors.ports import ConsumerRecord, Processor
from garbo.processors.topics import PROCESSORS, Topics

PARTITION = 0


class _NoRows:
    def get(self, key: bytes) -> bytes | None:
        return None

    def scan(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return iter(())


class Trial:
    """Tries messages.

    Args:
        build: the processor of this name. It must count nothing in the metrics of a worker.
        now_ms: the present instant (ms).
    """

    def __init__(
        self, build: Callable[[str], Processor], topics: Topics, codec: AvroCodec, now_ms: Callable[[], int]
    ) -> None:
        self._build, self._topics, self._codec, self._now_ms = build, topics, codec, now_ms
        self._built: dict[str, Processor] = {}

    def refusal(self, processor: str, record: ConsumerRecord) -> str:
        """Why the processor would put the record aside, "reason: detail"; empty if it would not."""
        if processor not in PROCESSORS:
            return f"this version has no processor {processor}"
        if processor not in self._built:
            self._built[processor] = self._build(processor)
        tried, rows = self._built[processor], _NoRows()
        tried.open(PARTITION, rows)  # it forgets the record before
        work = tried.process(PARTITION, [record._replace(partition=PARTITION)], rows, self._now_ms())
        for output in work.outputs:
            if output.topic == self._topics.dead_letters and output.value is not None:
                letter = self._codec.dead_letter(output.value)
                return f"{letter.reason.value}: {letter.detail}" if letter.detail else letter.reason.value
        return ""
