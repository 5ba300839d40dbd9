"""actions.yaml: every name known, every class within its rights, every text whole, every action able to happen."""

from string import Formatter

from garbo.policy.build import Files
from garbo.policy.known import ACTIONS, PROMOTIONS, Known, texts, unknown, unknowns
from garbo.policy.problems import Finding, Findings, Path, did_you_mean
from garbo.policy.schema.documents import ActionPart, TriggerPart

PLACEHOLDERS = frozenset({"name", "promised_time", "household", "branch", "theme", "operator"})


def lint(files: Files, names: Known) -> Findings:
    actions = files.actions.actions
    for name, action in actions.items():
        path = ("actions", name)
        yield from _names(path, action, names)
        yield from _class(path, name, action)
        yield from _texts(path, name, action, names)
        for at, trigger in enumerate(action.triggers):
            yield from _trigger((*path, "triggers", at), name, trigger, actions, names)
        yield from _follow_ups(path, name, action, actions)
        yield from _happens(path, name, action, actions)
    yield from _endless(actions)


def _names(path: Path, action: ActionPart, names: Known) -> Findings:
    yield from unknown(ACTIONS, (*path, "purpose"), "purpose", action.purpose, names.purposes)
    yield from unknown(ACTIONS, (*path, "channel"), "channel", action.channel, names.channels)
    yield from unknowns(ACTIONS, (*path, "answers"), "need", action.answers, names.needs)
    yield from unknowns(ACTIONS, (*path, "rides_on"), "channel", action.rides_on, names.channels)
    yield from unknowns(ACTIONS, (*path, "cancelled_by"), "touchpoint or status", action.cancelled_by, names.happenings)
    yield from unknowns(ACTIONS, (*path, "context"), "life-cycle state", action.context, names.states)
    if action.theme:
        yield from unknown(ACTIONS, (*path, "theme"), "theme", action.theme, names.themes)
    if action.family:
        yield from unknown(ACTIONS, (*path, "family"), "family", action.family, names.families)


def _class(path: Path, name: str, action: ActionPart) -> Findings:
    """A class has rights (mandatory and service pass by arbitration and caps); a purpose must not borrow them."""
    promotes, marketing = action.purpose in PROMOTIONS, action.action_class == "marketing"
    if marketing and not promotes:
        message = f"{name}: marketing for the purpose '{action.purpose}' would need no consent; use one of "
        yield Finding(ACTIONS, (*path, "purpose"), message + ", ".join(sorted(PROMOTIONS)))
    if promotes and not marketing and not action.internal:
        message = f"{name}: '{action.purpose}' promotes, so its class is marketing, not {action.action_class}"
        yield Finding(ACTIONS, (*path, "class"), message)
    if marketing:
        for key, value in (("theme", action.theme), ("family", action.family)):
            if not value:
                yield Finding(ACTIONS, path, f"{name}: marketing needs a {key}")
        if action.ignores_quiet_hours:
            yield Finding(ACTIONS, (*path, "ignores_quiet_hours"), f"{name}: marketing does not ring at night")
        if action.internal:
            yield Finding(ACTIONS, (*path, "internal"), f"{name}: a brief for staff is not marketing")
    if action.channel == "third_party":
        yield Finding(ACTIONS, (*path, "channel"), f"{name}: nobody delivers on third_party; it only reports")
    if action.placement.delay and action.placement.at:
        yield Finding(ACTIONS, (*path, "placement"), f"{name}: either after a delay or at a time, not both")


def _texts(path: Path, name: str, action: ActionPart, names: Known) -> Findings:
    promises = any(f.promise for f in action.follow_ups)
    for key, given in (("title", action.title), ("message", action.message)):
        yield from texts(ACTIONS, (*path, key), given, names.languages)
        for language, text in given.items():
            place = (*path, key, language)
            try:
                fields = [(f, spec, conversion) for _, f, spec, conversion in Formatter().parse(text) if f is not None]
            except ValueError as error:
                yield Finding(ACTIONS, place, f"{name}: the braces do not match ({error})")
                continue
            for field, spec, conversion in fields:
                if field not in PLACEHOLDERS or spec or conversion:
                    message = f"{name}: unknown placeholder '{{{field}}}'{did_you_mean(field, PLACEHOLDERS)}"
                    yield Finding(ACTIONS, place, message)
                if field == "promised_time" and not promises:
                    message = f"{name}: names {{promised_time}}, but no follow-up of it is a promise"
                    yield Finding(ACTIONS, place, message)


