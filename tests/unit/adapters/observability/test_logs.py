"""One JSON object a line, whoever logs, and nothing in it by which a person could be known."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from garbo.adapters.observability import logs
from garbo.errors import BrokerError, ConfigError


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    libraries = {name: logging.getLogger(name).level for name in logs.NOISY}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in libraries.items():
        logging.getLogger(name).setLevel(before)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def configured(level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    logs.configure(level, stream=stream)
    return stream


def test_the_standard_library_and_structlog_write_alike() -> None:
    stream = configured()
    logging.getLogger("garbo.faust_host.run").info("%s is ready after %d rows", "decide", 12)
    structlog.get_logger("garbo.cli").info("published", version="1a2b")
    first, second = lines(stream)
    assert (first["event"], first["level"], first["logger"]) == (
        "decide is ready after 12 rows",
        "info",
        "garbo.faust_host.run",
    )
    assert (second["event"], second["version"], second["logger"]) == ("published", "1a2b", "garbo.cli")
    assert first["timestamp"].endswith("Z")


def test_faust_is_logged_from_warning_on_and_has_no_handler_of_its_own() -> None:
    own = io.StringIO()
    faust = logging.getLogger("faust")
    faust.addHandler(logging.StreamHandler(own))
    stream = configured()
    logging.getLogger("faust.transport").info("chatter")
    logging.getLogger("mode.supervisors").error("agent %s crashed", "decide")
    assert [(line["logger"], line["event"]) for line in lines(stream)] == [
        ("mode.supervisors", "agent decide crashed"),
    ]
    assert own.getvalue() == ""


def test_an_exception_is_its_type_and_its_lines_but_not_its_message() -> None:
    """KeyError('maria.rossi@example.com') is how an address gets into a log."""
    stream = configured()
    try:
        dict[str, int]()["maria.rossi@example.com"]
    except KeyError:
        logging.getLogger("garbo").exception("a bug in %s", "decide")
        structlog.get_logger("garbo").exception("the same")
    assert "maria" not in stream.getvalue()
    for line in lines(stream):
        assert line["exception"]["type"] == "KeyError"
        assert "test_an_exception_is" in line["exception"]["at"][0]


def test_an_error_of_our_own_keeps_its_sentence() -> None:
    stream = configured()
    try:
        raise BrokerError("The broker does not answer.")
    except BrokerError:
        logging.getLogger("garbo").exception("leaving")
    assert lines(stream)[0]["exception"]["sentence"] == "The broker does not answer."


def test_an_object_is_shown_by_its_type_only() -> None:
    class Person:
        def __repr__(self) -> str:
            return "Maria Rossi"

    stream = configured()
    structlog.get_logger("garbo").info("odd", who=Person())
    assert lines(stream)[0]["who"] == "<Person>"


def test_the_level_is_kept_and_a_second_call_replaces_the_first() -> None:
    first, second = configured("debug"), configured("warning")
    logging.getLogger("garbo").info("dropped")
    structlog.get_logger("garbo").info("dropped")
    logging.getLogger("garbo").warning("kept")
    assert (first.getvalue(), len(lines(second))) == ("", 1)


def test_python_warnings_are_logged() -> None:
    stream = configured()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logs.configure("info", stream=stream)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert lines(stream)[0]["logger"] == "py.warnings"


def test_an_unknown_level_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="debug, info, warning"):
        logs.configure("loud")
