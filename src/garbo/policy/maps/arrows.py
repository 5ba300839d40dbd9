"""The moves of a journey as arrows: one from a stage to another, with all that leads along it."""

from typing import Final, NamedTuple

from garbo.core.policy.journey import ANYWHERE, Journey

START: Final = ""
"""Where an arrow from before the first stage begins."""


class Arrow(NamedTuple):
    """origin: a stage, START, or ANYWHERE. triggers: kinds and statuses, with the theme where one is asked."""

    origin: str
    target: str
    triggers: tuple[str, ...]


def arrows(journey: Journey) -> list[Arrow]:
    """The arrows of `journey`, in the order of its moves."""
    found: dict[tuple[str, str], list[str]] = {}
    for move in journey.moves:
        about = f" ({move.theme})" if move.theme else ""
        found.setdefault((move.origin, move.target), []).append(move.trigger + about)
    return [Arrow(origin, target, tuple(dict.fromkeys(names))) for (origin, target), names in found.items()]


def is_return(journey: Journey, arrow: Arrow) -> bool:
    """Does it lead back along the ideal path?"""
    ideal = journey.ideal
    return arrow.origin in ideal and arrow.target in ideal and ideal.index(arrow.target) < ideal.index(arrow.origin)


def starts(arrow: Arrow) -> bool:
    """Does it come from before the first stage, or from anywhere?"""
    return arrow.origin in (START, ANYWHERE)
