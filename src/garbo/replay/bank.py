"""The UCI bank-marketing file as a stream of messages: a call list and the outcome of each call.

Source: S. Moro, P. Cortez, P. Rita, "A Data-Driven Approach to Predict the Success of Bank Telemarketing", Decision
Support Systems 62 (2014); UCI Machine Learning Repository, CC BY 4.0. 41,188 calls, May 2008 to November 2010, in
date order.

The file holds neither the persons nor the times of the calls. This module invents the following and nothing else:
 1. Each row is a person of its own, `uci-<row>`, with an e-mail at example.org and a number under +39 000, a prefix
    Italy has not assigned.
 2. The day: rows are in date order and name their month and weekday. A new month is the next such month of the
    calendar, a new weekday the next such day. If that day is outside the month, the day stays. (In the whole file this
    never happens, so each row's day has the row's own month and weekday.)
 3. The hour: the rows of a day are spread evenly over 9:00-17:00 in Rome; the list, with the consents, is loaded at
    8:30; the outcome follows five minutes after the call.
 4. Consents: `personal_data` and `own_promotion` from everybody, `profiling` from the requested share.

`duration` is dropped: it is known only after the call, and it nearly determines the answer.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from garbo.core.vocabulary import ids
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier, Touchpoint, Value
from garbo.core.vocabulary.instants import HOUR, MINUTE
from garbo.errors import ConfigError
from garbo.processors.ports import InboundMessage

ZONE: Final = ZoneInfo("Europe/Rome")
FAMILY: Final = "term_deposit"
ACTION: Final = "call_term_deposit"

FIRST_DAY: Final = date(2008, 5, 1)
OPENS, CLOSES = 9 * HOUR, 17 * HOUR
LIST_LOADED: Final = OPENS - 30 * MINUTE
CALL_LASTS: Final = 5 * MINUTE

# The file's names; strftime's depend on the machine's locale.
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
INTEGERS: Final = ("age", "campaign", "pdays", "previous")
DECIMALS: Final = ("emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed")
TEXTS: Final = (
    *("job", "marital", "education", "default", "housing", "loan"),
    *("contact", "month", "day_of_week", "poutcome"),
)

Row: TypeAlias = Mapping[str, str]


class Contact(NamedTuple):
    """One row: the consents before the call, the entry of the call list, and the outcome of the call."""

    consents: tuple[InboundMessage, ...]
    question: InboundMessage
    outcome: InboundMessage

    @property
    def steps(self) -> tuple[tuple[InboundMessage, ...], ...]:
        """The messages in the order of cause and effect: the feeder sends a step after the previous one is decided."""
        return self.consents, (self.question,), (self.outcome,)


def read(path: Path) -> Iterator[Row]:
    """The rows of the file, csv or csv.gz.

    Raises:
        ConfigError: the file is missing, unreadable, or another file.
    """
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8", newline="") as lines
        ):
            rows = csv.DictReader(lines, delimiter=";")
            wanted = {*INTEGERS, *DECIMALS, *TEXTS, "y"}
            if missing := sorted(wanted - set(rows.fieldnames or ())):
                raise ConfigError(
                    f"{path} is not the UCI bank-marketing file: it has no column {', '.join(missing)}. "
                    "Give bank-additional-full.csv, separated by ';'."
                )
            for row in rows:
                if None in row or None in row.values():
                    raise ConfigError(
                        f"{path}, line {rows.line_num}: the number of columns differs from the header's. "
                        "Download the file again."
                    )
                yield row
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as problem:
        raise ConfigError(f"cannot read {path}: {problem}. Check the path and the file's permissions.") from problem


def count(path: Path) -> int:
    """The number of rows of the file; raises the same errors as `read`."""
    return sum(1 for _ in read(path))


def days(rows: Iterable[Row]) -> Iterator[tuple[date, Row]]:
    """Each row with its day (rule 2). Days never decrease.

    Raises:
        ConfigError: a month or weekday is not one of the file's names.
    """
    day, month, weekday = FIRST_DAY, -1, -1
    for number, row in enumerate(rows, 1):
        try:
            wanted = MONTHS.index(row["month"]) + 1, WEEKDAYS.index(row["day_of_week"])
        except ValueError:
            raise ConfigError(
                f"row {number}: month {row['month']!r} or day_of_week {row['day_of_week']!r} is unknown; "
                'the file writes "may" and "mon". Download the file again.'
            ) from None
        if wanted[0] != month:
            first = _month_after(day, wanted[0]) if month > 0 else _month_from(day, wanted[0])
            day = first + timedelta((wanted[1] - first.weekday()) % 7)
        elif wanted[1] != weekday:
            later = day + timedelta((wanted[1] - day.weekday()) % 7 or 7)
            day = later if later.month == day.month else day
        month, weekday = wanted
        yield day, row


def contacts(rows: Iterable[Row], profiling_share: float = 1.0) -> Iterator[Contact]:
    """The rows as messages, in order. The share `profiling_share` (0 to 1) of the persons allows profiling.

    The same share selects the same persons each time. Raises the same errors as `days` and `attributes`.
    """
    number = 0
    for day, group in groupby(days(rows), key=lambda pair: pair[0]):
        of_day = [row for _, row in group]
        midnight = int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp() * 1000)
        for place, row in enumerate(of_day):
            number += 1
            at = midnight + OPENS + (CLOSES - OPENS) * place // len(of_day)
            yield _contact(number, row, midnight + LIST_LOADED, at, profiling_share)


def _contact(number: int, row: Row, loaded: int, at: int, share: float) -> Contact:
    name = f"uci-{number}"
    customer = Identifier("customer_id", name)
    phone, email = Identifier("phone", f"+39 000 {number:07d}"), Identifier("email", f"{name}@example.org")
    known = attributes(number, row)
    asked = {"personal_data": True, "own_promotion": True}
    grants = {**asked, "profiling": ids.draw(ids.fingerprint(f"profiling|{name}")) < share}
    status = OutcomeStatus.ACCEPTED if row["y"] == "yes" else OutcomeStatus.REFUSED
    consents = tuple(
        InboundMessage(f"{name}/{consent}", loaded, ConsentChange(consent, given, (customer,), "replay"))
        for consent, given in grants.items()
    )
    who = (customer, phone, email)
    question = Touchpoint(Channel.CALL_CENTRE, "call_list", identifiers=who, attributes=known, theme=FAMILY)
    # The dialler reports the attributes that it used: the bank of 2008 made calls that Garbo advises against, and the
    # model must learn from exactly these attributes.
    outcome = ActionOutcome(status, "", ACTION, Channel.CALL_CENTRE, (customer,), known)
    return Contact(
        consents,
        InboundMessage(f"{name}/call_list", at, question),
        InboundMessage(f"{name}/outcome", at + CALL_LASTS, outcome),
    )


def attributes(number: int, row: Row) -> dict[str, Value]:
    """The row without `duration` and the answer, under the names of attributes.yaml.

    Raises:
        ConfigError: a number cannot be read.
    """
    try:
        values: dict[str, Value] = {name: int(row[name]) for name in INTEGERS}
        values |= {name.replace(".", "_"): float(row[name]) for name in DECIMALS}
    except ValueError as problem:
        raise ConfigError(f"row {number}: {problem}. Download the file again.") from None
    return values | {name: row[name] for name in TEXTS}


def _month_from(day: date, month: int) -> date:
    """The first day of the next such month; the month of `day` counts."""
    return date(day.year + (month < day.month), month, 1)


def _month_after(day: date, month: int) -> date:
    """The first day of the next such month; the month of `day` does not count."""
    return date(day.year + (month <= day.month), month, 1)
