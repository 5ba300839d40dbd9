"""Calendars: quiet hours, closed days, "tomorrow 9:30". In the core, zones are used here and nowhere else.

Rules
 1. Instants in, instants out (ms, UTC); zones are IANA names. An unknown zone has no opening: fail closed.
 2. A local time the clocks skip moves forward by what they skip; one they show twice is the first of the two.
 3. A channel is open or closed by what the customer's clock shows, minute by minute, also when the clocks change.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from garbo.core.policy.actions import Action, Placement
from garbo.core.policy.contact_policy import ContactPolicy, QuietHours
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE

# A month without an opening is a mistake in the policy, not a wait.
HORIZON = 30 * DAY

_DAY_MINUTES = 24 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY = 3  # a Thursday
_MILLISECOND = timedelta(milliseconds=1)

# fmt: off
_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "it": (
        "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno",
        "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
    ),
}
# fmt: on


@lru_cache(maxsize=1024)  # there are 600 zones; bounded, because the strings come from outside
def _zone(zone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # not found; no such key; a folder of the database
        return None


def _exact_offset(at: int, zone: str) -> int:
    """Local time minus UTC (ms) at instant `at`. Raises LookupError for an unknown zone."""
    info = _zone(zone)
    if info is None:
        raise LookupError(f"unknown time zone {zone!r}")
    offset = (_EPOCH + at * _MILLISECOND).astimezone(info).utcoffset()
    return (offset or timedelta()) // _MILLISECOND


@lru_cache(maxsize=8192)  # 20 years in one zone, or a day in each
def _day_offset(day: int, zone: str) -> int | None:
    """The offset throughout the UTC day `day`; None when clocks change on it."""
    offset = _exact_offset(day * DAY, zone)
    return offset if offset == _exact_offset((day + 1) * DAY, zone) else None


def _offset(at: int, zone: str) -> int:
    offset = _day_offset(at // DAY, zone)
    return _exact_offset(at, zone) if offset is None else offset


def _from_local(local: int, zone: str) -> int:
    """The instant at which the zone's clock shows `local` (ms since 1970 on that clock). Rule 2."""
    info = _zone(zone)
    if info is None:
        raise LookupError(f"unknown time zone {zone!r}")
    offset = (_EPOCH.replace(tzinfo=info) + local * _MILLISECOND).utcoffset()
    return local - (offset or timedelta()) // _MILLISECOND


def local_parts(at: int, zone: str) -> tuple[int, int]:
    """(minute of the day, weekday: 0 Monday) that the clocks of `zone` show at `at`. LookupError: unknown zone."""
    minutes = (at + _offset(at, zone)) // MINUTE
    return minutes % _DAY_MINUTES, (minutes // _DAY_MINUTES + _EPOCH_WEEKDAY) % 7


def local(at: int, zone: str) -> int:
    """What the clocks of `zone` show at `at`, as ms since 1970 on that clock. LookupError: unknown zone."""
    return at + _offset(at, zone)


def local_text(at: int, zone: str, language: str) -> str:
    """`at` as a person says it: "27 February, 9:30", "27 febbraio, 9:30". English when the language is unknown."""
    day, _, clock = _said(at, zone, language)
    return f"{day}, {clock}"


def full_text(at: int, zone: str, language: str) -> str:
    """`at` with its year, for who reads much later: "27 February 2024, 9:30"."""
    day, year, clock = _said(at, zone, language)
    return f"{day} {year}, {clock}"


def date_text(day: date, language: str) -> str:
    """`day` with its year: "31 March 2027". English when the language is unknown."""
    return f"{_day_text(day, language)} {day.year}"


def _said(at: int, zone: str, language: str) -> tuple[str, int, str]:
    local = _EPOCH + (at + _offset(at, zone)) * _MILLISECOND
    return _day_text(local, language), local.year, f"{local.hour}:{local.minute:02d}"


def _day_text(day: date, language: str) -> str:
    return f"{day.day} {_MONTHS.get(language, _MONTHS['en'])[day.month - 1]}"


@lru_cache(maxsize=512)
def _is_holiday(day: int, holidays: frozenset[str]) -> bool:
    return date.fromordinal(_EPOCH_ORDINAL + day).isoformat() in holidays


def _closed_for(quiet: QuietHours, policy: ContactPolicy, minutes: int) -> int:
    """How many minutes the channel is surely closed from local minute `minutes` (since 1970); 0 when it is open."""
    day, minute = divmod(minutes, _DAY_MINUTES)
    if (quiet.closed_weekdays and (day + _EPOCH_WEEKDAY) % 7 in quiet.closed_weekdays) or (
        quiet.holidays and _is_holiday(day, policy.holidays)
    ):
        return _DAY_MINUTES - minute
    start, end = quiet.start, quiet.end
    if start <= end:
        return end - minute if start <= minute < end else 0
    if minute < end:
        return end - minute
    return _DAY_MINUTES - minute if minute >= start else 0


def opening(policy: ContactPolicy, channel: str, at: int, zone: str) -> int | None:
    """The earliest instant, `at` or later, at which `channel` is open; None when none within 30 days.

    A channel without quiet hours is always open. Quiet hours whose start is their end are none.
    """
    quiet = policy.quiet_hours.get(channel)
    if quiet is None:
        return at
    when, last = at, at + HORIZON
    try:
        while when <= last:
            offset = _offset(when, zone)
            minutes = (when + offset) // MINUTE
            closed = _closed_for(quiet, policy, minutes)
            if not closed:
                return when
            after = (minutes + closed) * MINUTE - offset
            when = after if _offset(after, zone) == offset else _change(when, after, zone)
    except LookupError:
        return None
    return None


def _change(low: int, high: int, zone: str) -> int:
    """The first instant after `low` with another offset in `zone` than `low`. `high` has another one."""
    offset = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == offset:
            low = middle
        else:
            high = middle
    return high


@lru_cache(maxsize=1536)
def _time_of_day(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * HOUR + int(minutes) * MINUTE


def wanted(placement: Placement, at: int, zone: str) -> int:
    """The instant `placement` asks for, without regard to quiet hours. LookupError: unknown zone.

    With a time of day: that time, `days` local days after the day of `at` + delay; when that is past, a day later. With
    days only: the same local time so many days later.
    """
    start = at + placement.delay
    if not placement.at and not placement.days:
        return start
    local = start + _offset(start, zone) + placement.days * DAY
    if not placement.at:
        return _from_local(local, zone)
    local += _time_of_day(placement.at) - local % DAY
    when = _from_local(local, zone)
    return when if when >= start else _from_local(local + DAY, zone)


def place(policy: ContactPolicy, action: Action, channel: str, placement: Placement, at: int, zone: str) -> int | None:
    """When `action`, decided at `at`, happens on `channel`: as `placement` asks, then moved to the channel's opening.

    None when the channel has no opening within 30 days after that, or the zone is unknown.
    """
    try:
        when = wanted(placement, at, zone)
    except LookupError:
        return None
    if action.internal or action.ignores_quiet_hours:
        return when
    return opening(policy, channel, when, zone)
