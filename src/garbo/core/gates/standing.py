"""The stage that an action's rules, context weights and conditions speak of.

It is the stage in the journey of the action's theme. Without a theme, or where no journey has it, it is the stage of
the open journey that the party touched last.
"""

from garbo.core.gates.context import DecisionContext, theme_of
from garbo.core.journeys.instance import Instance, latest
from garbo.core.policy.actions import Action
from garbo.core.vocabulary.instants import DAY


def standing(context: DecisionContext, theme: str) -> Instance | None:
    """Where the party stands in the journey of `theme`; None if it is not in it."""
    course = context.map.course(theme)
    if course is None:
        return latest(context.party.journeys)
    return next((i for i in context.party.journeys if i.journey == course.name and i.stage), None)


def stage_for(context: DecisionContext, action: Action) -> str:
    """The stage for `action`; "" for none."""
    if not context.party.journeys:
        return ""
    found = standing(context, theme_of(context, action))
    return found.stage if found is not None else ""


def stage_days(context: DecisionContext, theme: str) -> float:
    """Days in the stage of the journey of `theme`; 0 without one."""
    found = standing(context, theme)
    return max(0, context.at - found.since) / DAY if found is not None else 0.0
