"""Checks of an action's `when`: known names, conditions that can hold."""

from garbo.core.party.state import COUNTED
from garbo.core.policy.lookups import LONGEST_WINDOW
from garbo.core.policy.proactive import PATIENCE, SILENCE, STAGE
from garbo.core.vocabulary.instants import DAY
from garbo.policy.build.files import Files
from garbo.policy.names import ACTIONS, Names, check_name, check_names
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.actions import ActionPart, WhenPart
from garbo.policy.when import PLANNED

# What an entry's name is, by what it is on; an entry on anything else has no name.
WHAT = {
    "touchpoint": "touchpoint",
    "intent": "intent",
    "outcome": "status of outcome",
    "consent": "consent",
    "need": "need",
    "overdue": "need",
    "inbound": "channel",
    "proactive": "cause",
}
# Where a name may be left out: any.
ANY = ("inbound", "proactive", "profile", "event")
# Where what happens has no theme.
NO_THEME = ("profile", "consent", "proactive")


def lint(path: Path, name: str, action: ActionPart, files: Files, names: Names) -> Findings:
    for index, entry in enumerate(action.when):
        place = (*path, "when", index)
        yield from _name(place, name, entry, names)
        yield from _made(place, name, action, entry)
        yield from _condition(place, name, action, entry, names)
        yield from _happens(place, name, entry, files)
        if entry.on in PLANNED:
            yield from _planned(place, name, entry, files.actions.actions)


def _name(path: Path, action: str, entry: WhenPart, names: Names) -> Findings:
    if entry.on in WHAT:
        known = {
            "touchpoint": names.kinds,
            "intent": names.intents,
            "outcome": names.statuses,
            "consent": names.consents,
            "inbound": names.channels,
            "proactive": names.causes,
        }.get(entry.on, names.needs)
        yield from check_names(ACTIONS, (*path, "name"), WHAT[entry.on], entry.name, known)
        if not entry.name and entry.on not in ANY:
            yield Finding(ACTIONS, path, f"{action}: the entry {entry.on} needs a name: add it")
    elif entry.on in PLANNED:
        if any(n != action for n in entry.name):
            message = f"{action}: {entry.on} always means the action itself: remove the name"
            yield Finding(ACTIONS, (*path, "name"), message)
    elif entry.name:
        any_of = "any event of decide_on" if entry.on == "event" else "any change of the profile"
        yield Finding(ACTIONS, (*path, "name"), f"{action}: {entry.on} means {any_of}: remove the name")


def _made(path: Path, name: str, action: ActionPart, entry: WhenPart) -> Findings:
    """Has the action a treatment with which this entry can make it?"""
    shown = {way.channel for way in action.ways if way.inbound}
    if entry.on == "inbound":
        if not shown:
            message = f"{name}: inbound needs a treatment with inbound: true: add one, or remove the entry"
            yield Finding(ACTIONS, path, message)
        for index, channel in enumerate(entry.name):
            if shown and channel not in shown:
                message = f"{name}: has no inbound treatment on '{channel}': add one, or remove the name"
                yield Finding(ACTIONS, (*path, "name", index), message)
    elif all(way.inbound for way in action.ways):
        message = (
            f"{name}: all its treatments are inbound, shown only to who asks, so '{entry.on}' cannot make it: add a "
            "treatment without inbound, or remove the entry"
        )
        yield Finding(ACTIONS, path, message)


