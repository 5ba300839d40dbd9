"""Checks of journey.yaml beside its journeys: touchpoints, the life cycle, segments."""

from garbo.core.policy.journey import EVERYONE
from garbo.core.policy.journey_map import JOURNEYS, SEGMENTS
from garbo.policy.build.files import Files
from garbo.policy.lint import journeys
from garbo.policy.names import JOURNEY, Names, check_name, check_names
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.journey import TouchpointPart


def lint(files: Files, names: Names) -> Findings:
    yield from _touchpoints(files, names)
    yield from _lifecycle(files, names)
    yield from _bounds(files)
    yield from journeys.lint(files, names)


def _touchpoints(files: Files, names: Names) -> Findings:
    for name, touchpoint in files.journey.touchpoints.items():
        path = ("touchpoints", name)
        yield from check_names(JOURNEY, (*path, "channels"), "channel", touchpoint.channels, names.channels)
        if name in names.statuses - {"complaint"}:  # a complaint may come as a touchpoint or as an outcome
            yield Finding(JOURNEY, path, f"'{name}' is a status of outcomes; give the touchpoint another name")
        if touchpoint.direction == "outbound" and touchpoint.asks:
            message = f"'{name}' is the company's own contact, so nobody asks with it: remove asks or the direction"
            yield Finding(JOURNEY, (*path, "asks"), message)
        if touchpoint.direction == "outbound" and touchpoint.objects:
            message = (
                f"'{name}' is the company's own contact, so nobody objects with it: remove objects or the direction"
            )
            yield Finding(JOURNEY, (*path, "objects"), message)
        if touchpoint.corrects:
            yield from _correction(path, name, touchpoint, files)


def _correction(path: Path, name: str, touchpoint: TouchpointPart, files: Files) -> Findings:
    """A correction is by staff: nothing happens with it, and it teaches what themes.yaml lets learn."""
    said = [key for key in ("interest", "asks", "tone", "public", "objects", "behaviour") if getattr(touchpoint, key)]
    if touchpoint.direction == "outbound":
        said.append("direction")
    if said:
        message = f"'{name}' is a correction by staff, and no doing of the customer's: remove {' and '.join(said)}"
        yield Finding(JOURNEY, (*path, said[0]), message)
    happens = {
        "needs.yaml": any(name in need.opened_by or name in need.resolved_by for need in files.needs.needs.values()),
        "journey.yaml": name in files.journey.lifecycle
        or any(
            any(name in stage.touchpoints for stage in journey.stages.values())
            or any(name in move.trigger for move in journey.moves)
            for journey in files.journey.journeys.values()
        ),
        "policy.yaml": name in files.policy.decide_on,
        "actions.yaml": any(
            name in action.cancelled_by or any(entry.on == "touchpoint" and name in entry.name for entry in action.when)
            for action in files.actions.actions.values()
        ),
    }
    for file, named in happens.items():
        if named:
            message = f"'{name}' is a correction, so nothing happens with it: remove it elsewhere in {file}"
            yield Finding(JOURNEY, (*path, "corrects"), message)
    if not files.themes.learn:
        message = f"'{name}' corrects, and themes.yaml lets nothing learn: add learn there, or remove corrects"
        yield Finding(JOURNEY, (*path, "corrects"), message, fatal=False)


def _lifecycle(files: Files, names: Names) -> Findings:
    lifecycle = files.journey.lifecycle
    yield from check_names(JOURNEY, ("lifecycle",), "touchpoint or status", lifecycle, names.happenings)
    for trigger, state in lifecycle.items():
        yield from check_name(JOURNEY, ("lifecycle", trigger), "life-cycle state", state, names.states)
    first = names.vocabulary.first_state
    led = {state for target in lifecycle.values() for state in (target, *names.vocabulary.steps(first, target))}
    for state, word in names.vocabulary.lifecycle.items():
        if state not in led | {first} and not word.former:
            message = f"nothing leads to '{state}': add the touchpoint or outcome that does"
            yield Finding(JOURNEY, ("lifecycle",), message, False, True)


def _bounds(files: Files) -> Findings:
    segments, given = files.journey.segments, files.journey.journeys
    if len(segments) > SEGMENTS:
        message = f"{len(segments)} segments are more than {SEGMENTS}: each is a dimension of every figure; join some"
        yield Finding(JOURNEY, ("segments",), message)
    if EVERYONE in segments:
        message = f"'{EVERYONE}' is the segment of who fits no other; give the segment another name"
        yield Finding(JOURNEY, ("segments", EVERYONE), message)
    if len(given) > JOURNEYS:
        message = f"{len(given)} journeys are more than {JOURNEYS}: join those that share their stages"
        yield Finding(JOURNEY, ("journeys",), message)
