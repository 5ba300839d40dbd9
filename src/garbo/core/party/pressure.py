"""How much we have weighed on a party lately: each contact, refusal and complaint adds, and time halves it.

Rules
 1. One accumulator and its instant in the row: `party.pressure` is what it was at `party.pressure_at`.
 2. Order of arrival does not matter: a late event adds what is left of it, and never moves the instant back.
 3. A contact weighs when it is made, not when it is planned: the ledger is what looks ahead.
"""

from garbo.core.party.state import Party
from garbo.core.policy.contact_policy import ContactPolicy
from garbo.core.vocabulary.events import OutcomeStatus
from garbo.core.vocabulary.instants import decayed


def pressure(party: Party, at: int, policy: ContactPolicy) -> float:
    """The pressure felt at `at`; for an instant before the last addition, what was felt then is not known: as then."""
    return decayed(party.pressure, party.pressure_at, at, policy.pressure_half_life)


def add(party: Party, weight: float, at: int, policy: ContactPolicy) -> None:
    """Add `weight`, felt since `at`, to the (already copied) row."""
    if at >= party.pressure_at:
        party.pressure = decayed(party.pressure, party.pressure_at, at, policy.pressure_half_life) + weight
        party.pressure_at = at
    else:
        party.pressure += decayed(weight, at, party.pressure_at, policy.pressure_half_life)


def contact_weight(policy: ContactPolicy, channel: str) -> float:
    """What one contact by `channel` weighs: a call more than a banner."""
    return policy.contact_weights.get(channel, 1.0)


def outcome_weight(policy: ContactPolicy, status: str) -> float:
    """What an outcome weighs on top of its contact: refusals and complaints; 0 for the others."""
    if status == OutcomeStatus.REFUSED:
        return policy.refusal_weight
    if status in (OutcomeStatus.COMPLAINT, OutcomeStatus.UNSUBSCRIBED):
        return policy.complaint_weight
    return 0.0
