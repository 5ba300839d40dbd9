"""Checks of journey.yaml beside its journeys: touchpoints, the life cycle, segments."""

from garbo.core.policy.journey import EVERYONE
from garbo.core.policy.journey_map import JOURNEYS, SEGMENTS
from garbo.policy.build.files import Files
from garbo.policy.lint import journeys
from garbo.policy.names import JOURNEY, Names, check_name, check_names
from garbo.policy.problems import Finding, Findings


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
