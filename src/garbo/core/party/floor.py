"""The floor: a need is answered when its answer arrived, not when it left.

Rules
 1. While an answer is under way, the need is `answering`. Delivered (or opened, accepted, even refused), it is
    answered.
 2. Failed, not answered by the person called, or not reported in the channel's time: the answer is tried on the next
    treatment, then the escalation is. What failed is not tried again.
 3. Where a channel reports nothing, the command that left counts as delivered.
 4. If only a free slot of a channel is missing, the need is decided again every `NEXT_SLOT`, for at most `QUEUE` after
    the time in which its kind is to be answered.
"""

from garbo.core.party import needs
from garbo.core.party.state import Need, Party, Timer
from garbo.core.policy.vocabulary import MISSED, Meaning
from garbo.core.vocabulary.effects import NeedClosed
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.core.vocabulary.reasons import NeedEnd

NEXT_SLOT = HOUR  # ms: the shorter period of a capacity
QUEUE = 2 * DAY  # ms: later than that an answer is of little use


def leaves(party: Party, need: Need, action: str, channel: str, action_id: str, until: int) -> None:
    """An answer to `need` is under way; a report is due by `until` (ms)."""
    need.answering = action_id
    need.tried.append(f"{action}/{channel}")
    need.deadline = max(need.deadline, until)
    needs.drop_timers(party, need)
    party.timers.append(Timer(id=f"{need.id}.r", due=until, intent=needs.REPORT, need=need.id, action_id=action_id))


def reported(
    party: Party, action_ids: set[str], meaning: Meaning, action: str, at: int
) -> tuple[list[NeedClosed], list[Need]]:
    """What a report of this meaning about these actions does: the needs that end, and those to be tried again now."""
    closed, again = [], []
    for need in list(party.needs):
        if not need.answering or need.answering not in action_ids:
            continue
        if meaning not in MISSED:
            closed.append(needs.close(party, need, NeedEnd.ANSWERED, action))
        else:
            try_again(party, need, at)
            again.append(need)
    return closed, again


def try_again(party: Party, need: Need, at: int) -> None:
    """The answer did not arrive: the need waits for another one, and its deadline is not before `at` (ms)."""
    need.answering, need.promised = "", False
    needs.put_off(party, need, max(need.deadline, at))
