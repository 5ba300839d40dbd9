"""I15: capacity and stock are never overshot, in the whole installation.

Rules
 1. A contact takes a slot of its channel in the hour or the day (by the policy's clocks) in which it is made.
 2. Mandatory contacts, notes for staff and what is shown to a person who is there are not limited. A rider takes no
    slot.
 3. One of an offer's stock is used whenever it is made: alone, as a rider, or shown.
"""

from collections import Counter
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from garbo.audit.verify.log import Log
from garbo.audit.verify.persons import first_copies
from garbo.audit.verify.report import InvariantResult
from garbo.audit.verify.rules import Rules

_QUARTER: Final = 900_000  # ms: no zone changes its clocks inside one
_PERIODS: Final = {"hour": 3_600_000, "day": 86_400_000}
MANDATORY: Final = "mandatory"


def check(log: Log, rules: Rules) -> InvariantResult:
    """Check I15."""
    result = InvariantResult("I15", "capacity and stock are never overshot")
    slots: Counter[tuple[str, int]] = Counter()
    used: Counter[str] = Counter()
    for command in first_copies(log):
        made = command.deliver
        for action in (made.action, *(rider.action for rider in made.riders)):
            known = rules.actions.get(action)
            if known is not None and known.stock:
                result.checked += 1
                used[action] += 1
                if used[action] == known.stock + 1:
                    result.violations.append(
                        f"{command.place}: {action} is made more often than its stock ({known.stock})"
                    )
        capacity = rules.capacity.get(made.channel)
        if capacity is None or made.inbound or made.action_class == MANDATORY or rules.internal(made.action):
            continue
        result.checked += 1
        period = _local(made.at, rules.zone) // _PERIODS[capacity.per]
        slots[made.channel, period] += 1
        if slots[made.channel, period] == capacity.at_most + 1:
            begins = datetime.fromtimestamp(period * _PERIODS[capacity.per] / 1000, UTC)
            result.violations.append(
                f"{command.place}: {made.channel} has more than {capacity.at_most} contacts "
                f"in the {capacity.per} of {begins:%Y-%m-%d %H:%M} (local)"
            )
    return result


def _local(at: int, zone: str) -> int:
    """What the zone's clocks show at `at`, as ms since 1970 on those clocks."""
    return at + _offset(at // _QUARTER, zone)


@lru_cache(maxsize=65_536)
def _offset(quarter: int, zone: str) -> int:
    offset = datetime.fromtimestamp(quarter * _QUARTER // 1000, ZoneInfo(zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() * 1000)
