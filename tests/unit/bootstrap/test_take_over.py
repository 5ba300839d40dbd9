"""How soon a dead worker's partitions are taken over: the settings say it, and every processor gets it."""

from pathlib import Path

import pytest

from garbo.bootstrap import wiring
from garbo.bootstrap.settings import load_settings
from garbo.errors import ConfigError
from garbo.runtime.settings import ProcessorSettings


def hosted(**environment: str) -> list[ProcessorSettings]:
    return [processor.settings for processor in wiring.hosted_processors(load_settings(env=environment))]


def test_as_a_rule_ten_seconds_and_a_dynamic_member() -> None:
    for found in hosted():
        assert (10_000, 3_000, 10_000, False) == (
            found.session_timeout_ms, found.heartbeat_ms, found.transaction_timeout_ms, found.static_membership,
        )  # fmt: skip


def test_the_environment_reaches_every_processor() -> None:
    given = {
        "GARBO_SESSION_TIMEOUT_MS": "6000",
        "GARBO_TRANSACTION_TIMEOUT_MS": "14000",
        "GARBO_STATIC_MEMBERSHIP": "true",
    }
    for found in hosted(**given):
        assert (6_000, 2_000, 14_000, True) == (
            found.session_timeout_ms, found.heartbeat_ms, found.transaction_timeout_ms, found.static_membership,
        )  # fmt: skip


def test_a_file_may_say_so_too(tmp_path: Path) -> None:
    config = tmp_path / "garbo.toml"
    config.write_text("[worker]\nsession_timeout_ms = 45000\nstatic_membership = true\n")
    found = load_settings(config, env={})
    assert (45_000, 10_000, True) == (found.session_timeout_ms, found.transaction_timeout_ms, found.static_membership)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GARBO_SESSION_TIMEOUT_MS", "ten"),
        ("GARBO_SESSION_TIMEOUT_MS", "10"),  # seconds are meant, milliseconds wanted
        ("GARBO_TRANSACTION_TIMEOUT_MS", "0"),
        ("GARBO_STATIC_MEMBERSHIP", "perhaps"),
    ],
)
def test_what_cannot_be_meant_is_refused(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable.removeprefix("GARBO_").lower()):
        load_settings(env={variable: value})
