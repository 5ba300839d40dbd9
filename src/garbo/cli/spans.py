"""`--from`, `--to` and `--since`: instants and spans of time as a person writes them."""

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

from garbo.errors import ConfigError
from garbo.policy.schema.units import duration
from garbo.readmodel.decisions import Span


def span_of(first: str | None, last: str | None, zone: str) -> Span:
    """From `first` to `last`, both included: ISO dates, or date-times; without an offset they are in `zone`.

    Raises:
        ConfigError: one is no date, or the span is empty.
    """
    start = None if first is None else _instant("--from", first, zone)[0]
    end = None if last is None else _instant("--to", last, zone)[1]
    if start is not None and end is not None and start >= end:
        raise ConfigError(f"--from {first} is later than --to {last}: exchange them.")
    return Span(start, end)


def since_of(text: str, now_ms: int) -> int:
    """The instant (ms) that `--since` names: so long ago, as in 90m, 2h, 3d; or an ISO date or date-time, in UTC.

    Raises:
        ConfigError: it is neither.
    """
    with suppress(PydanticCustomError):
        return now_ms - duration(text)
    try:
        return _instant("--since", text, "UTC")[0]
    except ConfigError:
        raise ConfigError(f"--since {text!r}: write for example 2h, 3d, 2025-03-10 or 2025-03-10T14:30.") from None


def _instant(option: str, text: str, zone: str) -> tuple[int, int]:
    """The first instant (ms) that `text` names, and the first one after it."""
    try:
        if len(text) == len("2025-03-10"):
            day = date.fromisoformat(text)
            return _ms(datetime.combine(day, time()), zone), _ms(
                datetime.combine(day + timedelta(days=1), time()), zone
            )
        start = _ms(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        raise ConfigError(f"{option} {text!r} is no date: write for example 2025-03-10 or 2025-03-10T14:30.") from None
    return start, start + 1


def _ms(when: datetime, zone: str) -> int:
    aware = when if when.tzinfo is not None else when.replace(tzinfo=ZoneInfo(zone))
    return round(aware.timestamp() * 1000)
