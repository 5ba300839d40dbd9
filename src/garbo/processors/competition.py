"""What a decision record says about who competed, for the metrics."""

from typing import Final, Literal, NamedTuple, TypeAlias

from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.reasons import Reason

Result: TypeAlias = Literal["action", "nothing_competed", "all_blocked", "silence_chosen", "cancelled"]

RESULTS: Final[tuple[Result, ...]] = ("action", "nothing_competed", "all_blocked", "silence_chosen", "cancelled")

# Why a planned contact was cancelled when no gate says it: the policy in use no longer has the action.
DROPPED: Final = "dropped"


class Competition(NamedTuple):
    """How one decision came out.

    feasible: candidates that passed every gate, offers that could ride along left out. marketing: some marketing
    competed, whatever held it back. plans: (result, reason) of each plan that was confirmed or cancelled; the reason
    of a confirmed one is "".
    """

    result: Result
    feasible: int = 0
    marketing: bool = False
    plans: tuple[tuple[str, str], ...] = ()


_NOTHING: Final = Competition("nothing_competed")


def competition(record: DecisionRecord, policy: Policy) -> Competition | None:
    """None for a record without a decision: a duplicate, a forwarded event, a row that moved.

    A plan that what happened made pointless, and an action whose `when` does not hold, reached no gate: neither
    competed.
    """
    if not record.point:
        return None
    if not record.scored and not record.blocked and not record.confirmation:
        return _NOTHING
    feasible, marketing = 0, False
    for scored in record.scored:
        action = policy.actions.get(scored.action)
        if action is None or not action.rides_on:
            feasible += 1
            marketing = marketing or _is_marketing(action)
    held: Reason | None = None  # the first gate that held somebody back
    plans: list[tuple[str, str]] = []
    for blocked in record.blocked:
        if blocked.reason is Reason.CANCELLED:
            plans.append(("cancelled", blocked.reason.value))
        elif blocked.reason is not Reason.CONDITION:
            held = held or blocked.reason
            marketing = marketing or _is_marketing(policy.actions.get(blocked.action))
    result: Result
    if record.confirmation == "cancelled":
        result = "cancelled"
        why = held or next((s.reason for s in record.scored if s.reason is not None), None)
        plans.append(("cancelled", DROPPED if why is None else why.value))
    elif record.chosen:
        result = "action"
        if record.confirmation:
            plans.append(("confirmed", ""))
    elif feasible:
        result = "silence_chosen"
    else:
        result = "all_blocked" if held else "nothing_competed"
    return Competition(result, feasible, marketing, tuple(plans))


def _is_marketing(action: Action | None) -> bool:
    return action is not None and action.action_class is ActionClass.MARKETING
