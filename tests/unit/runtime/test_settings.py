"""A processor's settings are checked when they are made."""

from typing import Any

import pytest

from garbo.errors import ConfigError
from garbo.runtime.settings import ProcessorSettings


@pytest.mark.parametrize(
    "wrong",
    [{"inputs": ()}, {"session_timeout_ms": 6000, "heartbeat_ms": 3000}, {"commit_interval_s": 0.0}, {"max_chunk": 0}],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        ProcessorSettings(**{"name": "decide", "group": "garbo-decide", "inputs": ("party-events",), **wrong})
