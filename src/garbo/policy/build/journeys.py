"""The journeys and segments of journey.yaml -> the core's."""

from collections.abc import Mapping

from garbo.core.policy.actions import Rule
from garbo.core.policy.journey import Expected, Goal, Journey, Move, StageDefinition
from garbo.policy.build.files import Rules
from garbo.policy.cel import CompiledRule
from garbo.policy.schema.journey import JourneyFile, JourneyPart, StagePart

# No action can have these names: they hold a point. The conditions of journeys and segments stand among the rules.
OF_JOURNEY, OF_SEGMENTS = "journeys.{}", "segments."


def journeys(given: JourneyFile, rules: Rules) -> dict[str, Journey]:
    """The journeys by name, with their compiled conditions."""
    return {name: _journey(name, part, rules) for name, part in given.journeys.items()}


def segments(given: JourneyFile, rules: Rules) -> Mapping[str, Rule]:
    """The compiled conditions of the segments, in the file's order."""
    return {name: rule for name in given.segments if (rule := _rule(rules, OF_SEGMENTS, name)) is not None}


def _journey(name: str, part: JourneyPart, rules: Rules) -> Journey:
    own = OF_JOURNEY.format(name)
    return Journey(
        name=name,
        label=part.label,
        themes=tuple(part.themes),
        lifecycle=tuple(part.lifecycle),
        enter=_rule(rules, own, "enter"),
        exit=_rule(rules, own, "exit"),
        ideal=tuple(part.ideal),
        goal=Goal(**part.goal.model_dump()) if part.goal is not None else None,
        ends=tuple(part.ends),
        reentry=part.reentry,
        stages={stage: _stage(stage, of_stage) for stage, of_stage in part.stages.items()},
        moves=tuple(
            Move("" if origin == "start" else origin, trigger, move.target, move.theme)
            for move in part.moves
            for origin in move.origin
            for trigger in move.trigger
        ),
    )


def _stage(name: str, part: StagePart) -> StageDefinition:
    return StageDefinition(
        name=name,
        label=part.label,
        turn=part.turn,
        patience=part.patience,
        touchpoints={kind: tuple(channels) for kind, channels in part.touchpoints.items()},
        optional=part.optional,
        expect=Expected(**part.expect.model_dump()),
        advance=tuple(part.advance),
        capacity=dict(part.capacity),
        tolerate=dict(part.tolerate),
    )


def _rule(rules: Rules, owner: str, name: str) -> Rule | None:
    found = rules.get((owner, name))
    return found if isinstance(found, CompiledRule) else None
