"""What a decision says about the stages that the party stands in: an action that leads on was made, or held back.

Rules
 1. Only the actions that the map lists under `advance` of the stage count, in that order.
 2. A visit is held back when none of them was chosen and one of them was blocked or lost. One that is planned for later
    is neither: it is answered when it is made.
 3. The obstacle is that of the first of them. One that a rule keeps from the person is not meant for them, as long as
    another one is: its rule is the obstacle only if rules hold back all of them.
 4. The obstacle is a cause and a name: of the rule, the consent, the cap, the channel, or what came first.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from garbo.core.choice.arbitration import Choice
from garbo.core.delivery.planning import ExecutionResult
from garbo.core.gates.context import DecisionContext
from garbo.core.policy.journey_map import ANSWERED, HELD
from garbo.core.vocabulary.effects import Blocked
from garbo.core.vocabulary.reasons import Reason

RULE, CAP, CONSENT, CAPACITY = "rule", "cap", "consent", "capacity"
QUIET_HOURS, UNREACHABLE, SUPPRESSED, OUTRANKED = "quiet_hours", "unreachable", "suppressed", "outranked"

CAUSE: Final[Mapping[Reason, str]] = {
    Reason.CONSENT_DENIED: CONSENT,
    Reason.SUPPRESSED: SUPPRESSED,
    Reason.OBJECTED: SUPPRESSED,
    Reason.NOT_ELIGIBLE: RULE,
    Reason.NOT_SUITABLE: RULE,
    Reason.RULE_ERROR: RULE,
    Reason.EXPIRED: RULE,
    Reason.LATE: RULE,
    Reason.PUBLIC: RULE,
    Reason.HELD_OUT: RULE,
    Reason.UNREACHABLE: UNREACHABLE,
    Reason.TRIED: UNREACHABLE,
    Reason.COOLDOWN: CAP,
    Reason.CAP_REACHED: CAP,
    Reason.SPACING: CAP,
    Reason.SEQUENCE: CAP,
    Reason.EXCLUSION: CAP,
    Reason.LEDGER_FULL: CAP,
    Reason.NO_OPENING: QUIET_HOURS,
    Reason.NO_CAPACITY: CAPACITY,
    Reason.OUTRANKED: OUTRANKED,
    Reason.BELOW_SILENCE: OUTRANKED,
    Reason.NOT_CHOSEN: OUTRANKED,
}
"""Reason -> cause. What is planned already, was cancelled, or whose entry has a condition is no obstacle."""

SILENCE: Final = "silence"
"""What came first when nothing was chosen."""


class Remark(NamedTuple):
    """kind: HELD or ANSWERED. detail: the obstacle, or the action."""

    journey: str
    kind: str
    detail: str


def remarks(
    context: DecisionContext, choice: Choice, riders: Choice, result: ExecutionResult | None,
    blocked: Sequence[Blocked],
) -> Iterator[Remark]:  # fmt: skip
    """What the decision says about each stage with actions that lead on. Nothing twice about a visit."""
    for instance in context.party.journeys if context.map.courses else ():
        course = context.map.by_name.get(instance.journey)
        advance = course.advance.get(instance.stage, ()) if course is not None and instance.stage else ()
        if not advance:
            continue
        lost, made = {}, ""
        for chosen in (choice.chosen, riders.chosen):
            if chosen is not None and chosen.action.name in advance and _about(context, chosen.theme, instance.journey):
                made = chosen.action.name
        if made:
            if result is not None and result.command is not None and instance.answered < 0:
                yield Remark(instance.journey, ANSWERED, made)
            continue
        if instance.obstacle:
            continue
        for candidate in choice.scored:
            if _about(context, candidate.theme, instance.journey):
                winner = choice.chosen.action.name if choice.chosen is not None else SILENCE
                lost[candidate.action.name] = f"{OUTRANKED}:{winner}"
        for line in blocked:
            action = context.policy.actions.get(line.action)
            theme = (action.theme if action is not None else "") or context.effect.theme
            if line.reason in CAUSE and _about(context, theme, instance.journey):
                lost.setdefault(line.action, obstacle_of(line))
        found = [lost[name] for name in advance if name in lost]
        if found:
            meant = next((held for held in found if not held.startswith(RULE)), found[0])
            yield Remark(instance.journey, HELD, meant)


def _about(context: DecisionContext, theme: str, journey: str) -> bool:
    course = context.map.course(theme)
    return course is None or course.name == journey


def obstacle_of(line: Blocked) -> str:
    """The obstacle that a blocked candidate met; `line.reason` must be in CAUSE."""
    cause = CAUSE[line.reason]
    if cause == CAPACITY and not line.detail.startswith("stock"):
        name = line.channel or line.detail.partition(":")[0]  # without the hour or the day
    elif cause in (RULE, CAP, CONSENT, CAPACITY):
        name = line.detail or (line.reason.value if cause == RULE else line.action)
    elif line.reason is Reason.OBJECTED:
        name = line.channel or "objection"
    elif cause == SUPPRESSED:
        name = line.detail
    else:
        name = line.detail or line.channel
    return f"{cause}:{name}" if name else cause
