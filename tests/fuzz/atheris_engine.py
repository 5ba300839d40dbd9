"""What both atheris programs share: count the messages, stop at so many, say what happened.

libFuzzer keeps the process: it ends by `os._exit` when the count is reached, or by atheris' own report of a crash
(exit code 77), with the input that caused it beside.
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

from tests.fuzz.tally import Tally
from tests.fuzz.told import report


def fuzz(name: str, play: Callable[[bytes, Tally], None], seeds: list[bytes], most: int) -> None:
    """Run libFuzzer on `play`. Command line: MESSAGES [JSON] [-libFuzzer options]."""
    told = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    options = [argument for argument in sys.argv[1:] if argument.startswith("-")]
    goal, to = int(told[0]), Path(told[1]) if len(told) > 1 else None
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

    # Full length from the start: a message of a few bytes is refused at the door.
    fixed = [f"-max_len={most}", "-len_control=0", "-timeout=20", "-rss_limit_mb=2048"]
    atheris.Setup([sys.argv[0], *fixed, *options, str(corpus)], one)
    atheris.Fuzz()
