"""The headers of a dead letter repeat its reason and its place, so that tools can filter without the schema."""

import pytest

from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.dead_letters import REDRIVEN_FROM, DeadLetters
from garbo.processors.meters import Silent
from garbo.processors.ports import ConsumerRecord, Headers, Rejected
from tests.unit.processors.processor import CODEC

LETTERS = DeadLetters(CODEC, "t.dead-letters", "resolve", Silent())
FROM = (REDRIVEN_FROM, b"t.touchpoints/0/3")


@pytest.mark.parametrize(
    ("given", "kept"),
    [((), ()), ((("trace", b"1"),), ()), ((("trace", b"1"), FROM), (FROM,))],
    ids=["no headers", "a producer's own", "sent again once"],
)
def test_headers_name_reason_and_place(given: Headers, kept: Headers) -> None:
    record = ConsumerRecord("t.touchpoints", 2, 77, b"k", b"v", 1, given)
    refused = LETTERS.rejected(record, Rejected(DeadLetterReason.NOT_AVRO, "why"), 5)
    bug = LETTERS.bug(record, KeyError("ada@example.org"), 5)
    for output, reason in ((refused, b"not_avro"), (bug, b"bug")):
        assert output.headers == (
            ("garbo-reason", reason),
            ("garbo-topic", b"t.touchpoints"),
            ("garbo-partition", b"2"),
            ("garbo-offset", b"77"),
            *kept,
        )
        assert (output.key, CODEC.dead_letter(output.value or b"").value) == (b"k", b"v")
