"""May this contact be made then? Caps, spacing, sequence, exclusion, cooldown, suppressions. Semantics, each with its
test: docs/contact-policy.md.

Rules
 1. Windows roll: a cap of 2 in W means that no interval (t - W, t], whatever its end t, holds more than 2. Contacts
    exactly W apart share no window. No calendar here: days and zones are `core.gates.calendar`'s.
 2. The ledger counts a contact at the time it happens, planned ones at the time they will; `at` is that time too.
 3. A contact is judged by what its line in the ledger says (tags frozen at the decision), never by today's catalogue.
 4. What cannot be known is held back: a full ledger, a limit of 0, a suppression whose rule is gone.
 5. Nothing is queued: a contact held back is dropped with its reason.
"""

from collections.abc import Mapping, Sequence

from garbo.core.party.state import LEDGER, Contact, Party
from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.contact_policy import Cap, ContactPolicy
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict

# Negative outcomes kept, besides being younger than the longest suppression window: a rule that waits for more refusals
# than this is no suppression. The oldest are given up; the suppressions they caused are not.
NEGATIVES = 32


def check(
    policy: ContactPolicy,
    action: Action,
    at: int,
    contacts: Sequence[Contact],
    *,
    rider: bool = False,
    ignoring: str = "",
    theme: str = "",
) -> Verdict:
    """May `action` make a contact at instant `at` (ms), when it would happen, given the ledger `contacts`?

    rider: it rides on another contact, so only what is said about purposes, themes and named actions holds.
    ignoring: the action_id whose own reservation is not counted. theme: what an action without a theme of its own will
    be about: the ledger's line will say so, and is judged by it. `detail` of the verdict is the rule's name.
    """
    if action.internal:
        return ALLOWED
    if ignoring:
        contacts = [c for c in contacts if c.action_id != ignoring]
    held = action.action_class
    count = len(contacts)
    if count >= LEDGER and held is ActionClass.MARKETING:
        return Verdict(False, Reason.LEDGER_FULL, str(LEDGER))
    if action.cooldown and _near(at, contacts, (action.name,), action.cooldown):
        return Verdict(False, Reason.COOLDOWN, action.name)
    for cap in policy.caps:
        if (
            count >= cap.limit
            and held in cap.limits
            and _concerns(cap, action, rider, theme)
            and _over(cap, at, contacts)
        ):
            return Verdict(False, Reason.CAP_REACHED, cap.name)
    if not count:
        return ALLOWED
    if not rider:
        for spacing in policy.spacings:
            channels = spacing.channels
            if held not in spacing.limits or (channels and action.channel not in channels):
                continue
            gap, counts = spacing.gap, spacing.counts
            for c in contacts:
                if (
                    -gap < c.at - at < gap
                    and not c.rider
                    and c.action_class in counts
                    and (not channels or c.channel in channels)
                ):
                    return Verdict(False, Reason.SPACING, spacing.name)
    name = action.name
    for sequence in policy.sequences:
        within = sequence.within
        if name == sequence.then and any(c.action == sequence.first and 0 <= at - c.at < within for c in contacts):
            return Verdict(False, Reason.SEQUENCE, sequence.name)
        if name == sequence.first and any(c.action == sequence.then and 0 <= c.at - at < within for c in contacts):
            return Verdict(False, Reason.SEQUENCE, sequence.name)
    for exclusion in policy.exclusions:
        if name in exclusion.actions and _near(at, contacts, exclusion.actions, exclusion.within):
            return Verdict(False, Reason.EXCLUSION, exclusion.name)
    return ALLOWED


def _near(at: int, contacts: Sequence[Contact], names: tuple[str, ...], span: int) -> bool:
    """Is a contact by one of `names` less than `span` before or after `at`?"""
    for c in contacts:  # noqa: SIM110 - the hot path: a generator costs as much as five contacts
        if c.action in names and -span < c.at - at < span:
            return True
    return False


def _concerns(cap: Cap, action: Action, rider: bool, theme: str) -> bool:
    """Does `cap` speak of such a contact? A rider may end on any channel it rides on, so each of them counts."""
    if cap.purposes and action.purpose not in cap.purposes:
        return False
    if cap.themes and (action.theme or theme) not in cap.themes:
        return False
    if rider and not (cap.purposes or cap.themes):
        return False
    channels = cap.channels
    if not channels or action.channel in channels:
        return True
    return rider and any(channel in channels for channel in action.rides_on)