def _condition(path: Path, name: str, action: ActionPart, entry: WhenPart, names: Names) -> Findings:
    if entry.theme not in ("", "="):
        yield from check_name(ACTIONS, (*path, "theme"), "theme", entry.theme, names.themes)
    if entry.theme == "=" and not action.theme:
        message = f'{name}: "=" means the action\'s own theme, and it has none: add a theme, or name one here'
        yield Finding(ACTIONS, (*path, "theme"), message)
    if entry.theme and entry.on in NO_THEME:
        message = f"{name}: {entry.on} is about no theme, so this never happens: remove theme"
        yield Finding(ACTIONS, (*path, "theme"), message)
    for key, value in (("after_action", entry.after_action), ("of_action", entry.of_action)):
        if value:
            yield from check_name(ACTIONS, (*path, key), "action", value, names.actions)
    if entry.of_action and entry.on != "outcome":
        message = f"{name}: of_action belongs to the entry outcome: remove it here"
        yield Finding(ACTIONS, (*path, "of_action"), message)
    if not entry.after_action and (entry.after_min or entry.after_max):
        yield Finding(ACTIONS, path, f"{name}: after_min and after_max need after_action: add it")
    if entry.after_max and entry.after_max <= entry.after_min:
        message = f"{name}: after_max is not later than after_min: make it longer"
        yield Finding(ACTIONS, (*path, "after_max"), message)
    if bool(entry.times) != bool(entry.within):
        yield Finding(ACTIONS, path, f"{name}: times and within belong together: add the other one")
    if entry.times and entry.on != "touchpoint":
        message = f"{name}: times counts touchpoints: remove it here, or use the entry touchpoint"
        yield Finding(ACTIONS, (*path, "times"), message)
    if entry.times > COUNTED:
        message = f"{name}: only the last {COUNTED} touchpoints of a kind are counted: make times smaller"
        yield Finding(ACTIONS, (*path, "times"), message)
    if entry.within > LONGEST_WINDOW:
        message = f"{name}: touchpoints are counted for {LONGEST_WINDOW // DAY} days at most: make within shorter"
        yield Finding(ACTIONS, (*path, "within"), message)
    if entry.on == "need" and not set(entry.name) <= set(action.answers):
        missing = ", ".join(n for n in entry.name if n not in action.answers)
        message = f"{name}: a need makes it a candidate that it does not answer ({missing}): add the need to answers"
        yield Finding(ACTIONS, path, message, fatal=False)


def _happens(path: Path, name: str, entry: WhenPart, files: Files) -> Findings:
    """Does what the entry waits for ever happen?"""
    if entry.on == "touchpoint":
        for index, kind in enumerate(entry.name):
            known = files.journey.touchpoints.get(kind)
            if known is not None and known.asks:
                message = f"{name}: '{kind}' asks what to show: use the entry inbound"
                yield Finding(ACTIONS, (*path, "name", index), message)
    if entry.on == "event" and not files.policy.decide_on:
        message = f"{name}: policy.yaml names nothing under decide_on, so event never happens: add it there"
        yield Finding(ACTIONS, path, message)
    if entry.on == "proactive":
        given = clocks(files)
        for index, cause in enumerate(entry.name):
            if given.get(cause) is False:
                message = f"{name}: the cause '{cause}' never comes: set it in policy.yaml (patience: in a stage)"
                yield Finding(ACTIONS, (*path, "name", index), message, False, True)
        if not entry.name and not ticks(files):
            message = f"{name}: policy.yaml has no proactive point, so this never happens: add a cause there"
            yield Finding(ACTIONS, path, message, False, True)


def clocks(files: Files) -> dict[str, bool]:
    """Cause -> does it ever come? Causes by date are known by their names alone."""
    given = files.policy.proactive
    return {
        STAGE: bool(given.after_stage),
        SILENCE: bool(given.silence),
        PATIENCE: any(s.patience for part in files.journey.journeys.values() for s in part.stages.values()),
    }


def ticks(files: Files) -> bool:
    """Is there any cause of a proactive point?"""
    return any(clocks(files).values()) or bool(files.policy.proactive.dates)


def _planned(path: Path, action: str, entry: WhenPart, actions: dict[str, ActionPart]) -> Findings:
    promise = entry.on == "promise"
    if not any(f.action == action and f.promise == promise for a in actions.values() for f in a.follow_ups):
        kind = entry.on.replace("_", "-")
        message = f"{action}: no action has it as a {kind}: add it to follow_ups, or remove the entry"
        yield Finding(ACTIONS, path, message, absence=True)
