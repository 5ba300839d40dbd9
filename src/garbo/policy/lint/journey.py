"""journey.yaml: moves that are legal, can happen, and leave no stage out of reach."""

from garbo.core.party.lifecycle import CUSTOMER
from garbo.policy.build import Files
from garbo.policy.known import JOURNEY, Known, texts, unknown, unknowns
from garbo.policy.problems import Finding, Findings


def lint(files: Files, names: Known) -> Findings:
    yield from _touchpoints(files, names)
    yield from _lifecycle(files, names)
    yield from _moves(files, names)
    yield from _reach(files)


def _touchpoints(files: Files, names: Known) -> Findings:
    for name, touchpoint in files.journey.touchpoints.items():
        path = ("touchpoints", name)
        yield from unknowns(JOURNEY, (*path, "channels"), "channel", touchpoint.channels, names.channels)
        if name in names.statuses - {"complaint"}:  # a complaint is one, whether it comes by itself or as an outcome
            yield Finding(JOURNEY, path, f"'{name}' is a status of outcomes; give the touchpoint another name")
    for name, label in files.journey.stages.items():
        yield from texts(JOURNEY, ("stages", name), label, names.languages)
        if name == "start":
            yield Finding(JOURNEY, ("stages", name), "'start' means before the first stage; name the stage otherwise")


def _lifecycle(files: Files, names: Known) -> Findings:
    lifecycle = files.journey.lifecycle
    yield from unknowns(JOURNEY, ("lifecycle",), "touchpoint or status", lifecycle, names.happenings)
    for trigger, state in lifecycle.items():
        yield from unknown(JOURNEY, ("lifecycle", trigger), "life-cycle state", state, names.states)
    if CUSTOMER not in lifecycle.values():
        yield Finding(JOURNEY, ("lifecycle",), "nothing leads to 'customer': begin with the end in mind", False, True)


def _moves(files: Files, names: Known) -> Findings:
    origins = names.stages | {"*", "start"}
    first: dict[tuple[str, str, str], int] = {}
    for at, move in enumerate(files.journey.moves):
        path = ("moves", at)
        yield from unknowns(JOURNEY, (*path, "from"), "stage", move.origin, origins)
        yield from unknowns(JOURNEY, (*path, "on"), "touchpoint or status", move.trigger, names.happenings)
        yield from unknown(JOURNEY, (*path, "to"), "stage", move.target, names.stages)
        if move.theme:
            yield from unknown(JOURNEY, (*path, "theme"), "theme", move.theme, names.themes)
        for origin in move.origin:
            if origin == move.target:
                yield Finding(JOURNEY, path, f"moves from '{origin}' to itself")
            for trigger in move.trigger:
                hides = [(o, trigger, t) for o in (origin, "*") for t in (move.theme, "")]
                hidden = next((first[h] for h in hides if h in first), None)
                if hidden is not None and files.journey.moves[hidden].target != origin:
                    message = f"'{origin}' on '{trigger}' never happens: move {hidden + 1} of the list comes first"
                    yield Finding(JOURNEY, path, message)
                first.setdefault((origin, trigger, move.theme), at)


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
            yield Finding(JOURNEY, ("stages", stage), f"no move leads to the stage '{stage}'", False, True)
