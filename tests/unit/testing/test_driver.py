"""The synchronous driver: what it says happened is what a broker would have seen."""

import pytest

from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier, ProfileUpdate, Touchpoint
from garbo.processors.ports import InboundMessage
from garbo.processors.routing import routed
from garbo.testing import instant as at
from garbo.testing.driver import DictRows, Driver
from tests.golden.histories.playing import bank

WHO = (Identifier("email", " Ada@Example.org "),)


@pytest.mark.parametrize(
    ("body", "topic"),
    [
        (Touchpoint(Channel.WEB, "page_view", identifiers=WHO), "touchpoints"),
        (ConsentChange("profiling", True, WHO), "consents"),
        (ActionOutcome(OutcomeStatus.ACCEPTED, "a", identifiers=WHO), "outcomes"),
        (ProfileUpdate(WHO), "profiles"),
    ],
)
def test_fact_goes_to_its_topic_under_its_normalised_first_identifier(body: Touchpoint, topic: str) -> None:
    driver = Driver(bank())
    driver.send(InboundMessage("e", at("2024-03-04 12:00"), body))
    assert (topic, b"email:ada@example.org") == routed(InboundMessage("e", 0, body))
    assert [b"email:ada@example.org"] == [r.key for r in driver.log[topic]]
    assert ["decided"] == [r.disposition.value for r in driver.decisions()]


def test_garbage_is_a_dead_letter_and_the_driver_goes_on() -> None:
    driver = Driver(bank())
    driver.send_raw("touchpoints", b"email:ada@example.org", b"garbage")
    driver.send(InboundMessage("e", at("2024-03-04 12:00"), Touchpoint(Channel.WEB, "page_view", identifiers=WHO)))
    assert (1, 1) == (len(driver.dead_letters()), len(driver.decisions()))


def test_time_passes_on_every_partition() -> None:
    """A question is answered when time comes, though nothing happens on its partition."""
    driver = Driver(bank(), partitions=7)
    driver.send(InboundMessage("yes", at("2024-03-04 11:00"), ConsentChange("personal_data", True, WHO)))
    ask = Touchpoint(Channel.WEB, "information_request", identifiers=WHO, theme="pension")
    driver.send(InboundMessage("ask", at("2024-03-04 12:00"), ask))
    assert [] == driver.commands()
    driver.tick(at("2024-03-04 12:29"))
    assert [] == driver.commands()
    driver.tick(at("2024-03-04 13:00"))
    assert [at("2024-03-04 12:30")] == [c.at for c in driver.commands()]


def test_wall_clock_decides_now() -> None:
    driver = Driver(bank(), clock="wall")
    driver.wall_ms = at("2024-03-04 12:00")
    driver.send(InboundMessage("yes", at("2024-03-04 11:00"), ConsentChange("personal_data", True, WHO)))
    driver.send(
        InboundMessage(
            "ask", at("2024-03-04 11:50"), Touchpoint(Channel.WEB, "form_abandoned", identifiers=WHO, theme="pension")
        )
    )
    driver.wall_ms = at("2024-03-04 13:00")
    driver.settle()
    assert [("email_form_help", at("2024-03-04 13:00"))] == [(c.action, c.at) for c in driver.commands()]


def test_party_is_found_by_its_id_and_nobody_by_another() -> None:
    driver = Driver(bank())
    driver.send(InboundMessage("e", at("2024-03-04 12:00"), ProfileUpdate(WHO, {}, "Ada")))
    (party,) = driver.parties()
    assert party == driver.party(party.id)
    assert None is driver.party("nobody")


def test_dict_table_scans_in_key_order() -> None:
    rows = DictRows()
    rows.rows = {b"b1": b"2", b"a": b"1", b"b0": b"3"}
    assert [(b"b0", b"3"), (b"b1", b"2")] == list(rows.scan(b"b"))
    assert (b"1", None) == (rows.get(b"a"), rows.get(b"x"))
    rows.put(b"b00", b"4")
    rows.put(b"b1", b"5")
    rows.put(b"b0", None)
    rows.put(b"b9", None)
    assert [(b"a", b"1"), (b"b00", b"4"), (b"b1", b"5")] == list(rows.scan())
    rows.rows[b"b"] = b"6"
    assert [(b"b", b"6"), (b"b00", b"4"), (b"b1", b"5")] == list(rows.scan(b"b"))
