"""The bank file as messages: its calendar, its mapping, and what the pipeline makes of it."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from garbo.bootstrap.settings import packaged_example
from garbo.core.vocabulary.defaults import OutcomeStatus
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier, Touchpoint
from garbo.core.vocabulary.instants import DAY
from garbo.errors import ConfigError
from garbo.policy.loader import load
from garbo.replay import bank
from garbo.testing import instant as at
from garbo.testing.driver import Driver

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "uci_bank_marketing_sample.csv"


@pytest.fixture(scope="module")
def rows() -> list[bank.Row]:
    return list(bank.read(SAMPLE))


@pytest.fixture(scope="module")
def contacts(rows: list[bank.Row]) -> list[bank.Contact]:
    return list(bank.contacts(rows))


def dated(*days: str) -> list[bank.Row]:
    """Rows that hold only their day: "may mon"."""
    return [dict(zip(("month", "day_of_week"), day.split(), strict=True)) for day in days]


def test_instants_never_go_back_and_lie_on_the_rows_own_month_and_weekday(
    rows: list[bank.Row], contacts: list[bank.Contact]
) -> None:
    before = 0
    for row, contact in zip(rows, contacts, strict=True):
        asked = contact.question.at
        local = datetime.fromtimestamp(asked / 1000, bank.ZONE)
        assert asked >= before
        assert (row["month"], row["day_of_week"]) == (bank.MONTHS[local.month - 1], bank.WEEKDAYS[local.weekday()])
        assert 9 <= local.hour < 17
        assert {f.at for f in contact.consents} == {at(f"{local:%Y-%m-%d} 08:30")}
        assert asked < contact.outcome.at
        before = asked


def test_the_file_spans_may_2008_to_november_2010(contacts: list[bank.Contact]) -> None:
    days = [datetime.fromtimestamp(c.question.at / 1000, bank.ZONE).date() for c in contacts]
    assert ((2008, 5), (2010, 11)) == ((days[0].year, days[0].month), (days[-1].year, days[-1].month))


def test_an_earlier_month_is_the_next_years_and_a_repeated_weekday_the_same_day() -> None:
    days = [day.isoformat() for day, _ in bank.days(dated("nov mon", "nov mon", "dec fri", "mar fri", "mar mon"))]
    assert ["2008-11-03", "2008-11-03", "2008-12-05", "2009-03-06", "2009-03-09"] == days


def test_a_weekday_that_would_leave_the_month_stays_on_its_day() -> None:
    fridays = [f"feb {day}" for day in ("fri", "thu") * 5]
    days = [day for day, _ in bank.days(dated(*fridays))]
    assert {2} == {day.month for day in days}
    assert sorted(days) == days


def test_a_row_becomes_three_consents_a_question_and_an_outcome(contacts: list[bank.Contact]) -> None:
    first = contacts[0]
    who = Identifier("customer_id", "uci-1")
    assert [("personal_data", True), ("own_promotion", True), ("profiling", True)] == [
        (f.body.consent, f.body.granted) for f in first.consents if isinstance(f.body, ConsentChange)
    ]
    asked, ended = first.question.body, first.outcome.body
    assert isinstance(asked, Touchpoint)
    assert isinstance(ended, ActionOutcome)
    assert ("call_list", "call_centre", "term_deposit") == (asked.kind, asked.channel, asked.theme)
    assert (who, Identifier("phone", "+39 000 0000001"), Identifier("email", "uci-1@example.org")) == asked.identifiers
    assert ("call_term_deposit", "", OutcomeStatus.REFUSED) == (ended.action, ended.action_id, ended.status)
    assert asked.attributes == ended.attributes
    assert (56, 93.994, "may") == tuple(asked.attributes[n] for n in ("age", "cons_price_idx", "month"))


def test_neither_the_answer_nor_the_duration_is_known_and_every_attribute_is_declared(
    contacts: list[bank.Contact],
) -> None:
    policy = load(packaged_example())
    body = contacts[0].question.body
    assert isinstance(body, Touchpoint)
    assert not {"duration", "y"} & body.attributes.keys()
    assert body.attributes.keys() <= policy.attributes.keys()
    assert {f.name for f in policy.models[bank.FAMILY].features} <= body.attributes.keys()


def test_the_share_that_allows_profiling_is_the_same_persons_each_time(rows: list[bank.Row]) -> None:
    def allow(share: float) -> set[str]:
        messages = [f for c in bank.contacts(rows, share) for f in c.consents]
        granted = [f for f in messages if isinstance(f.body, ConsentChange) and f.body.granted]
        return {f.event_id for f in granted if f.event_id.endswith("/profiling")}

    some, most = allow(0.3), allow(0.8)
    assert (0, 300) == (len(allow(0.0)), len(allow(1.0)))
    assert 60 < len(some) < 120
    assert some < most
    assert some == allow(0.3)


def test_the_pipeline_takes_every_fact_and_learns_every_outcome_of_who_allows_it(rows: list[bank.Row]) -> None:
    driver, share = Driver(load(packaged_example())), 0.5
    contacts = list(bank.contacts(rows[:120], share))
    for contact in contacts:
        for step in contact.steps:
            for message in step:
                driver.send(message)
    driver.tick(contacts[-1].outcome.at + 15 * DAY)  # the windows of the last contacts close
    allowed = sum(f.body.granted for c in contacts for f in c.consents if isinstance(f.body, ConsentChange)) - 240
    chosen = Counter(d.chosen for d in driver.decisions())
    assert [] == driver.dead_letters()
    assert 600 == sum(d.event_type != "timer" for d in driver.decisions())
    assert allowed == len(driver.log["learning-examples"])
    assert 0 < allowed < 120
    # Without profiling no personalised offer: the same offer by e-mail, to everybody alike.
    assert 0 < chosen["call_term_deposit"] <= allowed
    assert chosen["email_term_deposit"] >= 120 - allowed - 5


def test_another_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(ConfigError, match="no column age, campaign"):
        list(bank.read(other))
    with pytest.raises(ConfigError, match="cannot read"):
        list(bank.read(tmp_path / "none.csv"))
    not_gzip = tmp_path / "other.csv.gz"
    not_gzip.write_text("a;b\n")
    with pytest.raises(ConfigError, match="cannot read"):
        list(bank.read(not_gzip))


def test_a_broken_row_is_named(tmp_path: Path, rows: list[bank.Row]) -> None:
    lines = SAMPLE.read_text().splitlines()
    short = tmp_path / "short.csv"
    short.write_text("\n".join([*lines[:3], "1;2;3"]))
    with pytest.raises(ConfigError, match="line 4"):
        list(bank.read(short))
    with pytest.raises(ConfigError, match="row 1"):
        list(bank.contacts([{**rows[0], "age": "young"}]))
    with pytest.raises(ConfigError, match="row 2"):
        list(bank.days([*dated("may mon"), *dated("may someday")]))
