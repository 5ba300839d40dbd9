"""Quiet hours, closed days and promises, by the customer's clock, also on the days the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.core.gates import calendar
from garbo.core.policy.actions import Action, ActionClass, Placement, Treatment
from garbo.core.policy.contact_policy import ContactPolicy, QuietHours
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE

ROME, NEW_YORK, LORD_HOWE = "Europe/Rome", "America/New_York", "Australia/Lord_Howe"
NIGHT = QuietHours(21 * 60, 9 * 60)


def ms(text: str, zone: str = ROME, fold: int = 0) -> int:
    """The instant at which clocks in `zone` show `text`, as the standard library says."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(local.timestamp() * 1000)


def shown(at: int | None, zone: str = ROME) -> str:
    """What clocks in `zone` show, with their offset."""
    assert at is not None
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).isoformat(timespec="minutes")


def policy(quiet: QuietHours = NIGHT, holidays: tuple[str, ...] = ()) -> ContactPolicy:
    return ContactPolicy(quiet_hours={"sms": quiet}, holidays=frozenset(holidays))


def action(**more: bool) -> Action:
    return Action("offer", ActionClass.MARKETING, "own_promotion", "card", (Treatment("sms"),), **more)  # type: ignore[arg-type]


def opened(text: str, quiet: QuietHours = NIGHT, zone: str = ROME, holidays: tuple[str, ...] = ()) -> str:
    return shown(calendar.opening(policy(quiet, holidays), "sms", ms(text, zone), zone), zone)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("2024-04-18T23:05", "2024-04-19T09:00+02:00"),
        ("2024-04-19T00:00", "2024-04-19T09:00+02:00"),
        ("2024-04-19T08:59", "2024-04-19T09:00+02:00"),
        ("2024-04-19T09:00", "2024-04-19T09:00+02:00"),
        ("2024-04-19T20:59", "2024-04-19T20:59+02:00"),
        ("2024-04-19T21:00", "2024-04-20T09:00+02:00"),
    ],
)
def test_quiet_hours_over_midnight_move_a_contact_to_the_morning(asked: str, expected: str) -> None:
    assert opened(asked) == expected


def test_quiet_hours_within_a_day_move_a_contact_to_their_end() -> None:
    siesta = QuietHours(13 * 60, 15 * 60)
    actual = [opened(f"2024-04-19T{at}", siesta) for at in ("12:59", "13:00", "14:59", "15:00")]
    assert actual == [f"2024-04-19T{at}+02:00" for at in ("12:59", "15:00", "15:00", "15:00")]


def test_open_channel_keeps_the_very_instant() -> None:
    asked = ms("2024-04-19T12:00") + 12_345
    assert calendar.opening(policy(), "sms", asked, ROME) == asked


def test_channel_without_quiet_hours_is_always_open() -> None:
    asked = ms("2024-04-19T03:00")
    assert calendar.opening(policy(), "email", asked, ROME) == asked


def test_quiet_hours_are_those_of_the_customers_zone() -> None:
    asked = ms("2024-04-19T12:00", ROME)
    actual = [shown(calendar.opening(policy(), "sms", asked, zone), zone) for zone in (ROME, NEW_YORK)]
    assert actual == ["2024-04-19T12:00+02:00", "2024-04-19T09:00-04:00"]


def test_closed_sunday_moves_saturday_night_to_monday_morning() -> None:
    assert opened("2024-04-20T22:00", QuietHours(21 * 60, 9 * 60, closed_weekdays=(6,))) == "2024-04-22T09:00+02:00"


def test_closed_day_without_quiet_hours_opens_at_midnight() -> None:
    assert opened("2024-04-21T12:00", QuietHours(0, 0, closed_weekdays=(6,))) == "2024-04-22T00:00+02:00"


def test_holidays_close_only_channels_that_keep_them() -> None:
    days = ("2024-04-25",)
    actual = [opened("2024-04-25T12:00", QuietHours(0, 0, holidays=h), holidays=days) for h in (True, False)]
    assert actual == ["2024-04-26T00:00+02:00", "2024-04-25T12:00+02:00"]


def test_holiday_next_to_a_closed_sunday_is_waited_through() -> None:
    quiet = QuietHours(21 * 60, 9 * 60, closed_weekdays=(6,), holidays=True)
    actual = opened("2024-03-30T21:30", quiet, holidays=("2024-04-01",))  # Easter; clocks change that Sunday
    assert actual == "2024-04-02T09:00+02:00"


