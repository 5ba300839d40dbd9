"""From the map of a policy to the plans of the analysis.

Rules
 1. `due` is the class of the first action under `advance`: its obstacle is the visit's. A stage without `advance` owes
    nothing.
 2. `within` is what the map expects of the stage. Where it says nothing, it is the tightest deadline of the needs that
    the actions under `advance` answer; else there is no promise.
 3. A journey without a goal is measured to the end of its ideal path.
"""

from collections.abc import Mapping

from garbo.core.policy.journey import Journey, StageDefinition
from garbo.core.policy.policy import Policy
from garbo.journeys.plan import JourneyPlan, StagePlan


def plans_of(policy: Policy) -> Mapping[str, JourneyPlan]:
    """The plan of each journey of the policy's map, in its order."""
    return {name: plan_of(policy, journey) for name, journey in policy.journeys.items()}


def plan_of(policy: Policy, journey: Journey) -> JourneyPlan:
    """The plan of one journey of `policy`."""
    goal = journey.goal
    return JourneyPlan(
        journey.name,
        [_stage(policy, stage) for stage in journey.stages.values()],
        journey.ideal,
        goal.stage if goal is not None else journey.ideal[-1],
        journey.ends,
        journey.label,
        goal.expect if goal is not None else 0.0,
    )


def _stage(policy: Policy, stage: StageDefinition) -> StagePlan:
    actions = [policy.actions[name] for name in stage.advance if name in policy.actions]
    deadlines = [policy.needs[need].answer_within for a in actions for need in a.answers if need in policy.needs]
    return StagePlan(
        stage.name,
        stage.label,
        due=actions[0].action_class.value if actions else "",
        within=stage.expect.within or min(deadlines, default=0),
        patience=stage.patience,
        tolerate=stage.tolerate,
        optional=stage.optional,
        turn=stage.turn,
    )
