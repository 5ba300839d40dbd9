"""Logs: one JSON object a line, from Garbo, Faust and every library, through one formatter.

Rules
 1. No personal data: an id appears as `pseudonym(key, party)`, an exception as its type and the lines it passed. Its
    message is shown only for Garbo's own errors, whose sentences are written to be read; a library's may quote a value.
 2. A library logs through the standard library as ever; nobody but this module adds a handler.
"""

import logging
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from hashlib import blake2b
from typing import Any, Final, TextIO

import structlog

from garbo.errors import ConfigError, GarboError

LEVELS: Final[Mapping[str, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}

# These tell at INFO what concerns their authors; at WARNING, what concerns an operator.
NOISY: Final = ("faust", "mode", "aiokafka", "urllib3", "httpx", "asyncio")

SHORTEST_KEY: Final = 16  # bytes: a shorter one can be tried out, and with it every customer number
FRAMES: Final = 20  # the innermost; a deeper stack is a recursion

_Event = MutableMapping[str, Any]


def _worth_telling(record: logging.LogRecord) -> bool:
    """Faust's services announce each other's coming and going under our loggers: below a warning, no news."""
    return record.levelno >= logging.WARNING or not str(record.msg).startswith("[^")


def configure(level: str = "info", *, stream: TextIO | None = None, human: bool = False) -> None:
    """Log from `level` on to `stream` (stderr), as JSON or, for a person at a terminal, as text.

    Raises:
        ConfigError: no such level.
    """
    threshold = LEVELS.get(level.lower())
    if threshold is None:
        raise ConfigError(f"log level {level!r}: write one of {', '.join(LEVELS)}.")
    shared: list[Callable[[Any, str, _Event], Any]] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _told,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    shape = structlog.dev.ConsoleRenderer(colors=False) if human else structlog.processors.JSONRenderer(default=_shown)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _last, shape],
        )
    )
    root = logging.getLogger()
    for old in list(root.handlers):
        if type(old) is logging.StreamHandler:  # ours, or what somebody's basicConfig left
            root.removeHandler(old)
    handler.addFilter(_worth_telling)
    root.addHandler(handler)
    root.setLevel(threshold)
    for name in NOISY:
        library = logging.getLogger(name)
        library.handlers.clear()  # rule 2
        library.propagate = True
        library.setLevel(max(threshold, logging.WARNING) if threshold > logging.DEBUG else threshold)
    logging.captureWarnings(True)


def pseudonym(key: bytes, party: str) -> str:
    """`party` as 16 characters that tell two of them apart and nobody's name, the same for as long as the key is.

    Keyed BLAKE2b (RFC 7693): without the key nobody can try customer numbers until one fits. Throwing the key away
    makes old logs anonymous.

    Raises:
        ConfigError: the key is shorter than `SHORTEST_KEY` bytes.
    """
    if len(key) < SHORTEST_KEY:
        raise ConfigError(f"the key for ids in logs has {len(key)} bytes; give it {SHORTEST_KEY} random ones at least.")
    if len(key) > blake2b.MAX_KEY_SIZE:
        key = blake2b(key).digest()
    return blake2b(party.encode("utf-8", "surrogatepass"), key=key, digest_size=8).hexdigest()


def _told(_: Any, __: str, event: _Event) -> _Event:
    """`exc_info` as type and lines (rule 1)."""
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if info is True:
        info = sys.exc_info()
    problem = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else None
    if problem is not None:
        event["exception"] = _exception(problem)
    return event


def _exception(problem: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(problem.__traceback__)[-FRAMES:]
    told: dict[str, Any] = {
        "type": type(problem).__name__,
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(problem, GarboError):
        told["sentence"] = str(problem)
    cause = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    if cause is not None:
        told["after"] = type(cause).__name__
    return told


def _last(_: Any, __: str, event: _Event) -> _Event:
    """The formatter would print a record's traceback below the line; `_told` has told it."""
    event.pop("exc_info", None)
    event.pop("exc_text", None)
    return event


def _shown(value: object) -> str:
    """What JSON does not know: its type, for its `repr` may show anything."""
    return f"<{type(value).__name__}>"
