"""Checks of the journeys of journey.yaml: known names, moves that can happen, stages and goals that can be reached."""

from collections.abc import Mapping

from garbo.core.policy.journey import ANYWHERE, REST
from garbo.core.policy.journey_map import CODES
from garbo.policy.build.files import Files
from garbo.policy.names import ACTIONS, JOURNEY, Names, check_name, check_names, texts
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.journey import JourneyPart, StagePart

START = "start"

CAUSES = frozenset(
    {
        "rule", "cap", "consent", "capacity", "quiet_hours", "unreachable", "suppressed", "outranked", "slow",
        "negative",
    }
)  # fmt: skip
"""Why a visit may be held back."""


def lint(files: Files, names: Names) -> Findings:
    owner: dict[str, str] = {}
    for name, journey in files.journey.journeys.items():
        path = ("journeys", name)
        yield from texts(JOURNEY, (*path, "label"), journey.label, names.languages)
        yield from _themes(path, name, journey, names, owner)
        yield from check_names(JOURNEY, (*path, "lifecycle"), "life-cycle state", journey.lifecycle, names.states)
        for stage, part in journey.stages.items():
            yield from _stage((*path, "stages", stage), stage, part, names)
        yield from _path(path, name, journey)
        yield from _moves(path, journey, names)
        yield from _reach(path, name, journey)
        if len(journey.stages) > len(CODES):
            message = f"{name}: {len(journey.stages)} stages are more than {len(CODES)}: join some"
            yield Finding(JOURNEY, (*path, "stages"), message)
    yield from _of_actions(files, owner)


def _themes(path: Path, name: str, journey: JourneyPart, names: Names, owner: dict[str, str]) -> Findings:
    yield from check_names(JOURNEY, (*path, "themes"), "theme", journey.themes, names.themes | {REST})
    for index, theme in enumerate(journey.themes):
        other = owner.setdefault(theme, name)
        if other != name:
            what = "the other themes belong" if theme == REST else f"the theme '{theme}' belongs"
            message = f"{name}: {what} to the journey '{other}' already: remove it from one of them"
            yield Finding(JOURNEY, (*path, "themes", index), message)


def _stage(path: Path, name: str, stage: StagePart, names: Names) -> Findings:
    yield from texts(JOURNEY, (*path, "label"), stage.label, names.languages)
    if name in names.states:
        yield Finding(JOURNEY, path, f"'{name}' is a state of the life cycle; give the stage another name")
    if name == START:
        yield Finding(JOURNEY, path, "'start' means before the first stage; give the stage another name")
    yield from check_names(JOURNEY, (*path, "touchpoints"), "touchpoint", stage.touchpoints, names.kinds)
    for kind, channels in stage.touchpoints.items():
        yield from check_names(JOURNEY, (*path, "touchpoints", kind), "channel", channels, names.channels)
    yield from check_names(JOURNEY, (*path, "advance"), "action", stage.advance, names.actions)
    yield from check_names(JOURNEY, (*path, "capacity"), "channel", stage.capacity, names.channels)
    yield from check_names(JOURNEY, (*path, "tolerate"), "cause", stage.tolerate, CAUSES)


def _path(path: Path, name: str, journey: JourneyPart) -> Findings:
    """The ideal path, the goal and the ends are of the journey's stages."""
    stages = journey.stages
    yield from check_names(JOURNEY, (*path, "ideal"), "stage", journey.ideal, stages)
    yield from check_names(JOURNEY, (*path, "ends"), "stage", journey.ends, stages)
    for index, stage in enumerate(journey.ideal):
        if stage in journey.ideal[:index]:
            message = f"{name}: '{stage}' stands twice on the ideal path: remove it once"
            yield Finding(JOURNEY, (*path, "ideal", index), message)
    if journey.goal is not None:
        yield from check_name(JOURNEY, (*path, "goal", "stage"), "stage", journey.goal.stage, stages)
        known = journey.goal.stage in stages and {*journey.ideal} <= stages.keys()
        if known and journey.ideal and journey.goal.stage not in journey.ideal:
            message = f"{name}: the goal '{journey.goal.stage}' is not on the ideal path: add it there"
            yield Finding(JOURNEY, (*path, "goal", "stage"), message)


