"""What an evaluation needs of a decision record and of a learning example.

Both come from the topics or from files, with the names of the Avro schemas.
"""

import math
from typing import Any

import msgspec
from msgspec import Struct, field

from garbo.core.vocabulary.effects import DecisionRecord, Learn, Lineup, Scored


class DecisionRow(Struct, frozen=True, gc=False):
    """A decision record, reduced; see `core.vocabulary.effects.DecisionRecord` for the fields."""

    decision_id: str
    party: str
    at: int
    disposition: str
    event_id: str = ""
    event_type: str = ""
    event_kind: str = ""
    theme: str = ""
    policy_version: str = ""
    chosen: str = ""
    chosen_channel: str = ""
    action_id: str = ""
    placed_at: int = 0
    scored: tuple[Scored, ...] = ()
    silence_probability: float = 0.0
    seed: int = 0
    confirmation: str = ""
    held_out: bool = False
    hold_out_share: float = 0.0
    lineups: tuple[Lineup, ...] = ()
    numbers: tuple[float | None, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def profiled(self) -> bool:
        """Was there a vector? Only with the consent `profiling`."""
        return bool(self.numbers or self.words or self.lineups)


class ExampleRow(Struct, frozen=True, gc=False):
    """A learning example, reduced; see `core.vocabulary.effects.Learn` for the fields."""

    family: str
    example_id: str
    at: int
    action: str
    label: int
    kind: str = "close"
    value: float = 0.0
    cost: float = 0.0


DECISION_COLUMNS: tuple[str, ...] = tuple(f.encode_name for f in msgspec.structs.fields(DecisionRow))
EXAMPLE_COLUMNS: tuple[str, ...] = tuple(f.encode_name for f in msgspec.structs.fields(ExampleRow))


class Rows(Struct):
    """A log. unreadable: records that could not be decoded."""

    decisions: list[DecisionRow] = field(default_factory=list)
    examples: list[ExampleRow] = field(default_factory=list)
    unreadable: int = 0


def decision_row(record: DecisionRecord) -> DecisionRow:
    """A record, reduced. A number that is missing (NaN) is None, as in JSON."""
    return DecisionRow(
        decision_id=record.decision_id,
        party=record.party,
        at=record.at,
        disposition=record.disposition.value,
        event_id=record.event_id,
        event_type=record.event_type,
        event_kind=record.event_kind,
        theme=record.theme,
        policy_version=record.policy_version,
        chosen=record.chosen,
        chosen_channel=record.chosen_channel,
        action_id=record.action_id,
        placed_at=record.placed_at,
        scored=record.scored,
        silence_probability=record.silence_probability,
        seed=record.seed,
        confirmation=record.confirmation,
        held_out=record.held_out,
        hold_out_share=record.hold_out_share,
        lineups=record.lineups,
        numbers=tuple([None if math.isnan(number) else number for number in record.numbers]),
        words=record.words,
    )


def example_row(example: Learn) -> ExampleRow:
    """An example, reduced: neither its vector nor its party."""
    return ExampleRow(
        example.model, example.example_id, example.at, example.action, example.label, example.kind, example.value,
        example.cost,
    )  # fmt: skip


_decisions = msgspec.json.Decoder(DecisionRow)
_examples = msgspec.json.Decoder(ExampleRow)


def read_decision(text: str) -> DecisionRow:
    """A row of JSON as a decision.

    Raises:
        msgspec.MsgspecError: a field is missing or has another type.
    """
    return _decisions.decode(text)


def read_example(text: str) -> ExampleRow:
    """A row of JSON as an example.

    Raises:
        msgspec.MsgspecError: a field is missing or has another type.
    """
    return _examples.decode(text)


def as_json(row: DecisionRow | ExampleRow) -> bytes:
    """A row as one line of JSON."""
    return msgspec.json.encode(row)


def plain(value: Any) -> Any:
    """A value of figures for JSON, where an infinite number is None."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
