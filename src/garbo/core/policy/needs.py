"""Kinds of need, as needs.yaml describes them. Durations are milliseconds."""

from collections.abc import Mapping

from msgspec import Struct


class NeedKind(Struct, frozen=True):
    """A kind of need: which touchpoints open it, how long signals are gathered, by when it must be answered.

    opened_by: kinds of touchpoint. intents: of a text, whatever the kind of the touchpoint that carries it. gather: how
    long to wait for more signals, so that two signals get one answer. answer_within: the deadline. resolved_by: kinds
    of touchpoint or statuses of outcome that settle it. label: by language.
    """

    name: str
    opened_by: tuple[str, ...]
    gather: int
    answer_within: int
    resolved_by: tuple[str, ...] = ()
    label: Mapping[str, str] = {}
    intents: tuple[str, ...] = ()
