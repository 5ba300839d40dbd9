"""Checks of actions.yaml: known names, permitted classes, complete texts, actions that can happen."""

from string import Formatter

from garbo.policy.build import Files
from garbo.policy.names import ACTIONS, PROMOTIONS, Names, check_name, check_names, texts
from garbo.policy.problems import Finding, Findings, Path, did_you_mean
from garbo.policy.schema.documents import ActionPart, TriggerPart

PLACEHOLDERS = frozenset({"name", "promised_time", "household", "branch", "theme", "operator"})


def lint(files: Files, names: Names) -> Findings:
    actions = files.actions.actions
    for name, action in actions.items():
        path = ("actions", name)
        yield from _names(path, action, names)
        yield from _class(path, name, action)
        yield from _texts(path, name, action, names)
        for index, trigger in enumerate(action.triggers):
            yield from _trigger((*path, "triggers", index), name, trigger, actions, names)
        yield from _follow_ups(path, name, action, actions)
        yield from _reachable(path, name, action, actions)
    yield from _endless(actions)


def _names(path: Path, action: ActionPart, names: Names) -> Findings:
    yield from check_name(ACTIONS, (*path, "purpose"), "purpose", action.purpose, names.purposes)
    yield from check_name(ACTIONS, (*path, "channel"), "channel", action.channel, names.channels)
    yield from check_names(ACTIONS, (*path, "answers"), "need", action.answers, names.needs)
    yield from check_names(ACTIONS, (*path, "rides_on"), "channel", action.rides_on, names.channels)
    yield from check_names(
        ACTIONS, (*path, "cancelled_by"), "touchpoint or status", action.cancelled_by, names.happenings
    )
    yield from check_names(ACTIONS, (*path, "context"), "life-cycle state", action.context, names.states)
    if action.theme:
        yield from check_name(ACTIONS, (*path, "theme"), "theme", action.theme, names.themes)
    if action.family:
        yield from check_name(ACTIONS, (*path, "family"), "family", action.family, names.families)


def _class(path: Path, name: str, action: ActionPart) -> Findings:
    """A class above marketing bypasses arbitration, and each cap that does not name it: no promotion may use one."""
    promotes, marketing = action.purpose in PROMOTIONS, action.action_class == "marketing"
    if marketing and not promotes:
        message = f"{name}: marketing for the purpose '{action.purpose}' would need no consent: use one of "
        yield Finding(ACTIONS, (*path, "purpose"), message + ", ".join(sorted(PROMOTIONS)))
    if promotes and not marketing and not action.internal:
        message = f"{name}: '{action.purpose}' promotes: its class must be marketing, not {action.action_class}"
        yield Finding(ACTIONS, (*path, "class"), message)
    if marketing:
        for key, value in (("theme", action.theme), ("family", action.family)):
            if not value:
                yield Finding(ACTIONS, path, f"{name}: marketing needs a {key}: add it")
        if action.ignores_quiet_hours:
            message = f"{name}: marketing must keep quiet hours: remove ignores_quiet_hours"
            yield Finding(ACTIONS, (*path, "ignores_quiet_hours"), message)
        if action.internal:
            message = f"{name}: an internal action (a note for staff) is not marketing: change its class"
            yield Finding(ACTIONS, (*path, "internal"), message)
    if action.channel == "third_party":
        message = f"{name}: third_party only reports events and delivers nothing: use another channel"
        yield Finding(ACTIONS, (*path, "channel"), message)
    if action.placement.delay and action.placement.at:
        message = f"{name}: either a delay or a time, not both: remove delay or at"
        yield Finding(ACTIONS, (*path, "placement"), message)


def _texts(path: Path, name: str, action: ActionPart, names: Names) -> Findings:
    promises = any(f.promise for f in action.follow_ups)
    for key, given in (("title", action.title), ("message", action.message)):
        yield from texts(ACTIONS, (*path, key), given, names.languages)
        for language, text in given.items():
            place = (*path, key, language)
            try:
                fields = [(f, spec, conversion) for _, f, spec, conversion in Formatter().parse(text) if f is not None]
            except ValueError as error:
                message = f"{name}: the braces do not match ({error}): write {{{{ and }}}} for a literal brace"
                yield Finding(ACTIONS, place, message)
                continue
            for field, spec, conversion in fields:
                if field not in PLACEHOLDERS or spec or conversion:
                    message = f"{name}: unknown placeholder '{{{field}}}'{did_you_mean(field, PLACEHOLDERS)}"
                    yield Finding(ACTIONS, place, message)
                if field == "promised_time" and not promises:
                    message = f"{name}: names {{promised_time}}, but no follow-up of it is a promise: add promise: true"
                    yield Finding(ACTIONS, place, message)