def _over(cap: Cap, at: int, contacts: Sequence[Contact]) -> bool:
    """Would some window that contains `at` hold more than the limit, this contact counted?

    It would if `limit` + 1 neighbours in time, `at` among them, lie within less than a window.
    """
    limit, window = cap.limit, cap.window
    if limit <= 0:
        return True
    channels, purposes, themes, counts = cap.channels, cap.purposes, cap.themes, cap.counts
    tagged = bool(purposes or themes)
    times = [
        c.at
        for c in contacts
        if -window < c.at - at < window
        and c.action_class in counts
        and (tagged or not c.rider)
        and (not channels or c.channel in channels)
        and (not purposes or c.purpose in purposes)
        and (not themes or c.theme in themes)
    ]
    if len(times) < limit:
        return False
    times.append(at)
    times.sort()
    groups = zip(times, times[limit:], strict=False)
    return any(last - first < window and first <= at <= last for first, last in groups)


def suppressed(action: Action, at: int, suppressions: Mapping[str, int], policy: ContactPolicy) -> Verdict:
    """Is `action` paused at instant `at`?

    A key is "<rule>|<scope>" with scope "all", "channel:<c>", "topic:<theme>" or "action:<a>". A bare scope, or a rule
    the policy no longer has, holds marketing back. The value is the first instant (ms) at which the pause is over.
    """
    if not suppressions or action.internal:
        return ALLOWED
    for key, until in suppressions.items():
        if at >= until:
            continue
        name, _, scope = key.rpartition("|")
        kind, _, subject = scope.partition(":")
        if kind != "all" and subject != getattr(action, _FIELD.get(kind, "name")):
            continue
        limits = next((rule.limits for rule in policy.suppressions if rule.name == name), _BY_DEFAULT)
        if action.action_class in limits:
            return Verdict(False, Reason.SUPPRESSED, name or scope)
    return ALLOWED


# Rows keep the words they were first written with: a theme is "topic" in the key of a suppression.
_FIELD = {"channel": "channel", "topic": "theme", "action": "name"}
_CODE = {"theme": "topic"}
_BY_DEFAULT = (ActionClass.MARKETING.value,)


def note_negative(
    policy: ContactPolicy, party: Party, status: str, channel: str, theme: str, action: str, at: int
) -> None:
    """Note a negative outcome on the (already copied) row and start the pauses it causes.

    In any order of arrival the pauses come out the same: a pause runs from the outcome that completed the count.
    A line of `negatives` is (at, status, channel, "theme|action").
    """
    rules = [rule for rule in policy.suppressions if status in rule.statuses]
    now = max(party.at, at)
    suppressions = {key: until for key, until in party.suppressions.items() if until > now}
    negatives = party.negatives
    if rules:
        negatives = sorted([*negatives, (at, status, channel, f"{theme}|{action}")])
        subjects = {"all": "", "channel": channel, "theme": theme, "action": action}
        for rule in rules:
            subject = subjects[rule.scope]
            if rule.scope != "all" and not subject:
                continue  # the outcome does not say which: there is nothing to pause
            times = [n[0] for n in negatives if n[1] in rule.statuses and _subject(n, rule.scope) == subject]
            for first, last in zip(times, times[max(rule.count - 1, 0) :], strict=False):
                if last - first < rule.window and last >= at and last + rule.pause > now:
                    scope = _CODE.get(rule.scope, rule.scope)
                    key = f"{rule.name}|{scope}:{subject}" if subject else f"{rule.name}|{scope}"
                    suppressions[key] = max(suppressions.get(key, 0), last + rule.pause)
    horizon = now - max((rule.window for rule in policy.suppressions), default=0)
    party.negatives = [n for n in negatives if n[0] > horizon][-NEGATIVES:]
    party.suppressions = suppressions


def _subject(negative: tuple[int, str, str, str], scope: str) -> str:
    """What of a negative outcome a rule of this scope looks at."""
    if scope == "all":
        return ""
    if scope == "channel":
        return negative[2]
    theme, _, action = negative[3].rpartition("|")
    return theme if scope == "theme" else action


_spans: list[tuple[Policy, int]] = []  # of the policy in use: it changes only when one is published


def memory(policy: Policy) -> int:
    """How long the ledger must remember (ms): the longest window, cooldown, or silence a trigger waits for."""
    for known, span in _spans:
        if known is policy:
            return span
    actions = policy.actions.values()
    spans = [a.cooldown for a in actions] + [t.after_max for a in actions for t in a.triggers]
    span = max(policy.contact.longest_window, *spans, 0)
    _spans[:] = [(policy, span)]
    return span


def prune(policy: Policy, contacts: list[Contact], at: int) -> list[Contact]:
    """`contacts` without those no rule can look at any more; planned ones stay. The same list if none goes."""
    horizon = at - memory(policy)
    for contact in contacts:
        if contact.at < horizon and not contact.planned:
            return [c for c in contacts if c.at >= horizon or c.planned]
    return contacts
