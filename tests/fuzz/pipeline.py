"""Hostile batches through the whole pipeline, checked by the independent checker.

I1 (each event is in one decision or dead letter) and I6 (bad messages and dead letters are 1:1). Envelopes with an
invented source are left out here: the checker would report the source as lost.
"""

from collections.abc import Sequence
from typing import Final

from garbo.audit.verify import invariants, rules
from garbo.audit.verify.log import collect
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import ConsumerRecord, Rejected
from garbo.testing.driver import Driver
from tests.fuzz import messages
from tests.fuzz.choices import Choices
from tests.fuzz.initial_state import AT, BANK, CODEC, TOPICS, good_fact
from tests.fuzz.oracle import Crash
from tests.fuzz.tally import Tally
from tests.golden.histories.playing import BANK as FOLDER

_RULES: Final = rules.read(FOLDER)
_TOPICS: Final = (*TOPICS.inbound * 3, *(TOPICS.party_events,) * 6, TOPICS.links, TOPICS.examples)
_MESSAGES: Final = 12


def whole(choices: Choices, tally: Tally) -> None:
    driver = Driver(BANK, partitions=1, clock="wall")
    driver.wall_ms = AT
    for number in range(1 + choices.below(_MESSAGES)):
        topic = choices.pick(_TOPICS)
        sent = messages.record(choices, topic, len(driver.log[topic]))
        if topic == TOPICS.party_events and _has_source(sent):
            continue
        driver.send_raw(sent.topic, sent.key, sent.value, 0)
        good = good_fact(number)
        driver.send_raw(good.topic, good.key, good.value, 0)
        driver.wall_ms += choices.pick((1, 60_000, 86_400_000))
        tally.note("pipeline", "checked")
    letters = [CODEC.dead_letter(r.value or b"") for r in driver.dead_letters()]
    if bugs := [letter.detail for letter in letters if letter.reason is DeadLetterReason.BUG]:
        raise Crash(f"a bug: {bugs[0]}")

    def read(topics: Sequence[str]) -> list[ConsumerRecord]:
        return [record for topic in topics for record in driver.log.get(topic, ())]

    report = invariants.check(collect(read, CODEC, driver.log), _RULES)
    for name in ("I1", "I6"):
        if violations := report.of(name).violations:
            raise Crash(f"{name}: {violations[0]}")


def _has_source(record: ConsumerRecord) -> bool:
    """Does it name a source on the log? Only resolve can know whether that is true."""
    try:
        return CODEC.party_event(record).source is not None
    except Rejected:
        return False