def _trigger(path: Path, action: str, trigger: TriggerPart, actions: dict[str, ActionPart], names: Names) -> Findings:
    own = trigger.on in ("follow_up", "promise")
    domain = {"touchpoint": names.kinds, "outcome": names.statuses, "need": names.needs, "overdue": names.needs}
    if not own:
        what = {"outcome": "status of outcome", "overdue": "need"}.get(trigger.on, trigger.on)
        yield from check_names(ACTIONS, (*path, "name"), what, trigger.name, domain[trigger.on])
        if not trigger.name:
            yield Finding(ACTIONS, path, f"{action}: the trigger {trigger.on} needs a name: add it")
    elif any(n != action for n in trigger.name):
        message = f"{action}: {trigger.on} always means the action itself: remove the name"
        yield Finding(ACTIONS, (*path, "name"), message)
    else:
        promise = trigger.on == "promise"
        if not any(f.action == action and f.promise == promise for a in actions.values() for f in a.follow_ups):
            kind = trigger.on.replace("_", "-")
            message = f"{action}: no action has it as a {kind}: add it to follow_ups, or remove the trigger"
            yield Finding(ACTIONS, path, message, absence=True)
    if trigger.theme not in ("", "="):
        yield from check_name(ACTIONS, (*path, "theme"), "theme", trigger.theme, names.themes)
    if trigger.theme == "=" and not actions[action].theme:
        message = f'{action}: "=" means the action\'s own theme, and it has none: add a theme, or name one here'
        yield Finding(ACTIONS, (*path, "theme"), message)
    for key, value in (("after_action", trigger.after_action), ("of_action", trigger.of_action)):
        if value:
            yield from check_name(ACTIONS, (*path, key), "action", value, names.actions)
    if trigger.of_action and trigger.on != "outcome":
        message = f"{action}: of_action belongs to the trigger outcome: remove it here"
        yield Finding(ACTIONS, (*path, "of_action"), message)
    if not trigger.after_action and (trigger.after_min or trigger.after_max):
        yield Finding(ACTIONS, path, f"{action}: after_min and after_max need after_action: add it")
    if trigger.after_max and trigger.after_max <= trigger.after_min:
        message = f"{action}: after_max is not later than after_min: make it longer"
        yield Finding(ACTIONS, (*path, "after_max"), message)
    if trigger.on == "need" and not set(trigger.name) <= set(actions[action].answers):
        missing = ", ".join(n for n in trigger.name if n not in actions[action].answers)
        message = f"{action}: a need triggers it that it does not answer ({missing}): add the need to answers"
        yield Finding(ACTIONS, path, message, fatal=False)


def _follow_ups(path: Path, name: str, action: ActionPart, actions: dict[str, ActionPart]) -> Findings:
    for index, follow_up in enumerate(action.follow_ups):
        place = (*path, "follow_ups", index)
        yield from check_name(ACTIONS, (*place, "action"), "action", follow_up.action, actions)
        if follow_up.delay and follow_up.at:
            yield Finding(ACTIONS, place, f"{name}: either a delay or a time, not both: remove delay or at")
        if not follow_up.delay and not follow_up.at and not follow_up.days:
            yield Finding(ACTIONS, place, f"{name}: the follow-up has no time: add delay, days or at")
        target = actions.get(follow_up.action)
        if target is not None and target.rides_on:
            message = f"{name}: '{follow_up.action}' only rides on others and cannot be a follow-up: choose another"
            yield Finding(ACTIONS, place, message)
        if follow_up.promise and target is not None and target.action_class == "marketing":
            message = f"{name}: promises '{follow_up.action}', which caps may hold back: promise a service action"
            yield Finding(ACTIONS, place, message)


def _reachable(path: Path, name: str, action: ActionPart, actions: dict[str, ActionPart]) -> Findings:
    if action.rides_on:
        carriers = {a.channel for a in actions.values() if a.action_class == "service" and not a.internal}
        for index, channel in enumerate(action.rides_on):
            if channel not in carriers:
                message = f"{name}: no service action uses '{channel}': let it ride on another channel"
                yield Finding(ACTIONS, (*path, "rides_on", index), message, absence=True)
        for key, given in (("triggers", action.triggers), ("follow_ups", action.follow_ups)):
            if given:
                message = f"{name}: a rider is never sent alone, so it has no {key}: remove them"
                yield Finding(ACTIONS, (*path, key), message)
    elif not action.triggers and not any(f.action == name for a in actions.values() for f in a.follow_ups):
        yield Finding(ACTIONS, path, f"{name}: nothing triggers it: add a trigger, or remove the action", absence=True)


def _endless(actions: dict[str, ActionPart]) -> Findings:
    """Follow-ups that lead back to their action would never end."""
    for name in actions:
        seen: set[str] = set()
        ahead = [f.action for f in actions[name].follow_ups]
        while ahead:
            step = ahead.pop()
            if step == name:
                path = ("actions", name, "follow_ups")
                message = f"{name}: its follow-ups lead back to it without end: remove one of them"
                yield Finding(ACTIONS, path, message)
                break
            if step not in seen and step in actions:
                seen.add(step)
                ahead += [f.action for f in actions[step].follow_ups]
