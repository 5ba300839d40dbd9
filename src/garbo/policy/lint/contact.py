"""contact_policy.yaml: limits that limit, pauses that can begin, nights that end."""

from collections import Counter
from collections.abc import Sequence

from garbo.core.party.labels import DISCOURAGING
from garbo.policy.build import Files
from garbo.policy.known import CONTACT, Known, unknown, unknowns
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.contact_policy import CapPart

# Only these are remembered: a suppression after another status would never begin.
PAUSING = frozenset(status.value for status in DISCOURAGING)


def lint(files: Files, names: Known) -> Findings:
    contact = files.contact
    for key, given in (
        ("caps", contact.caps),
        ("spacing", contact.spacing),
        ("sequences", contact.sequences),
        ("exclusions", contact.exclusions),
        ("suppressions", contact.suppressions),
    ):
        yield from _twice(key, [part.name for part in given])
    for at, cap in enumerate(contact.caps):
        yield from _cap(("caps", at), cap, files, names)
    for at, space in enumerate(contact.spacing):
        yield from unknowns(CONTACT, ("spacing", at, "channels"), "channel", space.channels, names.channels)
        yield from _limits(("spacing", at), space.limits)
    yield from _orders(files, names)
    for at, pause in enumerate(contact.suppressions):
        yield from unknowns(CONTACT, ("suppressions", at, "after"), "status of outcome", pause.after, PAUSING)
        yield from _limits(("suppressions", at), pause.limits)
    yield from _hours(files, names)


def _twice(key: str, given: list[str]) -> Findings:
    for name, times in Counter(given).items():
        if times > 1:
            at = len(given) - 1 - given[::-1].index(name)
            yield Finding(CONTACT, (key, at, "name"), f"the name '{name}' is here twice; reasons are told by name")


def _limits(path: Path, limits: Sequence[str]) -> Findings:
    if "mandatory" in limits:
        yield Finding(CONTACT, (*path, "limits"), "what the law demands is not held back: take mandatory out of limits")


def _cap(path: tuple[str, int], cap: CapPart, files: Files, names: Known) -> Findings:
    yield from unknowns(CONTACT, (*path, "channels"), "channel", cap.channels, names.channels)
    yield from unknowns(CONTACT, (*path, "purposes"), "purpose", cap.purposes, names.purposes)
    yield from unknowns(CONTACT, (*path, "themes"), "theme", cap.themes, names.themes)
    yield from _limits(path, cap.limits)
    if cap.each_theme and cap.themes:
        yield Finding(CONTACT, (*path, "themes"), f"{cap.name}: either each theme or these, not both")
    if not any(
        a.action_class in cap.limits
        and (not cap.channels or a.channel in cap.channels)
        and (not cap.purposes or a.purpose in cap.purposes)
        and (not cap.themes or a.theme in cap.themes)
        for a in files.actions.actions.values()
        if not a.internal
    ):
        yield Finding(CONTACT, path, f"{cap.name}: no action of the catalogue is held back by it", False, True)
    for wider in files.contact.caps:
        if wider is not cap and _implied(cap, wider):
            message = f"{cap.name}: can never bind, '{wider.name}' holds back earlier"
            yield Finding(CONTACT, path, message, fatal=False)
            break


def _implied(cap: CapPart, wider: CapPart) -> bool:
    """Whether `wider` is reached whenever `cap` would be: it counts at least the same, as long, to no more."""

    def covers(filter_: list[str], given: list[str]) -> bool:
        return not filter_ or bool(given and set(given) <= set(filter_))

    riders_count_in_cap = bool(cap.purposes or cap.themes or cap.each_theme)
    riders_count_in_wider = bool(wider.purposes or wider.themes)
    return (
        not wider.each_theme
        and wider.at_most <= cap.at_most
        and wider.window >= cap.window
        and covers(wider.channels, cap.channels)
        and covers(wider.purposes, cap.purposes)
        and covers(wider.themes, cap.themes)
        and set(cap.limits) <= set(wider.limits)
        and set(cap.counts) <= set(wider.counts)
        and (riders_count_in_wider or not riders_count_in_cap)
    )


def _orders(files: Files, names: Known) -> Findings:
    for at, order in enumerate(files.contact.sequences):
        yield from unknown(CONTACT, ("sequences", at, "first"), "action", order.first, names.actions)
        yield from unknown(CONTACT, ("sequences", at, "then"), "action", order.then, names.actions)
        if order.first == order.then:
            yield Finding(CONTACT, ("sequences", at), f"{order.name}: twice the same action; use its cooldown")
    for at, one_of in enumerate(files.contact.exclusions):
        yield from unknowns(CONTACT, ("exclusions", at, "actions"), "action", one_of.actions, names.actions)


def _hours(files: Files, names: Known) -> Findings:
    contact = files.contact
    yield from unknowns(CONTACT, ("quiet_hours",), "channel", contact.quiet_hours, names.channels)
    for channel, hours in contact.quiet_hours.items():
        path = ("quiet_hours", channel)
        if hours.start == hours.end:
            yield Finding(CONTACT, path, f"{channel}: from and to are the same; leave it out if it is never quiet")
        if len(set(hours.closed)) == 7:
            yield Finding(CONTACT, (*path, "closed"), f"{channel}: closed every day of the week")
    weights = contact.pressure.contact_weights
    yield from unknowns(CONTACT, ("pressure", "contact_weights"), "channel", weights, names.channels)
    used = {a.channel for a in files.actions.actions.values() if not a.internal} & names.channels
    sells = {a.channel for a in files.actions.actions.values() if a.action_class == "marketing"} & names.channels
    for channel in sorted(used - set(weights)):
        message = f"'{channel}' has no weight: its contacts would count as 1"
        yield Finding(CONTACT, ("pressure", "contact_weights"), message, fatal=False)
    for channel in sorted(sells - set(contact.quiet_hours)):
        message = f"'{channel}' carries marketing and has no quiet hours"
        yield Finding(CONTACT, ("quiet_hours",), message, fatal=False)
