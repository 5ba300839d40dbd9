"""May this contact be made then? Caps, spacing, sequence, exclusion, cooldown. Semantics, each with its test:
docs/contact-policy.md.

Rules
 1. Windows roll: a cap of 2 in W means that no interval (t - W, t], whatever its end t, holds more than 2. Contacts
    exactly W apart share no window. No calendar here: days and zones are `core.gates.calendar`'s.
 2. The ledger counts a contact at the time it happens, planned ones at the time they will; `at` is that time too.
 3. A contact is judged by its line in the ledger, whose tags are frozen at the decision, never by today's catalogue.
 4. What cannot be known is held back: a full ledger, a limit of 0.
 5. Nothing is queued: a contact held back is dropped with its reason.
 6. Marketing that is only planned gives way to everything else: a survey of tomorrow holds back no answer of today, and
    is held back itself when its time comes.
"""

from collections.abc import Sequence

from garbo.core.party.state import LEDGER, Contact
from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.contact_policy import Cap, ContactPolicy, Remarketing
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict


def check(
    policy: ContactPolicy,
    action: Action,
    channel: str,
    at: int,
    contacts: Sequence[Contact],
    *,
    alone: bool = True,
    ignoring: str = "",
    theme: str = "",
    look: bool = False,
) -> Verdict:
    """May `action` make a contact on `channel` at instant `at` (ms), when it would happen, given the ledger `contacts`?

    alone: it is a contact of its own; one that rides on another, or is shown to who is there, is held back by limits on
    purposes, themes, groups and named actions only. look: it is about what the person merely looked at. ignoring: the
    action_id whose own reservation is not counted. theme: what an action without a theme of its own will be about; its
    line in the ledger will have it. `detail` of the verdict is the rule's name.
    """
    if action.internal:
        return ALLOWED
    if ignoring:
        contacts = [c for c in contacts if c.action_id != ignoring]
    held = action.action_class
    count = len(contacts)
    if count >= LEDGER and held is ActionClass.MARKETING:
        return Verdict(Reason.LEDGER_FULL, str(LEDGER))
    if action.cooldown and _near(at, contacts, (action.name,), action.cooldown):
        return Verdict(Reason.COOLDOWN, action.name)
    for cap in policy.caps:
        if (
            count >= cap.limit
            and held in cap.limits
            and _concerns(cap, action, channel, alone, theme)
            and _over(cap, at, contacts)
        ):
            return Verdict(Reason.CAP_REACHED, cap.name)
    if not count:
        return ALLOWED
    if look and policy.remarketing is not None and _looked(policy.remarketing, at, contacts):
        return Verdict(Reason.CAP_REACHED, "remarketing")
    if alone:
        for spacing in policy.spacings:
            channels = spacing.channels
            if held not in spacing.limits or (channels and channel not in channels):
                continue
            gap, counts = spacing.gap, spacing.counts
            for c in contacts:
                if (
                    -gap < c.at - at < gap
                    and not c.rider
                    and not c.member
                    and c.action_class in counts
                    and (not channels or c.channel in channels)
                ):
                    return Verdict(Reason.SPACING, spacing.name)
    name = action.name
    for sequence in policy.sequences:
        within = sequence.within
        if name == sequence.then and any(c.action == sequence.first and 0 <= at - c.at < within for c in contacts):
            return Verdict(Reason.SEQUENCE, sequence.name)
        if name == sequence.first and any(
            c.action == sequence.then and 0 <= c.at - at < within and not _gives_way(c, held) for c in contacts
        ):
            return Verdict(Reason.SEQUENCE, sequence.name)
    for exclusion in policy.exclusions:
        if name in exclusion.actions and _near(
            at, [c for c in contacts if not _gives_way(c, held)], exclusion.actions, exclusion.within
        ):
            return Verdict(Reason.EXCLUSION, exclusion.name)
    return ALLOWED


def _gives_way(contact: Contact, held: ActionClass) -> bool:
    """Is it only planned marketing, and the action of the class `held` none? (rule 6)"""
    return contact.planned and held is not ActionClass.MARKETING and contact.action_class == ActionClass.MARKETING


def _near(at: int, contacts: Sequence[Contact], names: tuple[str, ...], span: int) -> bool:
    """Is a contact by one of `names` less than `span` before or after `at`?"""
    for c in contacts:  # noqa: SIM110 - the hot path: a generator costs as much as five contacts
        if c.action in names and -span < c.at - at < span:
            return True
    return False


def _concerns(cap: Cap, action: Action, channel: str, alone: bool, theme: str) -> bool:
    """Does `cap` limit such a contact? A rider may go out on any channel it rides on, so each of them counts."""
    if cap.groups and action.group not in cap.groups:
        return False
    if cap.purposes and action.purpose not in cap.purposes:
        return False
    if cap.themes and (action.theme or theme) not in cap.themes:
        return False
    if not alone and not (cap.purposes or cap.themes or cap.groups):
        return False
    channels = cap.channels
    if not channels or channel in channels:
        return True
    return not alone and any(carrier in channels for carrier in action.rides_on)


def _looked(limits: Remarketing, at: int, contacts: Sequence[Contact]) -> bool:
    """Would some window that contains `at` hold more contacts about mere looks than the limit?"""
    return _crowded([c.at for c in contacts if c.look and not c.member], at, limits.limit, limits.window)


def left(policy: ContactPolicy, channel: str, at: int, contacts: Sequence[Contact]) -> int | None:
    """How many more marketing contacts the caps on any marketing would let be made on `channel` at instant `at` (ms).

    channel: "" for the caps on every channel alone. None: no such cap.
    """
    found: int | None = None
    for cap in policy.caps:
        if ActionClass.MARKETING not in cap.limits or cap.purposes or cap.themes or cap.groups:
            continue
        if cap.channels and channel not in cap.channels:
            continue
        times, window = _counted(cap, at, contacts), cap.window
        fullest = sum(1 for t in times if t <= at)  # all of them are less than a window away
        for end in times:  # planned ones: the windows that end with them and hold `at`
            if end > at:
                fullest = max(fullest, sum(end - window < t <= end for t in times))
        rest = max(0, cap.limit - fullest)
        found = rest if found is None else min(found, rest)
    return found


def _over(cap: Cap, at: int, contacts: Sequence[Contact]) -> bool:
    """Would some window that contains `at` hold more than the limit, this contact counted?

    It would if `limit` + 1 neighbours in time, `at` among them, lie within less than a window.
    """
    limit = cap.limit
    return limit <= 0 or _crowded(_counted(cap, at, contacts), at, limit, cap.window)


def _counted(cap: Cap, at: int, contacts: Sequence[Contact]) -> list[int]:
    """The instants of the contacts that `cap` counts, less than a window before or after `at`."""
    window, channels, purposes, themes, counts = cap.window, cap.channels, cap.purposes, cap.themes, cap.counts
    groups, household = cap.groups, cap.household
    tagged = bool(purposes or themes or groups)
    return [
        c.at
        for c in contacts
        if -window < c.at - at < window
        and c.action_class in counts
        and (tagged or not c.rider)
        and (not channels or c.channel in channels)
        and (not purposes or c.purpose in purposes)
        and (not themes or c.theme in themes)
        and (not groups or c.group in groups)
        and (household or not c.member)
    ]


def _crowded(times: list[int], at: int, limit: int, window: int) -> bool:
    """With `at`, do more than `limit` of `times` lie within less than a window, `at` among them?"""
    if len(times) < limit:
        return False
    times.append(at)
    times.sort()
    neighbours = zip(times, times[limit:], strict=False)
    return any(last - first < window and first <= at <= last for first, last in neighbours)
