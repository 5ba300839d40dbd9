"""The hold-out: a stable group of parties that gets no marketing, so that what marketing changes can be measured."""

from garbo.core.policy.policy import HoldOut
from garbo.core.vocabulary.ids import draw, fingerprint


def held_out(rule: HoldOut, party: str, at: int) -> bool:
    """Is `party` in the group at instant `at` (ms)? A function of the party, the period and the salt alone."""
    if rule.share <= 0.0:
        return False
    return draw(fingerprint(f"{rule.salt}|{at // rule.period}|{party}")) < rule.share
