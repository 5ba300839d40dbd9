"""Parts of both atheris programs: count the messages, stop at the goal, report.

libFuzzer controls the process. It ends with `os._exit` at the goal, or with atheris' own report of a crash (exit code
77) and the input that caused it.
"""

import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import atheris

from tests.fuzz.command_line import report
from tests.fuzz.tally import Tally


def fuzz(name: str, play: Callable[[bytes, Tally], None], seeds: list[bytes], most: int) -> None:
    """Run libFuzzer on `play`. Command line: MESSAGES [JSON] [-libFuzzer options]."""
    positional = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    options = [argument for argument in sys.argv[1:] if argument.startswith("-")]
    goal, to = int(positional[0]), Path(positional[1]) if len(positional) > 1 else None
    tally, began = Tally(), time.monotonic()
    corpus = Path(tempfile.mkdtemp())
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)

    def one(data: bytes) -> None:
        try:
            play(data, tally)
        except Exception:
            report(name, tally, time.monotonic() - began, traceback.format_exc(), to)
            raise
        if tally.messages >= goal:
            report(name, tally, time.monotonic() - began, "", to)
            shutil.rmtree(corpus)
            os._exit(0)

    # Full length from the start: a message of a few bytes never gets past the first check.
    fixed = [f"-max_len={most}", "-len_control=0", "-timeout=20", "-rss_limit_mb=2048"]
    atheris.Setup([sys.argv[0], *fixed, *options, str(corpus)], one)
    atheris.Fuzz()