def test_no_opening_within_thirty_days_is_none() -> None:
    asked = ms("2024-04-19T12:00")
    holidays = tuple((date(2024, 4, 19) + timedelta(days)).isoformat() for days in range(31))
    never, month = QuietHours(0, 0, closed_weekdays=(0, 1, 2, 3, 4, 5, 6)), QuietHours(0, 0, holidays=True)
    actual = [
        calendar.opening(policy(never), "sms", asked, ROME),
        calendar.opening(policy(month, holidays), "sms", asked, ROME),
        calendar.place(policy(never), action(), "sms", Placement(), asked, ROME),
    ]
    assert actual == [None, None, None]


def test_unknown_zone_has_no_opening() -> None:
    actual = [
        calendar.opening(policy(), "sms", 0, "Europe/Atlantis"),
        calendar.place(policy(), action(), "sms", Placement(days=1, at="9:30"), 0, "Europe/Atlantis"),
    ]
    assert actual == [None, None]


@pytest.mark.parametrize(
    ("zone", "asked", "end", "expected"),
    [
        pytest.param(ROME, "2024-03-31T01:30", 150, "2024-03-31T03:00+02:00", id="Rome, spring: 2:30 is skipped"),
        pytest.param(ROME, "2024-03-30T22:00", 540, "2024-03-31T09:00+02:00", id="Rome, spring: a shorter night"),
        pytest.param(ROME, "2024-10-26T22:00", 540, "2024-10-27T09:00+01:00", id="Rome, autumn: a longer night"),
        pytest.param(ROME, "2024-10-27T01:30", 150, "2024-10-27T02:30+02:00", id="Rome, autumn: the first 2:30"),
        pytest.param(NEW_YORK, "2024-03-10T01:30", 150, "2024-03-10T03:00-04:00", id="New York, spring"),
        pytest.param(NEW_YORK, "2024-11-03T00:30", 90, "2024-11-03T01:30-04:00", id="New York, autumn"),
        pytest.param(LORD_HOWE, "2024-10-06T01:30", 135, "2024-10-06T02:30+11:00", id="Lord Howe: half an hour"),
    ],
)
def test_quiet_hours_end_right_on_days_the_clocks_change(zone: str, asked: str, end: int, expected: str) -> None:
    assert opened(asked, QuietHours(21 * 60, end), zone) == expected


def test_clock_shown_twice_is_quiet_twice() -> None:
    second = ms("2024-10-27T02:10", fold=1)
    assert shown(calendar.opening(policy(QuietHours(21 * 60, 150)), "sms", second, ROME)) == "2024-10-27T02:30+01:00"


@pytest.mark.parametrize(
    ("decided", "placement", "expected"),
    [
        pytest.param("2024-02-26T21:28", Placement(), "2024-02-27T09:00+01:00", id="at once, but it is night"),
        pytest.param("2024-02-26T10:00", Placement(delay=5 * MINUTE), "2024-02-26T10:05+01:00", id="after a delay"),
        pytest.param("2024-02-26T21:28", Placement(days=1, at="09:30"), "2024-02-27T09:30+01:00", id="tomorrow 9:30"),
        pytest.param("2024-02-26T08:00", Placement(at="09:30"), "2024-02-26T09:30+01:00", id="today 9:30"),
        pytest.param("2024-02-26T09:30", Placement(at="09:30"), "2024-02-26T09:30+01:00", id="9:30 is now"),
        pytest.param("2024-02-26T10:00", Placement(at="09:30"), "2024-02-27T09:30+01:00", id="9:30 is past: tomorrow"),
        pytest.param("2024-02-26T21:28", Placement(days=1, at="6:15"), "2024-02-27T09:00+01:00", id="6:15 is quiet"),
        pytest.param("2024-03-28T12:00", Placement(days=5), "2024-04-02T12:00+02:00", id="days keep the local time"),
        pytest.param("2024-03-30T12:00", Placement(delay=DAY), "2024-03-31T13:00+02:00", id="a delay is absolute"),
        pytest.param("2024-03-30T21:00", Placement(days=1, at="09:30"), "2024-03-31T09:30+02:00", id="spring promise"),
        pytest.param("2024-10-26T21:00", Placement(days=1, at="09:30"), "2024-10-27T09:30+01:00", id="autumn promise"),
    ],
)
def test_placement(decided: str, placement: Placement, expected: str) -> None:
    assert shown(calendar.place(policy(), action(), "sms", placement, ms(decided), ROME)) == expected


