"""A town on a real Kafka, judged from its topics: the closed loop, then `garbo verify`, then `replay-decision --all`.

    python -m benchmarks.town [--parties 5000] [--days 28] [--slice 15] [--seed 1] [--policy FOLDER]

Exits with 1 if a command fails, a violation is found or a decision is not recomputed byte for byte.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from garbo.bootstrap.settings import packaged_example
from garbo.replay.worker import Worker
from tests.brokers import real_kafka

GARBO = (sys.executable, "-m", "garbo.cli")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parties", type=int, default=5000, help="persons; default 5000")
    parser.add_argument("--days", type=int, default=28, help="simulated days; default 28")
    parser.add_argument("--slice", type=int, default=15, help="simulated minutes between two waits; default 15")
    parser.add_argument("--seed", type=int, default=1, help="default 1")
    parser.add_argument("--policy", default=str(packaged_example()), help="folder; default the example bank")
    parser.add_argument("--bootstrap", help="Kafka broker, host:port; by default one is found as for the tests")
    given = parser.parse_args()
    if given.bootstrap:
        sys.exit(played(given, given.bootstrap))
    with real_kafka() as bootstrap:
        sys.exit(played(given, bootstrap))


def played(given: argparse.Namespace, bootstrap: str) -> int:
    """Play and judge; the number of commands that failed, at most 1."""
    where = ["--bootstrap", bootstrap, "--prefix", f"town-{os.getpid()}."]
    if garbo("topics", "--create", *where):
        return 1
    with tempfile.TemporaryDirectory(prefix="garbo-town-") as folder:
        log = Path(folder, "worker.log")
        command = [*GARBO, "run", "--clock", "stream", "--log-level", "warning", "--policy", given.policy,
                   "--data", str(Path(folder, "data")), *where]  # fmt: skip
        with Worker(command, {"GARBO_COMMIT_INTERVAL_MS": "5"}, log) as worker:
            worker.wait_ready()
            town = {"--seed": given.seed, "--parties": given.parties, "--days": given.days, "--slice": given.slice}
            failed = garbo("simulate", "--closed-loop", *[str(word) for pair in town.items() for word in pair], *where)
        if failed:
            print(log.read_text("utf-8", "replace")[-4000:], file=sys.stderr)
            return 1
    codes = [garbo(*words, *where) for words in (("verify",), ("replay-decision", "--all"))]
    return int(any(codes))


def garbo(*words: str) -> int:
    """Run one command of `garbo`, with its output; its exit code."""
    began = time.monotonic()
    code = subprocess.run([*GARBO, *words], check=False).returncode
    print(f"-- garbo {words[0]}: exit code {code}, {time.monotonic() - began:.0f} s", flush=True)
    return code


if __name__ == "__main__":
    main()
