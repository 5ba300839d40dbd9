"""A message in words that the policy does not have is a dead letter, never a silent drop (`core.policy.words`)."""

from collections.abc import Mapping

from garbo.core.policy.policy import Policy
from garbo.core.policy.words import fault
from garbo.core.vocabulary.events import ConsentChange, Identifier, InboundBody
from garbo.core.vocabulary.nearest import did_you_mean, quoted
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.processors.identifiers import PARTY, normalised
from garbo.processors.ports import Rejected


def understood(body: InboundBody, policy: Policy) -> None:
    """Raises `Rejected` for the first word or value that `policy` does not allow."""
    if (wrong := fault(body, policy)) is not None:
        reason = DeadLetterReason.UNKNOWN_WORD if wrong.unknown else DeadLetterReason.WRONG_VALUE
        raise Rejected(reason, wrong.why)


def identified(body: InboundBody, kinds: Mapping[str, int], region: str) -> list[Identifier]:
    """The identifiers of `body` in their one spelling; the party alone if one of them names it.

    A withdrawal of consent is taken for those that can be used: it is never refused for the others.

    Raises:
        Rejected: a kind is unknown, or a value cannot be of its kind.
    """
    lenient = isinstance(body, ConsentChange) and not body.granted
    found = []
    for kind, value in body.identifiers:
        known = normalised(kind, value, region, kinds)
        if known is not None:
            if known.kind == PARTY:
                return [known]
            found.append(known)
        elif not lenient:
            raise _unusable(kind, kinds)
    return found


def _unusable(kind: str, kinds: Mapping[str, int]) -> Rejected:
    if kind in kinds or kind == PARTY:
        why = f"a value of '{kind}' cannot be one: correct it, or leave the identifier out"
        return Rejected(DeadLetterReason.WRONG_VALUE, why)
    hint = did_you_mean(kind, kinds)
    return Rejected(DeadLetterReason.UNKNOWN_WORD, f"the kind of identifier {quoted(kind)} is not declared{hint}")
