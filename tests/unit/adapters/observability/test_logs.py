"""One JSON object a line, whoever logs, and nothing in it a person could be known by."""

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


def test_faust_is_heard_from_warning_on_and_has_no_handler_of_its_own() -> None:
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
    logging.getLogger("garbo").info("unheard")
    structlog.get_logger("garbo").info("unheard")
    logging.getLogger("garbo").warning("heard")
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


def test_a_pseudonym_is_stable_and_depends_on_its_key() -> None:
    one, other = b"k" * 16, b"l" * 16
    assert logs.pseudonym(one, "0-abc") == logs.pseudonym(one, "0-abc")
    names = {logs.pseudonym(key, party) for key in (one, other, one * 9) for party in ("0-abc", "0-abd")}
    assert len(names) == 6
    assert {len(name) for name in names} == {16}


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ConfigError, match="16 random ones"):
        logs.pseudonym(b"secret", "0-abc")
