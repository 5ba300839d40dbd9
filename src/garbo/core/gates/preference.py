"""On which channel an action is made: the treatments in the order in which this person would rather have them.

The channel the customer is on, the one they last answered on, the one they declared, then the policy's order.
"""

from collections.abc import Sequence

from garbo.core.gates.context import DecisionContext
from garbo.core.policy.actions import Action, Treatment

# The attribute in which a customer declares a channel, where the policy has it.
DECLARED = "preferred_channel"


def treatments(context: DecisionContext, action: Action, *, inbound: bool) -> Sequence[Treatment]:
    """The treatments that may be made here, the preferred one first. inbound: on the channel the customer asks on."""
    if inbound:
        channel = context.effect.channel
        return [t for t in action.treatments if t.inbound and t.channel == channel]
    given = action.treatments
    if len(given) == 1:
        return () if given[0].inbound else given
    ways = [t for t in given if not t.inbound]
    preferred = context.channels
    if preferred is None:
        preferred = context.channels = _preferred(context)
    if any(t.channel in preferred for t in ways):
        ways.sort(key=lambda t: preferred.index(t.channel) if t.channel in preferred else len(preferred))
    return ways


def _preferred(context: DecisionContext) -> tuple[str, ...]:
    party = context.party
    return (context.effect.channel, party.answered_on, str(party.attributes.get(DECLARED, "")))
