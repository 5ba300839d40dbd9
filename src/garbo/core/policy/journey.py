"""Transitions of the journey, as journey.yaml describes them."""

from msgspec import Struct


class StageRule(Struct, frozen=True):
    """From `origin` ("*" any) to `target` when `trigger` (touchpoint kind, outcome status) happens."""

    origin: str
    trigger: str
    target: str
    theme: str = ""
