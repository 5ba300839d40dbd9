"""What is odd about a map that loads: where nobody can drop out, go on, or be measured."""

from collections.abc import Iterator
from typing import NamedTuple

from garbo.core.policy.journey import COMPANY, REST, Journey
from garbo.core.policy.policy import Policy


class Remark(NamedTuple):
    """stage: "" for the journey as a whole. journey: "" for the map."""

    journey: str
    stage: str
    text: str

    def __str__(self) -> str:
        where = "/".join(filter(None, (self.journey, self.stage))) or "the map"
        return f"{where}: {self.text}"


def review(policy: Policy) -> list[Remark]:
    """What is odd, journey by journey."""
    return [remark for journey in policy.journeys.values() for remark in _journey(journey)] + list(_map(policy))


def onward(journey: Journey, stage: str) -> bool:
    """Does some move lead from `stage` to a later stage of the ideal path?"""
    later = journey.ideal[journey.ideal.index(stage) + 1 :] if stage in journey.ideal else journey.ideal
    return any(move.target in later for move in journey.moves if move.origin in (stage, "*"))


def _journey(journey: Journey) -> Iterator[Remark]:
    goal = journey.goal.stage if journey.goal is not None else ""
    if not goal:
        yield Remark(journey.name, "", "it has no goal, so nothing says how well it goes: add one")
    if not journey.ideal:
        yield Remark(journey.name, "", "it has no ideal path, so no step is onward or back: add ideal")
    for name, stage in journey.stages.items():
        last = name == goal or name in journey.ends
        if not stage.patience:
            yield Remark(journey.name, name, "it has no patience, so nobody drops out of it: add one")
        if stage.turn == COMPANY and not stage.advance and not last:
            yield Remark(
                journey.name, name, "it is our turn, but no action advances it: add advance, or change the turn"
            )
        if not last and not any(move.origin in (name, "*") for move in journey.moves):
            yield Remark(journey.name, name, "no move leads away from it: add one, or list it under ends")
        elif not last and name in journey.ideal and not onward(journey, name):
            yield Remark(journey.name, name, "no move leads on from it along the ideal path: add one")


def _map(policy: Policy) -> Iterator[Remark]:
    given = policy.journeys.values()
    themes = {theme for journey in given for theme in journey.themes}
    if REST not in themes:
        left = [theme for theme in policy.themes if theme not in themes]
        if left:
            yield Remark("", "", f"no journey has the themes {', '.join(left)}: what is about them stands nowhere")
