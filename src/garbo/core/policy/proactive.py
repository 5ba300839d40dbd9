"""When Garbo asks "what now?" by the party's own clock, as policy.yaml describes it. Durations are milliseconds."""

from msgspec import Struct

STAGE, PATIENCE, SILENCE, DATE = "stage", "patience", "silence", "date_"
"""Causes of a proactive point; a date's is `DATE` with its attribute."""


class DateBefore(Struct, frozen=True):
    """`before` ms before the date that the attribute holds."""

    attribute: str
    before: int


class Proactive(Struct, frozen=True):
    """after_stage: so long after entering a stage; 0: never. silence: so long without a decision; 0: never."""

    after_stage: int = 0
    silence: int = 0
    dates: tuple[DateBefore, ...] = ()
