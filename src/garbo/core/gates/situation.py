"""The conditions of the map, at an event: the party's segment, may its journey start, which journeys end.

They are judged on the row as the event left it, and kept in the journal: a late event does not judge the others again.
A condition that cannot be judged does not hold. A person in the journey has the segment with which it began: the
conditions of the segments are judged only of who may start.
"""

from collections.abc import Mapping

from garbo.core.gates.context import DecisionContext
from garbo.core.gates.rule_values import rule_values
from garbo.core.party.placement import EVERYWHERE, Situation
from garbo.core.policy.actions import Rule
from garbo.core.policy.journey import EVERYONE
from garbo.core.policy.journey_map import JourneyMap
from garbo.core.policy.lookups import RuleValue


def situation(context: DecisionContext, map_: JourneyMap, theme: str) -> Situation:
    """What the map's conditions say now; `theme`: of the event."""
    if not map_.conditional:
        return EVERYWHERE
    policy, party = context.policy, context.party
    course = map_.course(theme) if theme else map_.rest
    here = next((i for i in party.journeys if i.stage and i.journey == course.name), None) if course else None
    journey = policy.journeys[course.name] if course is not None else None
    enter = journey.enter if journey is not None else None
    segment = here.segment if here is not None else EVERYONE
    values: Mapping[str, RuleValue] = {}
    if map_.exiting or enter is not None or (here is None and policy.segments):
        values = rule_values(context, policy.placing_variables, policy.placing_lookups)
    if here is None:
        segment = next((name for name, rule in policy.segments.items() if _holds(rule, values)), EVERYONE)
    enters = journey is None or not journey.lifecycle or party.lifecycle in journey.lifecycle
    enters = enters and (enter is None or _holds(enter, values))
    exits = 0
    for other in map_.courses if map_.exiting else ():
        rule = policy.journeys[other.name].exit
        if rule is not None and _holds(rule, values):
            exits |= 1 << other.number
    if course is not None and exits >> course.number & 1:  # what ends it does not start it again
        enters = False
    return Situation(segment, enters, exits)


def _holds(rule: Rule, values: Mapping[str, RuleValue]) -> bool:
    try:
        return rule(values)
    except Exception:  # noqa: BLE001  # a rule is the analyst's code: its errors must not stop the decision
        return False
