"""The schedule of faults: a pure function of a seed and a plan.

Rules
 1. The same seed and plan give the same faults on every machine. A schedule in a file is replayed as it is.
 2. A fault begins when `mark` messages have been sent. All marks lie between 20 % and 85 % of them, evenly, and no
    fault lasts beyond 90 %: before 20 % there is nothing to lose, after 90 % the effects would not show. The messages
    between 85 % and 90 % are the trickle during slow faults, enough for minutes and for second tries.
 3. Crash points come in chains on one slot: the restart after one kill is armed for the next, so each kill costs one
    restart.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from garbo.runtime.crash_points import POINTS

FIRST, LAST, END = 0.20, 0.85, 0.90
CHAIN: Final = 6  # crash points in a row on one slot: long enough to save restarts, short enough to change slots

# How often a worker passes a point before the kill, at most. A start has four assignments (one per processor). Chunks
# and commits come by the dozen per second under load, and a dozen comes soon even with little traffic.
_PASSES: Final = {"assign": 4, "revoke": 4, "chunk": 12, "commit": 12}

CRASH_POINT: Final = "crash_point"
KILL: Final = "kill"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `with_`: the settings of its kind."""

    kind: str
    mark: int
    slot: int
    with_: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        settings = " ".join(f"{name}={value}" for name, value in self.with_.items())
        return f"{self.kind} slot={self.slot} {settings}".strip()


@dataclass(frozen=True, slots=True)
class Plan:
    """The number of faults of each kind.

    events: messages to send. crash_kills: kills at each crash point. others: number of each other kind of fault.
    outages: seconds without the broker, one fault for each.
    """

    events: int
    slots: int
    crash_kills: int = 0
    random_kills: int = 0
    others: Mapping[str, int] = field(default_factory=dict)
    outages: Sequence[float] = ()
    points: Sequence[str] = POINTS


def schedule(seed: int, plan: Plan) -> list[Fault]:
    """The faults of `plan`, in order."""
    dice = Random(f"chaos/{seed}")
    blocks: list[list[tuple[str, int, dict[str, Any]]]] = []
    blocks += _chains(dice, plan)
    blocks += [[(KILL, dice.randrange(plan.slots), {})] for _ in range(plan.random_kills)]
    blocks += [[("broker", 0, {"seconds": seconds})] for seconds in plan.outages]
    for kind, count in sorted(plan.others.items()):
        for number in range(count):
            settings = {name: values[number % len(values)] for name, values in VARIANTS.get(kind, {}).items()}
            settings |= {name: dice.randint(*span) for name, span in SPANS.get(kind, {}).items()}
            blocks.append([(kind, dice.randrange(plan.slots), settings)])
    dice.shuffle(blocks)
    faults = [fault for block in blocks for fault in block]
    return [
        Fault(kind, _mark(n, len(faults), plan.events), slot, settings)
        for n, (kind, slot, settings) in enumerate(faults)
    ]


def _mark(number: int, of: int, events: int) -> int:
    """Evenly spaced marks; the last has the same distance to `LAST` as to the mark before it."""
    return int(events * (FIRST + (LAST - FIRST) * number / of))


def _chains(dice: Random, plan: Plan) -> list[list[tuple[str, int, dict[str, Any]]]]:
    points = [point for point in plan.points for _ in range(plan.crash_kills)]
    dice.shuffle(points)
    chains = [points[start : start + CHAIN] for start in range(0, len(points), CHAIN)]
    slots = _slots(plan.slots)
    return [[_crash(dice, point, slots[n % len(slots)]) for point in chain] for n, chain in enumerate(chains)]


def _slots(count: int) -> list[int]:
    """The slots in turn: static members (even slots) and dynamic ones (odd) are taken over differently.

    Each death of a dynamic member costs the group a session timeout, so dynamic ones come half as often.
    """
    return [*range(0, count, 2), *range(0, count, 2), *range(1, count, 2)]


def _crash(dice: Random, point: str, slot: int) -> tuple[str, int, dict[str, Any]]:
    settings: dict[str, Any] = {"point": point, "passes": dice.randint(1, _PASSES[point.split(".")[0]])}
    if point.startswith("revoke"):
        settings["by"] = dice.choice(("leaving", "leaving", "joining"))  # SIGTERM to itself; one more comes, and goes
    return CRASH_POINT, slot, settings


# Kinds with several variants, used in turn; the names of one kind vary together.
VARIANTS: Final[Mapping[str, Mapping[str, Sequence[Any]]]] = {
    "zombie": {
        "stop_at": ("commit.before_offsets", "", "commit.before_commit", "commit.before_offsets"),
        # Woken before its transaction timed out, and after.
        "seconds": (8.5, 8.5, 22.0, 22.0),
    },
    "model_slow": {"ms": (5, 20, 50)},
    "snapshot_poisoned": {"how": ("framed", "garbage")},
    "policy_broken": {"mend": (True, False)},
}
# Settings drawn at random: (from, to).
SPANS: Final[Mapping[str, Mapping[str, tuple[int, int]]]] = {
    "zombie": {"passes": (1, 12)},
    "successor_killed": {"passes": (1, 12)},
    # A table's log grows by almost a kilobyte per message of its partition, so the bound is reached soon.
    "disk_full": {"bytes": (20_000, 50_000)},
}
OTHERS: Final = (
    "terminate", "zombie", "successor_killed", "scale", "disk_wiped", "store_corrupted", "disk_full", "model_slow",
    "model_hangs", "snapshot_poisoned", "policy_broken", "registry_down",
)  # fmt: skip


def others(kinds: Iterable[str], times: int) -> dict[str, int]:
    """The number of faults of each kind: those with several variants come twice as often."""
    return {kind: times * (2 if kind in ("zombie", "snapshot_poisoned") else 1) for kind in kinds}


def write(path: Path, faults: Iterable[Fault]) -> None:
    """Write one fault per line, so that a person can read it."""
    lines = [json.dumps(asdict(fault), ensure_ascii=False) for fault in faults]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def read(path: Path) -> list[Fault]:
    """Read a schedule that `write` has written."""
    return [Fault(**fault) for fault in json.loads(path.read_text(encoding="utf-8"))]
