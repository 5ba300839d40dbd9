"""Checks of the texts of an action: complete in every language, and every placeholder can be filled.

`GIVEN` are the placeholders of every policy; the others are its attributes. An attribute that the person lacks is left
out of the text, as any unknown value is.
"""

from string import Formatter

from garbo.core.vocabulary.nearest import did_you_mean
from garbo.policy.build.files import Files
from garbo.policy.names import ACTIONS, Names, texts
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.actions import ActionPart, WhenPart
from garbo.policy.schema.documents import AttributePart
from garbo.policy.when import entries

NAME, THEME, HOUSEHOLD, PROMISED_TIME = "name", "theme", "household", "promised_time"
GIVEN = frozenset({NAME, THEME, HOUSEHOLD, PROMISED_TIME})
# Kinds of attribute that hold more than one value, which no sentence names.
COMPOSITE = frozenset({"list", "map"})

# At these entries the action is made with the event, so that the attributes of the event are still known.
AT_THE_EVENT = frozenset({"touchpoint", "outcome", "profile", "event", "inbound"})
# What happens there has no theme.
WITHOUT_THEME = frozenset({"profile", "consent", "proactive"})


def lint(place: Path, name: str, given: dict[str, str], action: ActionPart, files: Files, names: Names) -> Findings:
    """Findings for the texts `given` (by language) of the action `name`, which stand at `place`."""
    yield from texts(ACTIONS, place, given, names.languages)
    for language, text in given.items():
        where = (*place, language)
        try:
            fields = [(f, spec, conversion) for _, f, spec, conversion in Formatter().parse(text) if f is not None]
        except ValueError as error:
            message = f"{name}: the braces do not match ({error}): write {{{{ and }}}} for a literal brace"
            yield Finding(ACTIONS, where, message)
            continue
        for field, spec, conversion in fields:
            yield from _field(where, name, field, bool(spec or conversion), action, files)


def nameable(files: Files) -> frozenset[str]:
    """Everything that a message of this policy may name."""
    return GIVEN | {name for name, part in files.attributes.attributes.items() if not _refused(part)}


def _field(path: Path, name: str, field: str, formatted: bool, action: ActionPart, files: Files) -> Findings:
    attribute = files.attributes.attributes.get(field) if field not in GIVEN else None
    if field in nameable(files) and formatted:
        yield Finding(ACTIONS, path, f"{name}: a placeholder has no format: write {{{field}}} alone")
    elif attribute is not None and _refused(attribute):
        yield Finding(ACTIONS, path, f"{name}: names {{{field}}}, {_refused(attribute)}: take it out of the text")
    elif field not in nameable(files):
        hint = did_you_mean(field, nameable(files))
        yield Finding(ACTIONS, path, f"{name}: unknown placeholder '{{{field}}}'{hint}", unknown=field)
    elif field == PROMISED_TIME and not any(f.promise for f in action.follow_ups):
        message = f"{name}: names {{promised_time}}, but no follow-up of it is a promise: add promise: true"
        yield Finding(ACTIONS, path, message)
    elif action.rides_on:  # what carries it decides what is known then
        return
    elif field == THEME and not action.theme and not _about_a_theme(name, action, files):
        message = f"{name}: nobody fills {{theme}}: the action has no theme, and nor has what makes it a candidate"
        yield Finding(ACTIONS, path, f"{message}: add a theme, or take it out of the text", False)
    elif attribute is not None and attribute.scope == "event" and not _at_an_event(name, action, files):
        message = f"{name}: nobody fills {{{field}}}: it is known only with its event, and the action is made later"
        yield Finding(ACTIONS, path, f"{message}: give it scope party, or take it out of the text", False)


def _refused(attribute: AttributePart) -> str:
    """Why no message may name the attribute; "" if it may."""
    if attribute.sensitive:
        return "which is special-category data"
    kind: str = attribute.kind
    return f"which is a {kind} and no single value" if kind in COMPOSITE else ""


def _about_a_theme(name: str, action: ActionPart, files: Files) -> bool:
    """Has anything that makes it a candidate a theme? What another action plans has that action's."""
    found = entries(name, action, files.actions)
    return not found or any(entry.on not in WITHOUT_THEME for entry in found)


def _at_an_event(name: str, action: ActionPart, files: Files) -> bool:
    """Is it ever made while the attributes of an event are known?"""
    needs, placed = files.needs.needs, action.placement

    def known(entry: WhenPart) -> bool:
        at_once = entry.on == "need" and any(n in needs and not needs[n].gather for n in entry.name)
        return entry.on in AT_THE_EVENT or at_once

    shown = any(way.inbound for way in action.ways)
    later = bool(placed.delay or placed.days or placed.at)
    return any(known(e) and (not later or (shown and e.on == "inbound")) for e in entries(name, action, files.actions))