@pytest.mark.parametrize(
    ("zone", "decided", "at", "expected"),
    [
        (ROME, "2024-03-30T12:00", "02:30", "2024-03-31T03:30+02:00"),
        (ROME, "2024-10-26T12:00", "02:30", "2024-10-27T02:30+02:00"),
        (NEW_YORK, "2024-03-09T12:00", "02:30", "2024-03-10T03:30-04:00"),
        (NEW_YORK, "2024-11-02T12:00", "01:30", "2024-11-03T01:30-04:00"),
        (LORD_HOWE, "2024-10-05T12:00", "02:15", "2024-10-06T02:45+11:00"),
    ],
)
def test_promised_time_skipped_moves_forward_and_shown_twice_is_the_first(
    zone: str, decided: str, at: str, expected: str
) -> None:
    placed = calendar.place(ContactPolicy(), action(), "sms", Placement(days=1, at=at), ms(decided, zone), zone)
    assert shown(placed, zone) == expected


@pytest.mark.parametrize("free", ["internal", "ignores_quiet_hours"])
def test_action_that_disturbs_nobody_is_placed_at_night(free: str) -> None:
    asked = ms("2024-02-26T23:00")
    assert calendar.place(policy(), action(**{free: True}), "sms", Placement(), asked, ROME) == asked


@pytest.mark.parametrize(
    ("at", "zone", "language", "expected"),
    [
        ("2024-02-27T09:30", ROME, "en", "27 February, 9:30"),
        ("2024-02-27T09:30", ROME, "it", "27 febbraio, 9:30"),
        ("2024-08-01T00:05", NEW_YORK, "it", "1 agosto, 0:05"),
        ("2024-08-01T00:05", NEW_YORK, "de", "1 August, 0:05"),
    ],
)
def test_instants_are_said_by_the_local_clock(at: str, zone: str, language: str, expected: str) -> None:
    assert calendar.local_text(ms(at, zone), zone, language) == expected


@pytest.mark.parametrize("zone", ["", "Europe", "Europe/Atlantis", "../../etc/passwd", "/etc/localtime", "\0"])
def test_strings_that_are_no_zone_are_refused(zone: str) -> None:
    """Whatever the time zone database makes of them: one error."""
    with pytest.raises(LookupError, match="unknown time zone"):
        calendar.local_parts(0, zone)


instants = st.one_of(
    st.integers(ms("2023-01-01T00:00"), ms("2027-01-01T00:00")),
    st.integers(-4 * HOUR, 4 * HOUR).map(lambda d: ms("2024-03-31T02:00") + d),
    st.integers(-4 * HOUR, 4 * HOUR).map(lambda d: ms("2024-10-27T02:00") + d),
)
zones = st.sampled_from([ROME, NEW_YORK, LORD_HOWE, "Asia/Kathmandu", "America/Santiago", "UTC"])


@settings(max_examples=300)
@given(instants, zones)
def test_local_parts_are_what_the_standard_library_says(at: int, zone: str) -> None:
    local = datetime.fromtimestamp(at // 1000, UTC).astimezone(ZoneInfo(zone))
    assert calendar.local_parts(at, zone) == (local.hour * 60 + local.minute, local.weekday())


@settings(max_examples=60)
@given(instants, zones, st.integers(0, 1439), st.integers(0, 1439), st.sets(st.integers(0, 6), max_size=2))
def test_opening_is_the_first_open_minute(at: int, zone: str, start: int, end: int, closed: set[int]) -> None:
    info = ZoneInfo(zone)

    def is_open(instant: int) -> bool:
        local = datetime.fromtimestamp(instant // 1000, UTC).astimezone(info)
        minute = local.hour * 60 + local.minute
        quiet = start <= minute < end if start <= end else not end <= minute < start
        return not quiet and local.weekday() not in closed and local.day != 1

    first = datetime.fromtimestamp(at // 1000, UTC).date() - timedelta(days=2)
    days = [first + timedelta(days=n) for n in range(40)]
    holidays = frozenset(day.isoformat() for day in days if day.day == 1)
    rules = ContactPolicy(quiet_hours={"sms": QuietHours(start, end, tuple(sorted(closed)), True)}, holidays=holidays)
    actual = calendar.opening(rules, "sms", at, zone)
    after = at - at % MINUTE + MINUTE
    expected = next((t for t in [at, *range(after, after + 6 * DAY, MINUTE)] if is_open(t)), None)
    assert actual == expected
