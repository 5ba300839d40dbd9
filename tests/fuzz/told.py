"""What a fuzzing program is told on the command line, and what it says at its end."""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from tests.fuzz.tally import Tally

# A process that has imported everything takes 220 MB; what hostile messages leave behind must stay small.
MEGABYTES = 1024


def program(engine: str, run: Callable[[int, Tally, int], None]) -> None:
    """`run` until as many messages as the command line asks for; exit code 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=f"Hostile messages by {engine}.")
    parser.add_argument("messages", type=int, help="at least so many")
    parser.add_argument("--json", type=Path, help="write the counts here, too")
    parser.add_argument("--seed", type=int, default=0, help="0: others each time")
    told = parser.parse_args()
    tally, began = Tally(), time.monotonic()
    crash = ""
    try:
        run(told.messages, tally, told.seed)
    except Exception:  # noqa: BLE001  whatever the code let out is what we are looking for
        crash = traceback.format_exc()
    if getrusage(RUSAGE_SELF).ru_maxrss > MEGABYTES * 1024:
        crash = crash or f"more than {MEGABYTES} MB of memory"
    report(engine, tally, time.monotonic() - began, crash, told.json)
    sys.exit(1 if crash else 0)


def report(engine: str, tally: Tally, seconds: float, crash: str, to: Path | None, more: str = "") -> None:
    """Say what happened, and keep it for `python -m tests.fuzz`."""
    print("\n".join(tally.table()))
    said = summary(engine, tally.messages, seconds, bool(crash), getrusage(RUSAGE_SELF).ru_maxrss // 1024, more)
    print(f"\n{said}\n{crash}", flush=True)
    if to is not None:
        ends = [[*end, count] for end, count in sorted(tally.ends.items())]
        to.write_text(json.dumps({"said": said, "ends": ends, "slowest": tally.slowest, "crash": crash}), "utf-8")


def summary(engine: str, messages: int, seconds: float, crashed: bool, megabytes: int, more: str) -> str:
    verdict = "A CRASH" if crashed else "0 crashes"
    rate = messages / max(seconds, 0.001)
    return f"{engine}: {messages:,} messages, {verdict}, {seconds:.0f} s ({rate:,.0f}/s), {megabytes} MB at most{more}"
