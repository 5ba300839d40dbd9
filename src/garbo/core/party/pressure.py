"""The pressure on a party: each contact, refusal and complaint adds to it, and time halves it.

Rules
 1. The row has one accumulator and its instant: `party.pressure` is the pressure at `party.pressure_at`.
 2. The order of arrival does not matter: a late event adds what is left of it, and never moves the instant back.
 3. A contact weighs when it is made, not when it is planned: only the ledger looks ahead.
"""

from garbo.core.party.state import Party
from garbo.core.policy.contact_policy import ContactPolicy
from garbo.core.policy.vocabulary import Meaning
from garbo.core.vocabulary.instants import decayed


def pressure(party: Party, at: int, policy: ContactPolicy) -> float:
    """The pressure at instant `at` (ms). For an instant before the last addition: the pressure after that addition."""
    return decayed(party.pressure, party.pressure_at, at, policy.pressure_half_life)


def add(party: Party, weight: float, at: int, policy: ContactPolicy) -> None:
    """Add `weight`, felt since instant `at` (ms), to the row."""
    if at >= party.pressure_at:
        party.pressure = decayed(party.pressure, party.pressure_at, at, policy.pressure_half_life) + weight
        party.pressure_at = at
    else:
        party.pressure += decayed(weight, at, party.pressure_at, policy.pressure_half_life)


def contact_weight(policy: ContactPolicy, channel: str) -> float:
    """The weight of one contact on `channel`; 1 when the policy does not name it."""
    return policy.contact_weights.get(channel, 1.0)


def outcome_weight(policy: ContactPolicy, meaning: Meaning) -> float:
    """The weight of an outcome in addition to its contact's: of a no and of a complaint; 0 for the others."""
    if meaning is Meaning.NEGATIVE:
        return policy.refusal_weight
    if meaning in (Meaning.SUPPRESSING, Meaning.OBJECTING):
        return policy.complaint_weight
    return 0.0


def tone_weight(policy: ContactPolicy, tone: str) -> float:
    """The weight of a touchpoint's tone: of a complaint and of a negative one; 0 for the others."""
    return {"complaint": policy.complaint_weight, "negative": policy.negative_weight}.get(tone, 0.0)
