"""One partition of one topic, as a key of dicts."""

from typing import NamedTuple


class TP(NamedTuple):
    """`topic` is the complete name; `partition` counts from 0."""

    topic: str
    partition: int
