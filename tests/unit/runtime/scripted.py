"""librdkafka's consumer, replaced by a script."""

from collections.abc import Callable, Sequence

from garbo.processors.ports import Headers


class Message:
    """A record as librdkafka hands it out."""

    def __init__(self, offset: int, topic: str = "in", partition: int = 0, headers: Headers | None = None) -> None:
        self.key = self.value = lambda: b"x"
        self.topic, self.partition, self.offset = lambda: topic, lambda: partition, lambda: offset
        self.error, self.timestamp = lambda: None, lambda: (1, 1_000)
        self.headers = lambda: None if headers is None else list(headers)


class Client:
    """Gives what was put into it, does something while it is polled, and notes how it was asked."""

    def __init__(self, messages: Sequence[Message] = (), meanwhile: Callable[[], None] = lambda: None) -> None:
        self.messages = list(messages)
        self.meanwhile = meanwhile
        self.calls: list[tuple[str, float]] = []

    def poll(self, timeout: float) -> Message | None:
        self.calls.append(("poll", timeout))
        self.meanwhile()
        return self.messages.pop(0) if self.messages else None

    def consume(self, most: int, timeout: float) -> list[Message]:
        self.calls.append(("consume", timeout))
        taken, self.messages = self.messages[:most], self.messages[most:]
        return taken
