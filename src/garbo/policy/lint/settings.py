"""Checks of policy.yaml: zone, country, channels, and the instants at which Garbo decides."""

from zoneinfo import available_timezones

import holidays

from garbo.policy.build.files import Files
from garbo.policy.lint.caps import channels_of
from garbo.policy.names import POLICY, Names, check_name, check_names
from garbo.policy.problems import Finding, Findings
from garbo.policy.when import PROFILE


def lint(files: Files, names: Names) -> Findings:
    settings = files.policy
    yield from check_name(POLICY, ("zone",), "time zone", settings.zone, available_timezones())
    if settings.country not in holidays.list_supported_countries():
        message = f"unknown country '{settings.country}': write its ISO code of two letters, such as IT"
        yield Finding(POLICY, ("country",), message)
    yield from _decide_on(files, names)
    yield from _proactive(files)
    yield from _channels(files, names)
    weights = settings.arbitration
    explores = weights.exploration.epsilon or weights.exploration.strategy != "epsilon_greedy"
    if explores and not weights.explored_at_most:
        message = "explored_at_most is 0, so exploration never happens: raise it, or set exploration to 0"
        yield Finding(POLICY, ("arbitration", "explored_at_most"), message, fatal=False)


def _decide_on(files: Files, names: Names) -> Findings:
    given = files.policy.decide_on
    known = names.happenings | names.consents | {PROFILE}
    yield from check_names(POLICY, ("decide_on",), "touchpoint, status or consent", given, known)
    for index, name in enumerate(given):
        kind = files.journey.touchpoints.get(name)
        if kind is not None and kind.asks:
            message = f"'{name}' asks what to show: it is a decision already, remove it"
            yield Finding(POLICY, ("decide_on", index), message)
    if given and not any(entry.on == "event" for a in files.actions.actions.values() for entry in a.when):
        message = "decide_on: no action has `when: [event]`, so it has no effect: add one, or remove decide_on"
        yield Finding(POLICY, ("decide_on",), message, False, True)


def _proactive(files: Files) -> Findings:
    attributes = files.attributes.attributes
    seen: set[str] = set()
    for index, date in enumerate(files.policy.proactive.dates):
        path = ("proactive", "dates", index, "attribute")
        yield from check_name(POLICY, path, "attribute", date.attribute, attributes)
        known = attributes.get(date.attribute)
        if known is not None and (known.kind != "date" or known.scope != "party"):
            message = f"'{date.attribute}' is not a date that is kept of a person: give it kind date and scope party"
            yield Finding(POLICY, path, message)
        if date.attribute in seen:
            yield Finding(POLICY, path, f"'{date.attribute}' is here twice: remove one")
        seen.add(date.attribute)


def _channels(files: Files, names: Names) -> Findings:
    given = files.policy.channels
    yield from check_names(POLICY, ("channels",), "channel", given, names.channels)
    used = {channel for action in files.actions.actions.values() for channel in channels_of(action)}
    for channel in given:
        if channel in names.channels and channel not in used:
            message = f"no action makes a contact on '{channel}': remove the channel here, or use it in a treatment"
            yield Finding(POLICY, ("channels", channel), message, False, True)
    for channel, part in given.items():
        path = ("channels", channel, "objects_to")
        yield from check_names(POLICY, path, "channel", part.objects_to, names.channels)
