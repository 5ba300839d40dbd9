"""Instants and durations: integers, in milliseconds; instants count from the epoch in UTC.

Calendars (zones, quiet hours, "tomorrow 9:30") are in `core.gates.calendar`, and nowhere else in the core.
"""

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def decayed(value: float, since: int, at: int, half_life: int) -> float:
    """What is left of `value` at instant `at`: it halves every `half_life` ms after `since`, and is whole before."""
    if value == 0.0 or at <= since:
        return value
    return float(value * 0.5 ** ((at - since) / half_life))
