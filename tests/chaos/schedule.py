"""What is done to the workers, and when: a pure function of a seed and a plan.

Rules
 1. The same seed and plan give the same faults, on every machine. A schedule written to a file replays as it is.
 2. `mark` says when: the fault begins when that many messages have been sent. All marks lie between 20 % and 85 % of
    them, evenly, and no fault goes on after 90 %: earlier there is nothing to lose, later nothing to see. What lies
    between is the trickle of slow faults: it lasts for minutes, also when the last ones must be tried again.
 3. Crash points come in chains on one slot: the restart after one kill is armed for the next, so a kill costs one.
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

# How often a point may be passed before the kill. Assignments come three at a start (one a processor); chunks and
# commits come by the dozen in a second under load, and when traffic is thin a dozen still comes soon.
_PASSES: Final = {"assign": 3, "revoke": 3, "chunk": 12, "commit": 12}

CRASH_POINT: Final = "crash_point"
KILL: Final = "kill"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something bad. `with_` is what its kind needs to know."""

    kind: str
    mark: int
    slot: int
    with_: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        told = " ".join(f"{name}={value}" for name, value in self.with_.items())
        return f"{self.kind} slot={self.slot} {told}".strip()


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what.

    events: messages to be sent. crash_kills: at each crash point. others: how often each other kind of fault comes.
    outages: seconds the broker is away, one fault each, again `outage_rounds` times.
    """

    events: int
    slots: int
    crash_kills: int = 0
    random_kills: int = 0
    others: Mapping[str, int] = field(default_factory=dict)
    outages: Sequence[float] = ()
    points: Sequence[str] = POINTS


def schedule(seed: int, plan: Plan) -> list[Fault]:
    """The faults, in order."""
    dice = Random(f"chaos/{seed}")
    blocks: list[list[tuple[str, int, dict[str, Any]]]] = []
    blocks += _chains(dice, plan)
    blocks += [[(KILL, dice.randrange(plan.slots), {})] for _ in range(plan.random_kills)]
    blocks += [[("broker", 0, {"seconds": seconds})] for seconds in plan.outages]
    for kind, count in sorted(plan.others.items()):
        for number in range(count):
            told = {name: values[number % len(values)] for name, values in VARIANTS.get(kind, {}).items()}
            told |= {name: dice.randint(*span) for name, span in SPANS.get(kind, {}).items()}
            blocks.append([(kind, dice.randrange(plan.slots), told)])
    dice.shuffle(blocks)
    faults = [fault for block in blocks for fault in block]
    return [Fault(kind, _mark(n, len(faults), plan.events), slot, told) for n, (kind, slot, told) in enumerate(faults)]


def _mark(number: int, of: int, events: int) -> int:
    """Evenly; the last one has as much before `LAST` as any other."""
    return int(events * (FIRST + (LAST - FIRST) * number / of))


def _chains(dice: Random, plan: Plan) -> list[list[tuple[str, int, dict[str, Any]]]]:
    points = [point for point in plan.points for _ in range(plan.crash_kills)]
    dice.shuffle(points)
    chains = [points[start : start + CHAIN] for start in range(0, len(points), CHAIN)]
    slots = _slots(plan.slots)
    return [[_crash(dice, point, slots[n % len(slots)]) for point in chain] for n, chain in enumerate(chains)]


def _slots(count: int) -> list[int]:
    """Static members (even slots) and dynamic ones (odd) are taken over differently: both, in turn.

    A dynamic one that dies costs the group a session timeout each time: it comes half as often.
    """
    return [*range(0, count, 2), *range(0, count, 2), *range(1, count, 2)]


def _crash(dice: Random, point: str, slot: int) -> tuple[str, int, dict[str, Any]]:
    told: dict[str, Any] = {"point": point, "passes": dice.randint(1, _PASSES[point.split(".")[0]])}
    if point.startswith("revoke"):
        told["by"] = dice.choice(("leaving", "leaving", "joining"))  # SIGTERM to itself; one more comes, and goes
    return CRASH_POINT, slot, told


# What comes in several ways, taken in turn; names that share a place vary together.
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
# What is drawn: (from, to).
SPANS: Final[Mapping[str, Mapping[str, tuple[int, int]]]] = {
    "zombie": {"passes": (1, 12)},
    "successor_killed": {"passes": (1, 12)},
    # A table's log grows by most of a kilobyte a message of its partition: reached soon, at the start or at work.
    "disk_full": {"bytes": (20_000, 50_000)},
}
OTHERS: Final = (
    "terminate", "zombie", "successor_killed", "scale", "disk_wiped", "store_corrupted", "disk_full", "model_slow",
    "model_hangs", "snapshot_poisoned", "policy_broken", "registry_down",
)  # fmt: skip


def others(kinds: Iterable[str], times: int) -> dict[str, int]:
    """How often each kind comes: those with several ways twice as often as the others."""
    return {kind: times * (2 if kind in ("zombie", "snapshot_poisoned") else 1) for kind in kinds}


def write(path: Path, faults: Iterable[Fault]) -> None:
    """One fault a line, to be read by a person, too."""
    lines = [json.dumps(asdict(fault), ensure_ascii=False) for fault in faults]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def read(path: Path) -> list[Fault]:
    """A schedule written before."""
    return [Fault(**fault) for fault in json.loads(path.read_text(encoding="utf-8"))]