def _moves(path: Path, journey: JourneyPart, names: Names) -> Findings:
    origins = {*journey.stages, ANYWHERE, START}
    first: dict[tuple[str, str, str], int] = {}
    for index, move in enumerate(journey.moves):
        here = (*path, "moves", index)
        yield from check_names(JOURNEY, (*here, "from"), "stage", move.origin, origins)
        yield from check_names(JOURNEY, (*here, "on"), "touchpoint or status", move.trigger, names.happenings)
        yield from check_name(JOURNEY, (*here, "to"), "stage", move.target, journey.stages)
        if move.theme:
            yield from check_name(JOURNEY, (*here, "theme"), "theme", move.theme, names.themes)
            if move.theme in names.themes and not {move.theme, REST} & {*journey.themes}:
                message = f"'{move.theme}' is no theme of the journey: add it to themes, or remove the move"
                yield Finding(JOURNEY, (*here, "theme"), message)
        for origin in move.origin:
            if origin == move.target:
                yield Finding(JOURNEY, here, f"moves from '{origin}' to itself: remove the move or change a stage")
            for trigger in move.trigger:
                hides = [(o, trigger, t) for o in (origin, ANYWHERE) for t in (move.theme, "")]
                hidden = next((first[h] for h in hides if h in first), None)
                if hidden is not None and journey.moves[hidden].target != origin:
                    message = (
                        f"'{origin}' on '{trigger}' never happens: move {hidden + 1} of the list comes first; "
                        "change the order or remove one"
                    )
                    yield Finding(JOURNEY, here, message)
                first.setdefault((origin, trigger, move.theme), index)


def reached(journey: JourneyPart) -> frozenset[str]:
    """The stages that some chain of moves reaches from the start."""
    found: set[str] = {ANYWHERE, START}
    grown = True
    while grown:
        more = {m.target for m in journey.moves if found.intersection(m.origin)} - found
        found |= more
        grown = bool(more)
    return frozenset(found)


def _reach(path: Path, name: str, journey: JourneyPart) -> Findings:
    found = reached(journey)
    for stage in journey.stages:
        if stage not in found:
            message = f"{name}: no move leads to the stage '{stage}': add a move or remove the stage"
            yield Finding(JOURNEY, (*path, "stages", stage), message, False, True)


def _of_actions(files: Files, owner: Mapping[str, str]) -> Findings:
    """The stages that an action names are of the journey of its theme."""
    given = files.journey.journeys
    for name, action in files.actions.actions.items():
        journey = (owner.get(action.theme) or owner.get(REST, "")) if action.theme else ""
        if action.theme and action.stages and not journey:
            message = f"{name}: no journey has the theme '{action.theme}', so it is in none of its stages: remove them"
            yield Finding(ACTIONS, ("actions", name, "stages"), message)
        for index, stage in enumerate(action.stages if journey else ()):
            known = any(stage in part.stages for part in given.values())
            if known and stage not in given[journey].stages:
                message = f"{name}: '{stage}' is no stage of '{journey}', the journey of its theme: name one of its own"
                yield Finding(ACTIONS, ("actions", name, "stages", index), message)
    for name, part in given.items():
        for stage, of_stage in part.stages.items():
            for index, action_name in enumerate(of_stage.advance):
                leads = files.actions.actions.get(action_name)
                if leads is None or not leads.theme:
                    continue
                other = owner.get(leads.theme) or owner.get(REST, "")
                if other != name:
                    message = (
                        f"{name}: {action_name} is about '{leads.theme}', a theme of "
                        f"{f'the journey {other!r}' if other else 'no journey'}: it advances nothing here"
                    )
                    yield Finding(JOURNEY, ("journeys", name, "stages", stage, "advance", index), message)
