"""Crash points are inert unless asked for, and a misspelt one is refused."""

import os
import signal
import subprocess
import sys

import pytest

from garbo.runtime import crash_points
from garbo.runtime.crash_points import POINTS, armed


def test_inert_without_the_variable() -> None:
    assert armed({}) is crash_points._nothing


def test_an_unknown_point_is_refused() -> None:
    with pytest.raises(ValueError, match="the points are"):
        armed({"GARBO_CRASH_AT": "commit.befor_commit"})


def test_the_process_dies_at_the_pass_asked_for() -> None:
    program = (
        f"from garbo.runtime.crash_points import reach\nfor n in range(5): print(n, flush=True); reach({POINTS[0]!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "GARBO_CRASH_AT": f"{POINTS[0]}:3"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (-signal.SIGKILL, [b"0", b"1", b"2"])
