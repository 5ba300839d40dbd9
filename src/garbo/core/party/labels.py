"""When the label of a contact is known, and what is learnt then. docs/learning.md explains it.

Rules
 1. A model's target gives a contact its window. Learnt at the close, yes and no alike are learnt when it closes: one
    timer on the row, at the earliest close. Silence is a no, and so is a refusal; a yes is remembered until then.
 2. Learnt early, a no is learnt when the contact is made, and a yes when it comes.
 3. A yes after the close is learnt too, as a late one, for a bounded time. A contact has one yes: a second is none.
 4. A contact was made once its channel has reported it, if it reports at all; one that was not made teaches nothing.
 5. A conversion is the merit of one contact: the latest one that was seen, and is about its theme. Seen means that
    something says so (opened, clicked, answered, shown to who was there); on a channel that cannot say it, made. An
    acceptance that names neither a contact nor its channel is held to the same.
 6. Nothing is learnt without `profiling` and `personal_data`, at the choice (there are no features then, and they are
    dropped when a consent is withdrawn) and at the label.
"""

from collections.abc import Collection

from garbo.core.party.consent import profiled
from garbo.core.party.state import FEATURES, PENDING, Party, Pending, Timer
from garbo.core.policy.models import Target, scorers
from garbo.core.policy.policy import Policy
from garbo.core.policy.vocabulary import LABELS, Meaning
from garbo.core.vocabulary.effects import Learn, Unlearnt

INTENT = ID = "label"
EARLY = "early"  # of a target's `learn`
CLOSE, EARLY_NO, EARLY_YES, LATE_YES = "close", "early_no", "early_yes", "late_yes"
# It was looked at, so what rode on it was as well.
_LOOKED = frozenset({Meaning.SEEN, Meaning.INTERESTED})


def target_of(policy: Policy, family: str) -> Target | None:
    """What the models of `family` predict; None: it has none."""
    first = scorers(policy.models, family)[:1]
    return first[0].target if first else None


# ---- what happens to a contact -------------------------------------------------------------------------------------


def begin(party: Party, pending: Pending, policy: Policy, at: int) -> list[Learn]:
    """The contact was decided: its window opens, if something is to be learnt from it."""
    if pending.features is not None:
        _open(pending, policy)
    return _made_early(party, pending, policy, at)


def reported(
    party: Party, whose: Collection[str], found: list[Pending], meaning: Meaning, policy: Policy, *,
    named: bool, said_on: str, when: int, at: int,
) -> list[Learn]:  # fmt: skip
    """An outcome came. whose: ids of its contacts. found: what it says yes or no to. named: it names a contact's id.
    said_on: the channel that it names; "" for none. when: it happened (ms)."""
    if meaning is Meaning.FAILED:
        return []
    examples, label = [], LABELS[meaning]
    for pending in party.pending:
        if pending.action_id in whose:
            pending.reported = True
            pending.seen = pending.seen or meaning in _LOOKED
            examples += _made_early(party, pending, policy, at)
    for pending in found if label is not None else ():
        pending.answered = True
        target = target_of(policy, pending.family)
        answers = named or said_on == pending.channel
        if label and target is not None and not target.touchpoint and (answers or _seen(pending, policy)):
            examples += _yes(party, pending, policy, when, at)
    return examples


def converted(party: Party, kind: str, theme: str, policy: Policy, *, when: int, at: int) -> list[Learn]:
    """The customer did something: a touchpoint of `kind` about `theme`. when: it happened (ms)."""
    for pending in sorted(party.pending, key=lambda p: -p.at) if party.pending else ():
        if not pending.at <= when <= pending.until or not _seen(pending, policy):
            continue
        target = target_of(policy, pending.family)
        if target is not None and target.touchpoint == kind and theme in _themes(target, pending, theme):
            return _yes(party, pending, policy, when, at)
    return []


def close(party: Party, policy: Policy, at: int) -> list[Learn]:
    """The timer fired: the labels of the windows that have closed by instant `at` (ms)."""
    return [e for p in party.pending if _waits(p) and p.closes <= at for e in _close(party, p, policy, at)]


# ---- the row -------------------------------------------------------------------------------------------------------


def wind(party: Party) -> None:
    """Set the timer to the earliest close; without any there is no timer."""
    due = min((p.closes for p in party.pending if _waits(p)), default=0) if party.pending else 0
    held = next((t.due for t in party.timers if t.intent == INTENT), 0)
    if held == due:
        return
    party.timers = [t for t in party.timers if t.intent != INTENT]
    if due:
        party.timers.append(Timer(id=ID, due=due, intent=INTENT))


