"""Actor: a producer of touchpoints and consents with another partitioner (librdkafka's default, kcat).

Tried and seen before: page views made a second party of a person, and a message went out to somebody who had withdrawn
the consent by e-mail, because the withdrawal lay on another partition. The checker said ok.
"""

from binascii import crc32
from collections import defaultdict

import pytest

from garbo.processors import decide, resolve
from garbo.processors.routing import routed
from garbo.simulation.world import world
from garbo.testing.driver import Driver
from tests.golden.histories.playing import bank
from tests.unit.audit.verify.recorded import DAY, Recorded

SEED = 11


class Anywhere(int):
    """Seeded bug: whatever partition an event lies on is the right one."""

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = int.__hash__


def misfiled() -> Recorded:
    """A town of which every second message is written with librdkafka's own partitioner (CRC32)."""
    driver = Driver(bank())
    facts = list(world(SEED, 120, 20))
    for number, fact in enumerate(facts):
        topic, key = routed(fact)
        partition = crc32(key or b"") % driver.partitions if number % 2 else -1
        driver.send_raw(topic, key, driver.codec.encode_inbound(fact), partition)
    driver.tick(facts[-1].at + 7 * DAY)
    return Recorded(driver)


def test_what_is_misfiled_is_found_and_nothing_of_it_is_believed_in_the_wrong_place() -> None:
    run = misfiled()
    homes: dict[str, set[int]] = defaultdict(set)
    for record in run.log["party-events"]:
        if not (record.key or b"").startswith(b"tick-"):
            homes[(record.key or b"").decode()].add(record.partition)
    assert {1} == set(map(len, homes.values()))
    assert [] == [v for result in run.report().results for v in result.violations]


def test_where_a_misfiled_message_is_believed_the_checker_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeded bug: nobody looks where a message lies."""
    monkeypatch.setattr(resolve.ResolveProcessor, "_is_misplaced", lambda *_: False)
    said = [v for result in misfiled().report().results for v in result.violations]
    assert any("was forwarded from a partition that is not its key's" in violation for violation in said)


def test_an_event_on_a_wrong_partition_of_party_events_makes_no_second_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def planted() -> Recorded:
        driver = Driver(bank())
        for fact in world(SEED, 20, 5):
            driver.send(fact)
        record = next(r for r in driver.log["party-events"] if not (r.key or b"").startswith(b"tick-"))
        driver.send_raw("party-events", record.key, record.value, (record.partition + 1) % driver.partitions)
        return Recorded(driver)

    assert [] == [v for result in planted().report().results for v in result.violations]
    monkeypatch.setattr(decide, "partition_for", lambda key, partitions: Anywhere())
    assert any("has another row" in v for result in planted().report().results for v in result.violations)
