"""Facts as JSON lines: one fact a line, its type in the body, readable by hand and by anything."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TypeAlias

import msgspec
from msgspec import Struct

from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, ProfileUpdate, Touchpoint
from garbo.errors import ConfigError
from garbo.processors.ports import InboundMessage

Body: TypeAlias = Touchpoint | ConsentChange | ActionOutcome | ProfileUpdate


class _Line(Struct, forbid_unknown_fields=True):
    event_id: str
    at: int
    body: Body


_decoder = msgspec.json.Decoder(_Line)
_encoder = msgspec.json.Encoder()


def write_jsonl(facts: Iterable[InboundMessage], file: IO[bytes]) -> int:
    """Write the facts; how many there were."""
    count = 0
    for count, fact in enumerate(facts, 1):  # noqa: B007  # the last number is the answer
        file.write(_encoder.encode(_Line(*fact)) + b"\n")
    return count


def read_jsonl(path: Path) -> Iterator[InboundMessage]:
    """The facts of a file, in its order; empty lines are passed over.

    Raises:
        ConfigError: the file cannot be read, or a line is no fact, with its number.
    """
    try:
        with path.open("rb") as file:
            yield from _facts(file, path)
    except OSError as problem:
        raise ConfigError(f"cannot read {path}: {problem.strerror}.") from problem


def _facts(file: io.BufferedReader, path: Path) -> Iterator[InboundMessage]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            found = _decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
            raise ConfigError(f"{path}, line {number}: {problem}.") from None
        yield InboundMessage(found.event_id, found.at, found.body)
