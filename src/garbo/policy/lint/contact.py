"""Checks of contact_policy.yaml: limits that can apply, pauses that can begin, quiet hours that end."""

from collections import Counter
from collections.abc import Sequence

from garbo.core.party.suppressions import IGNORED
from garbo.policy.build.files import Files
from garbo.policy.lint import caps
from garbo.policy.lint.caps import channels_of
from garbo.policy.names import CONTACT, Names, check_name, check_names
from garbo.policy.problems import Finding, Findings, Path
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
        for index, part in enumerate(given):
            yield from _limits((key, index), getattr(part, "limits", ()))
    yield from caps.lint(files, names)
    for index, space in enumerate(contact.spacing):
        yield from check_names(CONTACT, ("spacing", index, "channels"), "channel", space.channels, names.channels)
    yield from _orders(files, names)
    # A party's row keeps only these: a suppression after another status would never begin.
    pausing = names.discouraging | {IGNORED, NEGATIVE}
    for index, pause in enumerate(contact.suppressions):
        yield from check_names(CONTACT, ("suppressions", index, "after"), "status of outcome", pause.after, pausing)
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
        yield Finding(CONTACT, ("pressure", "contact_weights"), message, False, True)
    for channel in sorted(sells - set(contact.quiet_hours)):
        message = f"'{channel}' carries marketing and has no quiet hours: add them"
        yield Finding(CONTACT, ("quiet_hours",), message, False, True)
