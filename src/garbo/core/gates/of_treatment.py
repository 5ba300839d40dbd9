"""The gates that judge each treatment of an action. `gates.GATES` says their order and their reasons."""

from garbo.core.gates import calendar, contact_policy, of_action, scarcity
from garbo.core.gates.attempt import NO_DELAY, Attempt
from garbo.core.gates.context import DecisionContext
from garbo.core.gates.reach import address
from garbo.core.party import needs, objections, suppressions
from garbo.core.policy.actions import ActionClass
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict


def not_objected(context: DecisionContext, attempt: Attempt) -> Verdict:
    """The party has not objected to marketing where it would be seen: a rider's channel is its carrier's."""
    action, policy = attempt.action, context.policy
    if not context.party.objections or not objections.is_marketing(action, policy):
        return ALLOWED
    if objections.objected(context.party, action.purpose, attempt.carrier or attempt.treatment.channel, policy):
        return Verdict(Reason.OBJECTED)
    return ALLOWED


def not_tried(context: DecisionContext, attempt: Attempt) -> Verdict:
    """An answer that did not arrive is not tried again on its channel."""
    action, channel = attempt.action, attempt.treatment.channel
    if channel in attempt.tried:
        return Verdict(Reason.TRIED, channel)
    if action.answers:
        name = f"{action.name}/{channel}"
        due = [n for n in context.effect.due_needs if needs.answers(action, n)]
        if due and all(name in n.tried for n in due):
            return Verdict(Reason.TRIED, channel)
    return ALLOWED


def said_in_public(context: DecisionContext, attempt: Attempt) -> Verdict:
    """A public reply is for what was said in public."""
    if attempt.treatment.public and not all(n.public for n in needs.answerable(context.party, attempt.action)):
        return Verdict(Reason.PUBLIC, attempt.treatment.channel)
    return ALLOWED


def not_suppressed(context: DecisionContext, attempt: Attempt) -> Verdict:
    held = context.party.suppressions
    if not held:
        return ALLOWED
    return suppressions.suppressed(
        attempt.action, attempt.treatment.channel, context.at, held, context.policy.contact, theme=attempt.theme
    )


def reachable(context: DecisionContext, attempt: Attempt) -> Verdict:
    channel = attempt.treatment.channel
    word = context.policy.vocabulary.channels.get(channel)
    if attempt.action.internal or word is None or not word.addresses:
        return ALLOWED
    known = context.reached.get(channel)
    if known is None:
        reached = address(context.party, word) != ""
        known = context.reached[channel] = ALLOWED if reached else Verdict(Reason.UNREACHABLE, channel)
    return known


def has_opening(context: DecisionContext, attempt: Attempt) -> Verdict:
    action, contact, channel = attempt.action, context.policy.contact, attempt.treatment.channel
    after = attempt.after
    chosen_now = context.effect.planned is None  # what was chosen before has waited already
    if attempt.look and contact.remarketing is not None and chosen_now:
        after = max(after, context.since + contact.remarketing.delay)
    known, placement = context.openings, attempt.placement
    usual = after == context.at and not (placement.delay or placement.days or placement.at)
    if usual and not (action.internal or action.ignores_quiet_hours):
        if channel in known:
            placed_at = known[channel]
        else:
            placed_at = known[channel] = calendar.place(contact, action, channel, NO_DELAY, after, context.zone)
    else:
        placed_at = calendar.place(contact, action, channel, placement, after, context.zone)
    if placed_at is None:
        return Verdict(Reason.NO_OPENING, channel)
    attempt.placed_at = placed_at
    return ALLOWED


def has_slot(context: DecisionContext, attempt: Attempt) -> Verdict:
    """Does the partition's share of the channel have a slot then? A plan that is made in its own period has one."""
    channel = context.policy.channels.get(attempt.treatment.channel)
    if channel is None or channel.capacity is None or attempt.action.internal:
        return ALLOWED
    if attempt.action.action_class is ActionClass.MANDATORY:
        return ALLOWED
    if attempt.own and scarcity.keeps_slot(channel.capacity, context.effect.timer, attempt.placed_at, context.policy):
        return ALLOWED
    period = scarcity.period_of(channel.capacity, attempt.placed_at, context.policy)
    if not of_action.left(context, channel.name, period, channel.capacity.at_most):
        return Verdict(Reason.NO_CAPACITY, f"{channel.name}:{period}")
    return ALLOWED


def within_contact_policy(context: DecisionContext, attempt: Attempt) -> Verdict:
    return contact_policy.check(
        context.policy.contact,
        attempt.action,
        attempt.treatment.channel,
        attempt.placed_at,
        context.party.contacts,
        alone=attempt.alone,
        ignoring=attempt.own or "",
        theme=attempt.theme,
        look=attempt.look,
    )