def _trigger(path: Path, action: str, trigger: TriggerPart, actions: dict[str, ActionPart], names: Known) -> Findings:
    own = trigger.on in ("follow_up", "promise")
    domain = {"touchpoint": names.kinds, "outcome": names.statuses, "need": names.needs, "overdue": names.needs}
    if not own:
        what = {"outcome": "status of outcome", "overdue": "need"}.get(trigger.on, trigger.on)
        yield from unknowns(ACTIONS, (*path, "name"), what, trigger.name, domain[trigger.on])
        if not trigger.name:
            yield Finding(ACTIONS, path, f"{action}: the trigger {trigger.on} needs a name")
    elif any(n != action for n in trigger.name):
        yield Finding(
            ACTIONS, (*path, "name"), f"{action}: {trigger.on} is about the action itself; leave the name out"
        )
    else:
        promise = trigger.on == "promise"
        if not any(f.action == action and f.promise == promise for a in actions.values() for f in a.follow_ups):
            yield Finding(
                ACTIONS, path, f"{action}: no action has it as a {trigger.on.replace('_', '-')}", absence=True
            )
    if trigger.theme not in ("", "="):
        yield from unknown(ACTIONS, (*path, "theme"), "theme", trigger.theme, names.themes)
    if trigger.theme == "=" and not actions[action].theme:
        yield Finding(ACTIONS, (*path, "theme"), f'{action}: "=" is the action\'s own theme, and it has none')
    for key, value in (("after_action", trigger.after_action), ("of_action", trigger.of_action)):
        if value:
            yield from unknown(ACTIONS, (*path, key), "action", value, names.actions)
    if trigger.of_action and trigger.on != "outcome":
        yield Finding(ACTIONS, (*path, "of_action"), f"{action}: of_action belongs to the trigger outcome")
    if not trigger.after_action and (trigger.after_min or trigger.after_max):
        yield Finding(ACTIONS, path, f"{action}: after_min and after_max need after_action")
    if trigger.after_max and trigger.after_max <= trigger.after_min:
        yield Finding(ACTIONS, (*path, "after_max"), f"{action}: after_max is not later than after_min")
    if trigger.on == "need" and not set(trigger.name) <= set(actions[action].answers):
        missing = ", ".join(n for n in trigger.name if n not in actions[action].answers)
        yield Finding(ACTIONS, path, f"{action}: a need calls it that it does not answer ({missing})", fatal=False)


def _follow_ups(path: Path, name: str, action: ActionPart, actions: dict[str, ActionPart]) -> Findings:
    for at, follow_up in enumerate(action.follow_ups):
        place = (*path, "follow_ups", at)
        yield from unknown(ACTIONS, (*place, "action"), "action", follow_up.action, actions)
        if follow_up.delay and follow_up.at:
            yield Finding(ACTIONS, place, f"{name}: either after a delay or at a time, not both")
        if not follow_up.delay and not follow_up.at and not follow_up.days:
            yield Finding(ACTIONS, place, f"{name}: says what follows, but not when")
        target = actions.get(follow_up.action)
        if target is not None and target.rides_on:
            yield Finding(ACTIONS, place, f"{name}: '{follow_up.action}' only rides on others, it cannot follow")
        if follow_up.promise and target is not None and target.action_class == "marketing":
            yield Finding(ACTIONS, place, f"{name}: promises '{follow_up.action}', which caps may hold back")


def _happens(path: Path, name: str, action: ActionPart, actions: dict[str, ActionPart]) -> Findings:
    if action.rides_on:
        carriers = {a.channel for a in actions.values() if a.action_class == "service" and not a.internal}
        for at, channel in enumerate(action.rides_on):
            if channel not in carriers:
                yield Finding(
                    ACTIONS, (*path, "rides_on", at), f"{name}: no service action goes out on '{channel}'", absence=True
                )
        for key, given in (("triggers", action.triggers), ("follow_ups", action.follow_ups)):
            if given:
                yield Finding(ACTIONS, (*path, key), f"{name}: it rides on others and never goes alone: no {key}")
    elif not action.triggers and not any(f.action == name for a in actions.values() for f in a.follow_ups):
        yield Finding(ACTIONS, path, f"{name}: nothing triggers it", absence=True)


def _endless(actions: dict[str, ActionPart]) -> Findings:
    """Follow-ups that lead back to where they began would go on for ever."""
    for name in actions:
        seen: set[str] = set()
        ahead = [f.action for f in actions[name].follow_ups]
        while ahead:
            step = ahead.pop()
            if step == name:
                path = ("actions", name, "follow_ups")
                yield Finding(ACTIONS, path, f"{name}: its follow-ups come back to it, without end")
                break
            if step not in seen and step in actions:
                seen.add(step)
                ahead += [f.action for f in actions[step].follow_ups]
