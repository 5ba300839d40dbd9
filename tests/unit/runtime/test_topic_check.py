"""Partition counts are checked before a processor joins, and the sentence says what to do."""

import pytest

from garbo.errors import TopicError
from garbo.runtime.settings import ProcessorSettings
from garbo.runtime.topic_check import agree

SETTINGS = ProcessorSettings(
    "resolve", "garbo-resolve", ("touchpoints", "consents"), changelog="links", broadcast=("policies",)
)
COUNTS = {"touchpoints": 4, "consents": 4, "links": 4, "policies": 1}


def test_equal_counts_agree_whatever_the_broadcast_topics_have() -> None:
    assert agree(SETTINGS, COUNTS) == 4


@pytest.mark.parametrize("missing", sorted(COUNTS))
def test_a_missing_topic_is_named(missing: str) -> None:
    with pytest.raises(TopicError, match=rf"{missing} is missing; run `garbo topics --create`"):
        agree(SETTINGS, {name: count for name, count in COUNTS.items() if name != missing})


@pytest.mark.parametrize("odd", ["consents", "links"])
def test_unequal_counts_are_named(odd: str) -> None:
    with pytest.raises(TopicError, match=f"{odd} has 8"):
        agree(SETTINGS, COUNTS | {odd: 8})
