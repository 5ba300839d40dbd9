"""The command line of a fuzzing program, and its report."""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from tests.fuzz.tally import Tally

# A process with all imports takes 220 MB; hostile messages must not add much.
MEGABYTES = 1024


def program(engine: str, run: Callable[[int, Tally, int], None]) -> None:
    """Run the number of messages that the command line asks for; exit code 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=f"Hostile messages by {engine}.")
    parser.add_argument("messages", type=int, help="number of messages, at least")
    parser.add_argument("--json", type=Path, help="also write the counts to this file")
    parser.add_argument("--seed", type=int, default=0, help="random seed; default 0: a new one each time")
    options = parser.parse_args()
    tally, began = Tally(), time.monotonic()
    crash = ""
    try:
        run(options.messages, tally, options.seed)
    except Exception:  # noqa: BLE001  any exception of the code under test is a finding
        crash = traceback.format_exc()
    if getrusage(RUSAGE_SELF).ru_maxrss > MEGABYTES * 1024:
        crash = crash or f"more than {MEGABYTES} MB of memory"
    report(engine, tally, time.monotonic() - began, crash, options.json)
    sys.exit(1 if crash else 0)


def report(engine: str, tally: Tally, seconds: float, crash: str, to: Path | None, more: str = "") -> None:
    """Print the report; with `to`, also write it for `python -m tests.fuzz`."""
    print("\n".join(tally.table()))
    text = summary(engine, tally.messages, seconds, bool(crash), getrusage(RUSAGE_SELF).ru_maxrss // 1024, more)
    print(f"\n{text}\n{crash}", flush=True)
    if to is not None:
        ends = [[*end, count] for end, count in sorted(tally.ends.items())]
        to.write_text(json.dumps({"summary": text, "ends": ends, "slowest": tally.slowest, "crash": crash}), "utf-8")


def summary(engine: str, messages: int, seconds: float, crashed: bool, megabytes: int, more: str) -> str:
    verdict = "A CRASH" if crashed else "0 crashes"
    rate = messages / max(seconds, 0.001)
    return f"{engine}: {messages:,} messages, {verdict}, {seconds:.0f} s ({rate:,.0f}/s), {megabytes} MB at most{more}"
