"""The fault run: several real workers on a real Kafka of its own, faults on schedule, checks of the topics.

    python -m tests.chaos --tier short              about 8 minutes
    python -m tests.chaos --tier long --report DIR  about an hour: 220 kills at crash points, 100 at random, 1e6 events
    python -m tests.chaos --tier short --bug NAME   without one guard: it must fail
    python -m tests.chaos --schedule FILE           the same faults again

Exit code 0: no violation, every fault recovered in time, every crash point hit as often as requested, every kind of
fault occurred, every kill between 20 % and 90 % of progress, no processor raised. The seed is printed; the seed and
the tier determine the schedule.
"""

import argparse
import json
import shlex
import signal
import sys
from pathlib import Path
from random import SystemRandom
from typing import Any, Final

from tests.brokers import NoKafka
from tests.chaos import schedule
from tests.chaos.environment_faults import KINDS
from tests.chaos.report import markdown
from tests.chaos.run import RunOptions, run
from tests.chaos.schedule import OTHERS, Plan

# The defaults of each tier; the command line overrides them.
TIERS: Final[dict[str, dict[str, Any]]] = {
    "thin": {
        "events": 20_000, "parties": 1_500, "days": 60, "rate": 500.0, "crash_kills": 1, "random_kills": 3,
        "broker_outages": "", "faults": "", "times": 1,
    },
    "short": {
        "events": 40_000, "parties": 2_000, "days": 90, "rate": 500.0, "crash_kills": 1, "random_kills": 9,
        "broker_outages": "3,15", "faults": "all", "times": 1,
    },
    "long": {
        "events": 1_000_000, "parties": 20_000, "days": 365, "rate": 1_000.0, "crash_kills": 20, "random_kills": 100,
        "broker_outages": "3,15,120", "faults": "all", "times": 3,
    },
}  # fmt: skip


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        "python -m tests.chaos", description="Inject faults into running workers and check Garbo's guarantees."
    )
    found.add_argument("--tier", choices=TIERS, default="short", help="size of the run; default short")
    found.add_argument("--seed", type=int, help="random seed of the schedule and of the traffic; by default a new one")
    found.add_argument("--events", type=int, help="number of messages to send; default by tier")
    found.add_argument("--parties", type=int, help="number of simulated persons; default by tier")
    found.add_argument("--days", type=int, help="simulated days, enough for --events; default by tier")
    found.add_argument("--workers", type=int, default=3, help="number of workers; default 3")
    found.add_argument("--partitions", type=int, default=6, help="partitions of topics keyed by person; default 6")
    found.add_argument("--rate", type=float, help="messages a second, at most; default by tier")
    found.add_argument("--crash-kills", type=int, help="kills at each crash point; default by tier")
    found.add_argument("--random-kills", type=int, help="kills at random instants; default by tier")
    found.add_argument("--faults", help='other kinds of faults, separated by commas; "all"; or ""; default by tier')
    found.add_argument("--times", type=int, help="number of faults of each other kind; default by tier")
    found.add_argument("--broker-outages", help="lengths in seconds, separated by commas; default by tier")
    found.add_argument("--schedule", type=Path, help="replay this schedule, made with the same --events")
    found.add_argument("--report", type=Path, default=Path(".garbo/chaos"), help="folder of the report")
    found.add_argument("--keep", type=Path, help="keep the broker's data and all logs in this folder")
    found.add_argument("--bug", default="", help="remove one guard: see bugs.py")
    return found


def main(arguments: list[str]) -> int:
    given = parser().parse_args(arguments)
    options = {**TIERS[given.tier], **{k: v for k, v in vars(given).items() if v is not None}}
    seed = options.get("seed") or SystemRandom().randrange(1, 1_000_000)
    kinds = OTHERS if options["faults"] == "all" else [kind for kind in options["faults"].split(",") if kind]
    if unknown := sorted(set(kinds) - set(KINDS)):
        print(f"no such fault: {', '.join(unknown)}; use one of {', '.join(sorted(KINDS))}", file=sys.stderr)
        return 2
    plan = Plan(
        options["events"], options["workers"], options["crash_kills"], options["random_kills"],
        schedule.others(kinds, options["times"]), [float(s) for s in options["broker_outages"].split(",") if s],
    )  # fmt: skip
    faults = schedule.read(given.schedule) if given.schedule else schedule.schedule(seed, plan)
    given.report.mkdir(parents=True, exist_ok=True)
    schedule.write(given.report / "schedule.json", faults)
    print(f"seed {seed}: {len(faults)} faults, {plan.events:,} events", file=sys.stderr, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # SystemExit ends all started processes
    command = shlex.join(["python", "-m", "tests.chaos", *arguments, *([] if given.seed else ["--seed", str(seed)])])
    wanted = RunOptions(
        seed, faults, plan.events, options["parties"], options["days"], options["workers"], options["partitions"],
        options["rate"], given.bug, given.report, given.keep, command,
    )  # fmt: skip
    try:
        result = run(wanted)
    except NoKafka as problem:
        print(f"a fault run needs a Kafka: {problem}", file=sys.stderr)
        return 2
    text = markdown(result)
    (given.report / "report.md").write_text(text, encoding="utf-8")
    (given.report / "report.json").write_text(json.dumps(result.as_dict(), indent=1, ensure_ascii=False) + "\n")
    print(text)
    return 1 if result.failures() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
