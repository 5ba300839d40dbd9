"""Checks of journey.yaml: known names, moves that can happen, stages that can be reached."""

from garbo.policy.build.files import Files
from garbo.policy.names import JOURNEY, Names, check_name, check_names, texts
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.documents import TouchpointPart


def lint(files: Files, names: Names) -> Findings:
    yield from _touchpoints(files, names)
    yield from _lifecycle(files, names)
    yield from _moves(files, names)
    yield from _reach(files)


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
    for name, stage in files.journey.stages.items():
        yield from texts(JOURNEY, ("stages", name, "label"), stage.label, names.languages)
        if name in names.states:
            message = f"'{name}' is a state of the life cycle; give the stage another name"
            yield Finding(JOURNEY, ("stages", name), message)
        if name == "start":
            message = "'start' means before the first stage; give the stage another name"
            yield Finding(JOURNEY, ("stages", name), message)


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
        "journey.yaml": name in files.journey.lifecycle or any(name in move.trigger for move in files.journey.moves),
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


def _moves(files: Files, names: Names) -> Findings:
    origins = names.stages | {"*", "start"}
    first: dict[tuple[str, str, str], int] = {}
    for index, move in enumerate(files.journey.moves):
        path = ("moves", index)
        yield from check_names(JOURNEY, (*path, "from"), "stage", move.origin, origins)
        yield from check_names(JOURNEY, (*path, "on"), "touchpoint or status", move.trigger, names.happenings)
        yield from check_name(JOURNEY, (*path, "to"), "stage", move.target, names.stages)
        if move.theme:
            yield from check_name(JOURNEY, (*path, "theme"), "theme", move.theme, names.themes)
        for origin in move.origin:
            if origin == move.target:
                yield Finding(JOURNEY, path, f"moves from '{origin}' to itself: remove the move or change a stage")
            for trigger in move.trigger:
                hides = [(o, trigger, t) for o in (origin, "*") for t in (move.theme, "")]
                hidden = next((first[h] for h in hides if h in first), None)
                if hidden is not None and files.journey.moves[hidden].target != origin:
                    message = (
                        f"'{origin}' on '{trigger}' never happens: move {hidden + 1} of the list comes first; "
                        "change the order or remove one"
                    )
                    yield Finding(JOURNEY, path, message)
                first.setdefault((origin, trigger, move.theme), index)


def _reach(files: Files) -> Findings:
    moves = files.journey.moves
    reached: set[str] = {"*", "start"}
    grown = True
    while grown:
        found = {m.target for m in moves if reached.intersection(m.origin)} - reached
        reached |= found
        grown = bool(found)
    for stage in files.journey.stages:
        if stage not in reached:
            message = f"no move leads to the stage '{stage}': add a move or remove the stage"
            yield Finding(JOURNEY, ("stages", stage), message, False, True)
