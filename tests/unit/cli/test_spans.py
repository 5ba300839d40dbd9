"""`--from` and `--to` as a person writes them."""

from datetime import UTC, datetime

import pytest

from garbo.cli.spans import span_of
from garbo.errors import ConfigError
from garbo.readmodel.decisions import Span

ROME = "Europe/Rome"


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2024-03-10", "2024-03-19", Span(ms("2024-03-09T23:00"), ms("2024-03-19T23:00"))),
        ("2024-03-31", "2024-03-31", Span(ms("2024-03-30T23:00"), ms("2024-03-31T22:00"))),  # the day with 23 hours
        ("2024-03-10T14:30", None, Span(ms("2024-03-10T13:30"), None)),
        (None, "2024-03-10T14:30", Span(None, ms("2024-03-10T13:30") + 1)),
        ("2024-03-10T14:30Z", "2024-03-10T16:30+01:00", Span(ms("2024-03-10T14:30"), ms("2024-03-10T15:30") + 1)),
        (None, None, Span()),
    ],
)
def test_a_date_is_the_whole_day_of_the_zone(first: str | None, last: str | None, expected: Span) -> None:
    assert span_of(first, last, ROME) == expected


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("yesterday", None, "--from 'yesterday' is no date: write for example 2025-03-10 or 2025-03-10T14:30."),
        (None, "2024-02-31", "--to '2024-02-31' is no date"),
        (None, "9999-12-31", "--to '9999-12-31' is no date"),
        ("2024-03-02", "2024-03-01", "--from 2024-03-02 is later than --to 2024-03-01"),
    ],
)
def test_what_is_no_span_is_a_sentence(first: str | None, last: str | None, sentence: str) -> None:
    with pytest.raises(ConfigError) as raised:
        span_of(first, last, ROME)
    assert sentence in str(raised.value)
