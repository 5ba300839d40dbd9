"""Checks of contact_policy.yaml: limits that can apply, pauses that can begin, quiet hours that end."""

from collections import Counter
from collections.abc import Sequence

from garbo.core.party.suppressions import IGNORED
from garbo.policy.build.files import Files
from garbo.policy.names import CONTACT, Names, check_name, check_names
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.actions import ActionPart
from garbo.policy.schema.contact_policy import CapPart
from garbo.policy.when import behavioural_kinds, entries, triggers

# The tone of a touchpoint, which a suppression may count; a complaint counts as the status `complaint`.
NEGATIVE = "negative"


def lint(files: Files, names: Names) -> Findings:
    contact = files.contact
    for key, given in (
        ("caps", contact.caps),
        ("spacing", contact.spacing),
        ("sequences", contact.sequences),
        ("exclusions", contact.exclusions),
        ("suppressions", contact.suppressions),
    ):
        yield from _twice(key, [part.name for part in given])
    for index, cap in enumerate(contact.caps):
        yield from _cap(("caps", index), cap, files, names)
    for index, space in enumerate(contact.spacing):
        yield from check_names(CONTACT, ("spacing", index, "channels"), "channel", space.channels, names.channels)
        yield from _limits(("spacing", index), space.limits)
    yield from _orders(files, names)
    # A party's row keeps only these: a suppression after another status would never begin.
    pausing = names.discouraging | {IGNORED, NEGATIVE}
    for index, pause in enumerate(contact.suppressions):
        yield from check_names(CONTACT, ("suppressions", index, "after"), "status of outcome", pause.after, pausing)
        yield from _limits(("suppressions", index), pause.limits)
        kinds = files.journey.touchpoints.values()
        if NEGATIVE in pause.after and NEGATIVE not in files.themes.tones and all(k.tone != NEGATIVE for k in kinds):
            message = f"{pause.name}: nothing has a negative tone: add it to a touchpoint, or words to tones"
            yield Finding(CONTACT, ("suppressions", index, "after"), message, False, True)
    yield from _remarketing(files, names)
    yield from _hours(files, names)


def _twice(key: str, given: list[str]) -> Findings:
    for name, times in Counter(given).items():
        if times > 1:
            index = len(given) - 1 - given[::-1].index(name)
            message = f"the name '{name}' is here twice: give each a name of its own, because reasons use it"
            yield Finding(CONTACT, (key, index, "name"), message)


def _limits(path: Path, limits: Sequence[str]) -> Findings:
    if "mandatory" in limits:
        message = "an action that the law requires is never held back: take mandatory out of limits"
        yield Finding(CONTACT, (*path, "limits"), message)


def _cap(path: tuple[str, int], cap: CapPart, files: Files, names: Names) -> Findings:
    yield from check_names(CONTACT, (*path, "channels"), "channel", cap.channels, names.channels)
    yield from check_names(CONTACT, (*path, "purposes"), "purpose", cap.purposes, names.purposes)
    yield from check_names(CONTACT, (*path, "themes"), "theme", cap.themes, names.themes)
    yield from check_names(CONTACT, (*path, "groups"), "group", cap.groups, names.groups)
    yield from _limits(path, cap.limits)
    if cap.each_theme and cap.themes:
        message = f"{cap.name}: either each_theme or themes, not both: remove one"
        yield Finding(CONTACT, (*path, "themes"), message)
    if not any(
        a.action_class in cap.limits
        and (not cap.channels or channels_of(a) & set(cap.channels))
        and (not cap.purposes or a.purpose in cap.purposes)
        and (not cap.themes or a.theme in cap.themes)
        and (not cap.groups or a.group in cap.groups)
        for a in files.actions.actions.values()
        if not a.internal
    ):
        message = f"{cap.name}: limits no action of the catalogue: remove it, or correct its filters"
        yield Finding(CONTACT, path, message, False, True)
    for wider in files.contact.caps:
        if wider is not cap and _implied(cap, wider):
            message = (
                f"{cap.name}: never has an effect, because '{wider.name}' is reached first: remove it or change it"
            )
            yield Finding(CONTACT, path, message, fatal=False)
            break


