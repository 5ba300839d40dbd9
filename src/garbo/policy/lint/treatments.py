"""Checks of an action's treatments: channels on which they can be made, private answers to what may be private."""

from collections.abc import Iterator

from garbo.policy.build.files import Files
from garbo.policy.lint import messages
from garbo.policy.names import ACTIONS, Names, check_name
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.actions import ActionPart, TreatmentPart


def lint(path: Path, name: str, action: ActionPart, files: Files, names: Names) -> Findings:
    yield from messages.lint((*path, "title"), name, action.title, action, files, names)
    asked = {c for kind in files.journey.touchpoints.values() if kind.asks for c in kind.channels}
    seen: set[tuple[str, bool]] = set()
    for place, way in placed(path, action):
        yield from check_name(ACTIONS, (*place, "channel"), "channel", way.channel, names.channels)
        yield from messages.lint((*place, "message"), name, way.message, action, files, names)
        if way.channel == "third_party":
            message = f"{name}: third_party only reports events and delivers nothing: use another channel"
            yield Finding(ACTIONS, (*place, "channel"), message)
        if (way.channel, way.inbound) in seen:
            message = f"{name}: a second treatment on '{way.channel}' is never made: remove one"
            yield Finding(ACTIONS, (*place, "channel"), message)
        seen.add((way.channel, way.inbound))
        if way.inbound and way.channel in names.channels and way.channel not in asked:
            message = (
                f"{name}: nobody asks what to show on '{way.channel}': add the channel to a touchpoint with asks, "
                "or remove inbound"
            )
            yield Finding(ACTIONS, (*place, "inbound"), message, absence=True)
        if way.inbound and action.rides_on:
            message = f"{name}: it rides on a contact and is shown with it: remove inbound"
            yield Finding(ACTIONS, (*place, "inbound"), message)
    yield from _public(path, name, action, files)


def placed(path: Path, action: ActionPart) -> Iterator[tuple[Path, TreatmentPart]]:
    """Each treatment with its place in the file: the action itself where its only one is written there."""
    if action.treatments:
        for index, way in enumerate(action.treatments):
            yield (*path, "treatments", index), way
    else:
        yield path, action.ways[0]


def _public(path: Path, name: str, action: ActionPart, files: Files) -> Findings:
    """A need that may be private must have an answer in private: this action's, or another's."""
    ways = [way for way in action.ways if not way.inbound]
    if not ways or not all(way.public for way in ways):
        return
    kinds = files.journey.touchpoints
    for index, answered in enumerate(action.answers):
        need = files.needs.needs.get(answered)
        opened = [*need.opened_by, *need.intents] if need is not None else []  # an intent may be said in private
        private = [k for k in opened if not (k in kinds and kinds[k].public)]
        if private and not any(_in_private(a, answered, action.theme) for a in files.actions.actions.values()):
            message = (
                f"{name}: answers '{answered}' in public only, and '{private[0]}' may be private: add a private "
                "treatment, or an action that answers it in private"
            )
            yield Finding(ACTIONS, (*path, "answers", index), message)


def _in_private(action: ActionPart, need: str, theme: str) -> bool:
    """Does `action` answer the need on `theme` where only the customer reads it?"""
    return (
        need in action.answers
        and action.theme in ("", theme)
        and any(entry.on == "need" and need in entry.name for entry in action.when)
        and any(not way.public and not way.inbound for way in action.ways)
    )
