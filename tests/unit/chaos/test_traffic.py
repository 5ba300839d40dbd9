"""The traffic of a fault run is the same every time, has the documented shares, and contains every kind."""

from hashlib import sha256
from itertools import islice

import pytest

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.framing import schema_id
from garbo.adapters.avro.registry import ConfluentRegistry, PackagedRegistry
from garbo.core.vocabulary.effects import DecisionRecord as Decision
from garbo.core.vocabulary.reasons import Reason
from garbo.processors.ports import Rejected
from garbo.simulation.world import world
from garbo.testing.driver import Driver
from tests.chaos.hostile import hostile
from tests.chaos.registry import registry
from tests.chaos.traffic import DUPLICATES, HOSTILE, LATE, NEWER, Traffic, newer_writer
from tests.e2e.test_hostile_messages import HOSTILE as KNOWN_KINDS
from tests.golden.histories.playing import bank
from tests.unit.audit.verify.recorded import DAY, Recorded

CODEC = AvroCodec(PackagedRegistry())
MESSAGES = 60_000


def digest(traffic: Traffic, count: int = 20_000) -> str:
    found = sha256()
    for message in islice(traffic, count):
        found.update(repr(message).encode())
    return found.hexdigest()


def test_the_same_seed_writes_the_same_bytes() -> None:
    first, second, other = (Traffic(seed, 200, 60, CODEC) for seed in (3, 3, 4))
    assert digest(first) == digest(second) == digest(first)
    assert first.counts == second.counts
    assert digest(first) != digest(other)


def test_the_same_registry_ids_give_the_same_bytes_also_of_newer_versions() -> None:
    digests = []
    for _ in range(2):
        with registry() as r:
            codec = AvroCodec(ConfluentRegistry(r.url))
            digests.append(digest(Traffic(3, 200, 60, codec, newer_writer(r.url))))
    assert digests[0] == digests[1]


def test_shares_are_as_documented() -> None:
    traffic = Traffic(5, 500, 200, CODEC)
    messages = list(islice(traffic, MESSAGES))
    counts = traffic.counts
    assert len(messages) == counts["facts"] + counts["hostile"]
    assert counts["hostile"] == pytest.approx(MESSAGES * HOSTILE, rel=0.3)
    for kind in ("duplicates", "late"):
        assert counts[kind] == pytest.approx(MESSAGES * 0.05, rel=0.15)
    assert [m.at for m in messages] == sorted(m.at for m in messages)


def test_counted_duplicates_are_those_of_the_world() -> None:
    traffic = Traffic(5, 200, 60, CODEC)
    for _ in traffic:
        pass
    facts = list(world(5, 200, 60, duplicates=DUPLICATES, late=LATE))
    assert traffic.counts["duplicates"] == len(facts) - len({fact.event_id for fact in facts})


def test_every_kind_of_hostile_message_comes_at_every_entrance() -> None:
    kinds = hostile(CODEC)
    assert set(KNOWN_KINDS) <= {h.kind for h in kinds}
    traffic = Traffic(5, 500, 200, CODEC)
    for _ in islice(traffic, MESSAGES):
        pass
    written = {name for name in traffic.counts if name.startswith("hostile: ")}
    assert written == {f"hostile: {h.kind} > {h.topic}" for h in kinds}


def test_each_hostile_message_becomes_a_dead_letter_with_its_reason() -> None:
    driver = Driver(bank())
    kinds = hostile(driver.codec)
    driver.wall_ms = 1_800_000_000_000  # before what is far ahead
    for h in kinds:
        driver.send_raw(h.topic, b"cookie:hostile" if h.keyed else None, h.value)
    letters = [driver.codec.dead_letter(record.value or b"") for record in driver.dead_letters()]
    assert [(letter.topic, letter.reason) for letter in letters] == [(h.topic, h.why) for h in kinds]


def test_one_message_in_five_is_of_a_newer_version_and_reads_as_today() -> None:
    with registry() as r:
        codec = AvroCodec(ConfluentRegistry(r.url))
        traffic = Traffic(5, 200, 60, codec, newer_writer(r.url))
        todays = {codec._registry.id_of(name) for name in ("garbo.Touchpoint", "garbo.ConsentChange")}
        versions: dict[bool, int] = {True: 0, False: 0}
        for message in islice(traffic, 12_000):
            if message.topic not in ("touchpoints", "consents"):
                continue
            try:
                codec.inbound(message.value or b"")
            except Rejected:
                continue
            versions[schema_id(message.value or b"") in todays] += 1
        assert versions[False] / sum(versions.values()) == pytest.approx(NEWER, rel=0.1)
        assert traffic.counts["newer"] == pytest.approx(traffic.counts["facts"] * NEWER, rel=0.1)


def test_caps_spacing_consents_and_quiet_hours_block_actions() -> None:
    """A run in which nothing is blocked proves nothing about the rules that block."""
    driver = Driver(bank())
    last = 0
    for message in islice(Traffic(3, 300, 60, driver.codec), 12_000):
        driver.wall_ms = last = message.at  # so that a hostile message from the future is refused, as in a live run
        driver.send_raw(message.topic, message.key, message.value)
    driver.wall_ms = last + 7 * DAY
    driver.tick(driver.wall_ms)
    report = Recorded(driver).report()
    assert {j.name: j.violations for j in report.results if j.violations} == {}
    assert report.of("I3").checked > 700
    assert report.of("I4").checked > 500
    decisions = driver.decisions()
    blocked = [b.reason for d in decisions for b in d.blocked]
    assert blocked.count(Reason.CAP_REACHED) > 50
    assert blocked.count(Reason.CONSENT_DENIED) > 500
    assert blocked.count(Reason.SPACING) > 5
    assert sum(1 for d in decisions if postponed(d)) > 50


def postponed(decision: Decision) -> bool:
    """Reserved for later: a quiet hour, or a day on which nobody calls."""
    return decision.placed_at > decision.at