def prune(party: Party, policy: Policy, at: int) -> None:
    """Give up what can no longer be learnt at instant `at` (ms), and the answered contacts that nothing refers to."""
    for pending in party.pending:
        if pending.features is not None and not pending.closes:  # of a row of before labels had a time
            _open(pending, policy)
        elif pending.closes and pending.until < at and not _waits(pending):
            _done(pending)
    if any(p.answered for p in party.pending):
        party.pending = [p for p in party.pending if not p.answered or p.closes or at <= lasts(p, policy)]


def lasts(pending: Pending, policy: Policy) -> int:
    """Until when (ms) an outcome without an id may belong to the contact."""
    return pending.until or pending.at + policy.attribution_window


def bound(party: Party, policy: Policy) -> list[Unlearnt]:
    """Keep as many contacts as the row holds: those that nothing is awaited of go first, then the oldest."""
    given_up, most = [], min(policy.learning.pending_at_most, PENDING)
    while len(party.pending) > most or sum(len(p.features or ()) for p in party.pending) > FEATURES:
        lost = min(party.pending, key=lambda p: (bool(p.closes) or not p.answered, p.at))
        party.pending = [p for p in party.pending if p is not lost]
        if lost.closes:
            given_up.append(Unlearnt(lost.family, "label" if _waits(lost) else "yes"))
    return given_up


# ---- one contact ---------------------------------------------------------------------------------------------------


def _open(pending: Pending, policy: Policy) -> None:
    target = target_of(policy, pending.family)
    if target is None:
        pending.features = None
        return
    window = target.windows.get(pending.channel, target.window)
    pending.closes = pending.at + window
    pending.until = pending.closes + int(window * policy.learning.late_windows)
    pending.early = target.learn == EARLY


def _waits(pending: Pending) -> bool:
    """Is something learnt when its window closes?"""
    return bool(pending.closes) and not pending.labelled and not pending.early


def _made(pending: Pending, policy: Policy) -> bool:
    channel = policy.channels.get(pending.channel)
    return pending.reported or pending.seen or channel is None or not channel.reports_within


def _seen(pending: Pending, policy: Policy) -> bool:
    channel = policy.channels.get(pending.channel)
    says_so = channel is not None and channel.reports_within and channel.reports_seen
    return pending.seen or (not says_so and _made(pending, policy))


def _themes(target: Target, pending: Pending, theme: str) -> tuple[str, ...]:
    """The themes that the conversion may have: the target's, else the contact's; without a theme it is about any."""
    if target.theme:
        return (target.theme,)
    return ("", pending.theme) if pending.theme else (theme,)


def _made_early(party: Party, pending: Pending, policy: Policy, at: int) -> list[Learn]:
    if not pending.closes or not pending.early or pending.labelled or not _made(pending, policy):
        return []
    pending.labelled = True
    return _examples(party, pending, policy, EARLY_NO, 0, at)


def _yes(party: Party, pending: Pending, policy: Policy, when: int, at: int) -> list[Learn]:
    if not pending.closes or pending.yes_at or when > pending.until:
        return []
    pending.reported = True  # a yes says that it was made
    examples = _made_early(party, pending, policy, at)
    if _waits(pending):
        if when <= pending.closes:
            pending.yes_at = when
            return []
        examples += _close(party, pending, policy, at)  # its timer is late
    kind = EARLY_YES if pending.early and when <= pending.closes else LATE_YES
    if pending.closes:
        pending.yes_at = when
        examples += _examples(party, pending, policy, kind, 1, at)
        _done(pending)
    return examples


def _close(party: Party, pending: Pending, policy: Policy, at: int) -> list[Learn]:
    if not _made(pending, policy):
        _done(pending)
        return []
    pending.labelled = True
    label = 1 if pending.yes_at else 0
    examples = _examples(party, pending, policy, CLOSE, label, at)
    if label:
        _done(pending)
    return examples


def _done(pending: Pending) -> None:
    pending.features, pending.closes = None, 0


def _examples(party: Party, pending: Pending, policy: Policy, kind: str, label: int, at: int) -> list[Learn]:
    """One example for each model of the contact's family."""
    if not profiled(party) or pending.features is None:
        _done(pending)
        return []
    contested = pending.contest
    return [
        Learn(
            model=model.id,
            example_id=f"{pending.action_id}/{pending.action}/{kind}",
            party=party.id,
            at=at,
            action=pending.action,
            features=pending.features,
            label=label,
            probability=pending.probability,
            propensity=pending.propensity,
            model_version=pending.model_version,
            kind=kind,
            champion_probability=pending.champion_probability if model.id == contested else -1.0,
            challenger_probability=pending.challenger_probability if model.id == contested else -1.0,
            value=pending.value,
            cost=pending.cost,
            channel=pending.channel,
            decided_at=pending.at,
        )
        for model in scorers(policy.models, pending.family)
    ]
