"""Messages as JSON lines: one message a line, with its type in the body."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from garbo.core.vocabulary.events import InboundBody
from garbo.errors import ConfigError
from garbo.processors.ports import InboundMessage


class _Line(Struct, forbid_unknown_fields=True):
    event_id: str
    at: int
    body: InboundBody


_decoder = msgspec.json.Decoder(_Line)
_encoder = msgspec.json.Encoder()


def write_jsonl(messages: Iterable[InboundMessage], file: IO[bytes]) -> int:
    """Write the messages to `file`; returns their number."""
    count = 0
    for count, message in enumerate(messages, 1):  # noqa: B007  # the last number is the result
        file.write(_encoder.encode(_Line(*message)) + b"\n")
    return count


def read_jsonl(path: Path) -> Iterator[InboundMessage]:
    """The messages of a file, in its order; empty lines are skipped.

    Raises:
        ConfigError: the file cannot be read, or a line is not a message; the message has its number.
    """
    try:
        with path.open("rb") as file:
            yield from _messages(file, path)
    except OSError as problem:
        raise ConfigError(f"cannot read {path}: {problem.strerror}. Check the path and its permissions.") from problem


def _messages(file: io.BufferedReader, path: Path) -> Iterator[InboundMessage]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            found = _decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
            raise ConfigError(
                f"{path}, line {number}: {problem}. `garbo simulate --parties 1 --days 1` prints valid lines."
            ) from None
        yield InboundMessage(found.event_id, found.at, found.body)
