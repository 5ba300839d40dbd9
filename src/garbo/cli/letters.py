"""What the commands of `garbo dead-letters` share: options, and how a letter is written out."""

import json
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from garbo.cli.spans import since_of
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.errors import ConfigError
from garbo.readmodel.dead_letters import Letter, Place, Wanted
from garbo.readmodel.letter_content import Content

Reasons = Annotated[list[str] | None, typer.Option("--reason", help="Only letters with this reason; repeatable.")]
TopicNames = Annotated[
    list[str] | None, typer.Option("--topic", help="Only messages of this topic, without prefix; repeatable.")
]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="Only letters put aside since: 2h, 3d, 2025-03-10, in UTC.")
]
Bootstrap = Annotated[str | None, typer.Option(help="Kafka broker, host:port (or GARBO_BOOTSTRAP).")]
Prefix = Annotated[str | None, typer.Option(help="Prefix of all topic names (or GARBO_TOPIC_PREFIX).")]
Config = Annotated[Path | None, typer.Option(envvar="GARBO_CONFIG", help="TOML file with settings.")]


def wanted(
    reasons: Sequence[str] | None, topics: Sequence[str] | None, since: str | None, places: Iterable[Place] = ()
) -> Wanted:
    """The letters that a command's options name.

    Raises:
        ConfigError: there is no such reason, or `since` is no time.
    """
    known = [reason.value for reason in DeadLetterReason]
    for reason in reasons or ():
        if reason not in known:
            raise ConfigError(f"there is no reason {reason!r}{did_you_mean(reason, known)}")
    instant = None if since is None else since_of(since, time.time_ns() // 1_000_000)
    return Wanted(frozenset(reasons or ()), frozenset(topics or ()), instant, frozenset(places))


def as_json(letter: Letter, content: Content) -> dict[str, Any]:
    """A line of `list --json`."""
    kept = letter.letter
    return {
        "id": str(letter.place),
        "reason": kept.reason.value,
        "detail": kept.detail,
        "processor": kept.processor,
        "put_aside_at": long(kept.at),
        "redriven_at": None if letter.sent_again is None else long(letter.sent_again),
        "redriven_from": letter.redriven_from,
        "key": None if kept.key is None else text_of(kept.key),
        **msgspec.to_builtins(content),
    }


def dumped(values: object, indent: int | None = None) -> str:
    """JSON for a person; bytes in hexadecimal digits."""
    return json.dumps(values, ensure_ascii=False, indent=indent, default=_json)


def _json(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def text_of(key: bytes) -> str:
    """A message's key, in hexadecimal digits if it is no text."""
    try:
        return key.decode()
    except UnicodeDecodeError:
        return "0x" + key.hex()


def short(at: int) -> str:
    """Month, day and minute of an instant (ms), in UTC: letters are kept for days."""
    return _utc(at, "%m-%d %H:%M")


def long(at: int) -> str:
    """An instant (ms) in UTC."""
    return _utc(at, "%Y-%m-%dT%H:%M:%SZ")


def _utc(at: int, form: str) -> str:
    try:
        return f"{datetime.fromtimestamp(at / 1000, UTC):{form}}"
    except (ValueError, OverflowError, OSError):  # a producer may stamp its message with any number
        return f"{at} ms"
