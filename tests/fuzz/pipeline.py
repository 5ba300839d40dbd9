"""Hostile batches through the whole pipeline, and the independent checker's verdict on the log they leave.

I1 (each event is in one decision or dead letter) and I6 (bad messages and dead letters are 1:1). An envelope that
claims a place on the log is left out here: the checker would take its lie for a loss.
"""

from collections.abc import Sequence
from typing import Final

from garbo.audit.verify import invariants, rules
from garbo.audit.verify.log import collect
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.ports import ConsumerRecord, Rejected
from garbo.testing.driver import Driver
from tests.fuzz import messages
from tests.fuzz.ground import AT, BANK, CODEC, TOPICS, good_fact
from tests.fuzz.oracle import Crash
from tests.fuzz.tally import Tally
from tests.fuzz.tape import Tape
from tests.golden.histories.playing import BANK as FOLDER

_RULES: Final = rules.read(FOLDER)
_TOPICS: Final = (*TOPICS.inbound * 3, *(TOPICS.party_events,) * 6, TOPICS.links, TOPICS.examples)
_MESSAGES: Final = 12


def whole(tape: Tape, tally: Tally) -> None:
    driver = Driver(BANK, partitions=1, clock="wall")
    driver.wall_ms = AT
    for number in range(1 + tape.below(_MESSAGES)):
        topic = tape.pick(_TOPICS)
        sent = messages.record(tape, topic, len(driver.log[topic]))
        if topic == TOPICS.party_events and _lies(sent):
            continue
        driver.send_raw(sent.topic, sent.key, sent.value, 0)
        good = good_fact(number)
        driver.send_raw(good.topic, good.key, good.value, 0)
        driver.wall_ms += tape.pick((1, 60_000, 86_400_000))
        tally.note("pipeline", "judged")
    letters = [CODEC.dead_letter(r.value or b"") for r in driver.dead_letters()]
    if bugs := [letter.detail for letter in letters if letter.reason is DeadLetterReason.BUG]:
        raise Crash(f"a bug: {bugs[0]}")

    def read(topics: Sequence[str]) -> list[ConsumerRecord]:
        return [record for topic in topics for record in driver.log.get(topic, ())]

    report = invariants.check(collect(read, CODEC), _RULES)
    for name in ("I1", "I6"):
        if violations := report.of(name).violations:
            raise Crash(f"{name}: {violations[0]}")


def _lies(record: ConsumerRecord) -> bool:
    """Does it claim to have come from a place on the log? Whether it has, only resolve can know."""
    try:
        return CODEC.party_event(record).source is not None
    except Rejected:
        return False
