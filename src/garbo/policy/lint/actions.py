"""Checks of actions.yaml: known names, permitted classes, groups, dates."""

from garbo.policy.build.files import Files
from garbo.policy.lint import reach, treatments, when
from garbo.policy.names import ACTIONS, Names, check_name, check_names, texts
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.actions import ActionPart


def lint(files: Files, names: Names) -> Findings:
    yield from _groups(files, names)
    for name, action in files.actions.actions.items():
        path = ("actions", name)
        yield from _names(path, action, names)
        yield from _class(path, name, action, names)
        yield from _dates(path, name, action)
        yield from treatments.lint(path, name, action, files, names)
        yield from when.lint(path, name, action, files, names)
        yield from reach.lint(path, name, action, files)
    yield from reach.endless(files.actions.actions)


def _groups(files: Files, names: Names) -> Findings:
    used = {a.group for a in files.actions.actions.values()}
    sells = {a.group for a in files.actions.actions.values() if a.action_class == "marketing"}
    for name, group in files.actions.groups.items():
        path = ("groups", name)
        yield from texts(ACTIONS, (*path, "label"), group.label, names.languages)
        if group.model:
            yield from check_name(ACTIONS, (*path, "model"), "model", group.model, names.families)
        elif name in sells:
            message = f"{name}: the group has no model, so each of its offers counts as surely accepted: name a model"
            yield Finding(ACTIONS, path, message, fatal=False)
        if name not in used:
            message = f"no action is in the group '{name}': remove it, or name it in an action"
            yield Finding(ACTIONS, path, message, fatal=False, absence=True)


def _names(path: Path, action: ActionPart, names: Names) -> Findings:
    yield from check_name(ACTIONS, (*path, "purpose"), "purpose", action.purpose, names.purposes)
    yield from check_names(ACTIONS, (*path, "answers"), "need", action.answers, names.needs)
    yield from check_names(ACTIONS, (*path, "rides_on"), "channel", action.rides_on, names.channels)
    yield from check_names(
        ACTIONS, (*path, "cancelled_by"), "touchpoint or status", action.cancelled_by, names.happenings
    )
    yield from check_names(ACTIONS, (*path, "lifecycle"), "life-cycle state", action.lifecycle, names.states)
    yield from check_names(ACTIONS, (*path, "stages"), "stage", action.stages, names.stages)
    yield from check_names(
        ACTIONS, (*path, "context"), "life-cycle state or stage", action.context, names.states | names.stages
    )
    if action.theme:
        yield from check_name(ACTIONS, (*path, "theme"), "theme", action.theme, names.themes)
    if action.group:
        yield from check_name(ACTIONS, (*path, "group"), "group", action.group, names.groups)


def _class(path: Path, name: str, action: ActionPart, names: Names) -> Findings:
    """A class above marketing bypasses arbitration, and each cap that does not name it: no promotion may use one."""
    promotes, marketing = action.purpose in names.promotions, action.action_class == "marketing"
    if marketing and not promotes:
        message = f"{name}: marketing for the purpose '{action.purpose}' would need no consent: use one of "
        yield Finding(ACTIONS, (*path, "purpose"), message + ", ".join(sorted(names.promotions)))
    if promotes and not marketing and not action.internal:
        message = f"{name}: '{action.purpose}' promotes: its class must be marketing, not {action.action_class}"
        yield Finding(ACTIONS, (*path, "class"), message)
    if marketing:
        for key, value in (("theme", action.theme), ("group", action.group)):
            if not value:
                yield Finding(ACTIONS, path, f"{name}: marketing needs a {key}: add it")
        if action.ignores_quiet_hours:
            message = f"{name}: marketing must keep quiet hours: remove ignores_quiet_hours"
            yield Finding(ACTIONS, (*path, "ignores_quiet_hours"), message)
        if action.internal:
            message = f"{name}: an internal action (a note for staff) is not marketing: change its class"
            yield Finding(ACTIONS, (*path, "internal"), message)
    if action.placement.delay and action.placement.at:
        message = f"{name}: either a delay or a time, not both: remove delay or at"
        yield Finding(ACTIONS, (*path, "placement"), message)


def _dates(path: Path, name: str, action: ActionPart) -> Findings:
    if action.valid_until and action.valid_until < action.valid_from:  # ISO dates compare as text
        message = f"{name}: valid_until is before valid_from, so it is never valid: exchange the dates"
        yield Finding(ACTIONS, (*path, "valid_until"), message)