def channels_of(action: ActionPart) -> frozenset[str]:
    """The channels on which the action makes a contact, or may ride on one."""
    return frozenset(way.channel for way in action.ways if not way.inbound) | frozenset(action.rides_on)


def _remarketing(files: Files, names: Names) -> Findings:
    limits = files.contact.remarketing
    if limits is None:
        return
    if bool(limits.ignored) != bool(limits.pause):
        message = "remarketing: ignored and pause belong together: add the other one"
        yield Finding(CONTACT, ("remarketing",), message)
    kinds, file = behavioural_kinds(files.journey, files.needs), files.actions
    if not any(
        trigger.on == "touchpoint" and trigger.behavioural
        for name, action in file.actions.items()
        if action.action_class == "marketing"
        for trigger in triggers(
            name, entries(name, action, file), files.policy.decide_on, files.journey, kinds, names.statuses
        )
    ):
        message = "remarketing: no marketing action waits for what a person looks at: remove it, or add such an action"
        yield Finding(CONTACT, ("remarketing",), message, False, True)


def _implied(cap: CapPart, wider: CapPart) -> bool:
    """Is `wider` always reached when `cap` is? It counts at least the same contacts, as long, up to no more."""

    def covers(filter_: list[str], given: list[str]) -> bool:
        return not filter_ or bool(given and set(given) <= set(filter_))

    riders_count_in_cap = bool(cap.purposes or cap.themes or cap.groups or cap.each_theme)
    riders_count_in_wider = bool(wider.purposes or wider.themes or wider.groups)
    return (
        not wider.each_theme
        and wider.at_most <= cap.at_most
        and wider.window >= cap.window
        and covers(wider.channels, cap.channels)
        and covers(wider.purposes, cap.purposes)
        and covers(wider.themes, cap.themes)
        and covers(wider.groups, cap.groups)
        and (wider.per == "household" or cap.per == "party")
        and set(cap.limits) <= set(wider.limits)
        and set(cap.counts) <= set(wider.counts)
        and (riders_count_in_wider or not riders_count_in_cap)
    )


def _orders(files: Files, names: Names) -> Findings:
    for index, order in enumerate(files.contact.sequences):
        yield from check_name(CONTACT, ("sequences", index, "first"), "action", order.first, names.actions)
        yield from check_name(CONTACT, ("sequences", index, "then"), "action", order.then, names.actions)
        if order.first == order.then:
            message = f"{order.name}: first and then are the same action: use its cooldown instead"
            yield Finding(CONTACT, ("sequences", index), message)
    for index, one_of in enumerate(files.contact.exclusions):
        yield from check_names(CONTACT, ("exclusions", index, "actions"), "action", one_of.actions, names.actions)


def _hours(files: Files, names: Names) -> Findings:
    contact = files.contact
    yield from check_names(CONTACT, ("quiet_hours",), "channel", contact.quiet_hours, names.channels)
    for channel, hours in contact.quiet_hours.items():
        path = ("quiet_hours", channel)
        if hours.start == hours.end:
            yield Finding(
                CONTACT, path, f"{channel}: from and to are the same: remove the channel if it is never quiet"
            )
        if len(set(hours.closed)) == 7:
            message = f"{channel}: closed every day of the week: leave at least one day open"
            yield Finding(CONTACT, (*path, "closed"), message)
    weights = contact.pressure.contact_weights
    yield from check_names(CONTACT, ("pressure", "contact_weights"), "channel", weights, names.channels)
    actions = files.actions.actions.values()
    used = {c for a in actions if not a.internal for c in channels_of(a)} & names.channels
    sells = {c for a in actions if a.action_class == "marketing" for c in channels_of(a)} & names.channels
    for channel in sorted(used - set(weights)):
        message = f"'{channel}' has no weight: add one, otherwise each contact counts as 1"
        yield Finding(CONTACT, ("pressure", "contact_weights"), message, fatal=False)
    for channel in sorted(sells - set(contact.quiet_hours)):
        message = f"'{channel}' carries marketing and has no quiet hours: add them"
        yield Finding(CONTACT, ("quiet_hours",), message, fatal=False)
