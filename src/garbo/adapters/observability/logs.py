"""Logs: one JSON object a line, from Garbo, Faust and every library, through one formatter.

Rules
 1. No personal data. No party and no identifier is logged. An exception appears as its type and the lines it passed;
    its message appears only for Garbo's own errors, because a library's message may quote a value.
 2. Libraries log through the standard library. Only this module adds a handler.
"""

import logging
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
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

# At INFO these log what concerns their authors; at WARNING, what concerns an operator.
NOISY: Final = ("faust", "mode", "aiokafka", "urllib3", "httpx", "asyncio")

FRAMES: Final = 20  # the innermost; a deeper stack is a recursion

_Event = MutableMapping[str, Any]


def _is_relevant(record: logging.LogRecord) -> bool:
    """False for the lines in which Faust's services announce their start and end under our loggers."""
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
        _describe_exception,
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
    as_json = structlog.processors.JSONRenderer(default=_type_name)
    shape = structlog.dev.ConsoleRenderer(colors=False) if human else as_json
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _drop_traceback, shape],
        )
    )
    root = logging.getLogger()
    for old in list(root.handlers):
        if type(old) is logging.StreamHandler:  # an earlier one of ours, or one of basicConfig
            root.removeHandler(old)
    handler.addFilter(_is_relevant)
    root.addHandler(handler)
    root.setLevel(threshold)
    for name in NOISY:
        library = logging.getLogger(name)
        library.handlers.clear()  # rule 2
        library.propagate = True
        library.setLevel(max(threshold, logging.WARNING) if threshold > logging.DEBUG else threshold)
    logging.captureWarnings(True)


def _describe_exception(_: Any, __: str, event: _Event) -> _Event:
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
    """Rule 1. The keys: type, at (the innermost lines), sentence (of our own errors), after (the cause's type)."""
    frames = traceback.extract_tb(problem.__traceback__)[-FRAMES:]
    found: dict[str, Any] = {
        "type": type(problem).__name__,
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(problem, GarboError):
        found["sentence"] = str(problem)
    cause = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
    if cause is not None:
        found["after"] = type(cause).__name__
    return found


def _drop_traceback(_: Any, __: str, event: _Event) -> _Event:
    """The formatter would print a record's traceback, and so its message, below the line."""
    event.pop("exc_info", None)
    event.pop("exc_text", None)
    return event


def _type_name(value: object) -> str:
    """An object that JSON does not know appears as its type: its `repr` may show anything."""
    return f"<{type(value).__name__}>"
