"""Checks that an action can happen: something makes it a candidate, its follow-ups can be made and come to an end."""

from garbo.policy.build.files import Files
from garbo.policy.lint.when import ticks
from garbo.policy.names import ACTIONS, check_name
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.actions import ActionPart
from garbo.policy.when import entries, is_planned


def lint(path: Path, name: str, action: ActionPart, files: Files) -> Findings:
    actions = files.actions.actions
    yield from _follow_ups(path, name, action, actions)
    if action.rides_on:
        yield from _rides(path, name, action, actions)
    elif not action.when and not is_planned(name, files.actions):
        if action.answers:
            message = f"{name}: answers needs, and nothing makes it a candidate: add when, with the needs"
            yield Finding(ACTIONS, path, message, absence=True)
        elif not ticks(files) and all(entry.on == "proactive" for entry in entries(name, action, files.actions)):
            message = f"{name}: nothing makes it a candidate: add when, or a proactive cause to policy.yaml"
            yield Finding(ACTIONS, path, message, absence=True)


def _follow_ups(path: Path, name: str, action: ActionPart, actions: dict[str, ActionPart]) -> Findings:
    for index, follow_up in enumerate(action.follow_ups):
        place = (*path, "follow_ups", index)
        yield from check_name(ACTIONS, (*place, "action"), "action", follow_up.action, actions)
        if follow_up.delay and follow_up.at:
            yield Finding(ACTIONS, place, f"{name}: either a delay or a time, not both: remove delay or at")
        if not follow_up.delay and not follow_up.at and not follow_up.days:
            yield Finding(ACTIONS, place, f"{name}: the follow-up has no time: add delay, days or at")
        target = actions.get(follow_up.action)
        if target is None:
            continue
        if target.rides_on:
            message = f"{name}: '{follow_up.action}' only rides on others and cannot be a follow-up: choose another"
            yield Finding(ACTIONS, place, message)
        if all(way.inbound for way in target.ways):
            message = (
                f"{name}: '{follow_up.action}' is only shown to who asks and cannot be a follow-up: choose another"
            )
            yield Finding(ACTIONS, place, message)
        if follow_up.promise and target.action_class == "marketing":
            message = f"{name}: promises '{follow_up.action}', which caps may hold back: promise a service action"
            yield Finding(ACTIONS, place, message)


def _rides(path: Path, name: str, action: ActionPart, actions: dict[str, ActionPart]) -> Findings:
    carriers = {
        way.channel
        for a in actions.values()
        if a.action_class == "service" and not a.internal
        for way in a.ways
        if not way.inbound
    }
    for index, channel in enumerate(action.rides_on):
        if channel not in carriers:
            message = f"{name}: no service action uses '{channel}': let it ride on another channel"
            yield Finding(ACTIONS, (*path, "rides_on", index), message, absence=True)
    for key, given in (("when", action.when), ("follow_ups", action.follow_ups)):
        if given:
            message = f"{name}: a rider is never sent alone, so it has no {key}: remove it"
            yield Finding(ACTIONS, (*path, key), message)


def endless(actions: dict[str, ActionPart]) -> Findings:
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
