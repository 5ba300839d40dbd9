"""Identity: which party an identifier belongs to, as values that only grow.

Rules
 1. An identifier without a link belongs to the party derived from itself: no row is needed for that.
 2. A link says "this identifier also belongs to that party". Links are never changed or removed, so a copy does no
    harm: the party is the best one among all claims, in whatever order they came.
 3. Better means: derived from a stronger identifier; among equals, the smaller id. The order is total, so two workers
    agree without talking.
 4. Two customer ids are two persons, whatever device or address they share: their parties never become one.
"""

from collections.abc import Iterable, Mapping, Sequence

from garbo.core.vocabulary.events import Identifier
from garbo.core.vocabulary.ids import digest

# customer id > verified e-mail/phone > unverified ones and social handles > cookie/device. "party" names one itself.
STRENGTH: Mapping[str, int] = {
    "customer_id": 0,
    "verified_email": 1,
    "verified_phone": 1,
    "email": 2,
    "phone": 2,
    "social": 3,
    "device": 4,
    "cookie": 5,
}

HOUSEHOLD, CUSTOMER = "household", "customer_id"


def party_of(identifier: Identifier) -> str:
    """The party of an identifier without a link. The leading digit is its strength, so ids compare as rule 3 asks.

    A verified e-mail and the same e-mail unverified are two identifiers of different strength for one address. They are
    linked, not equal, because anybody may type somebody else's address into a form.
    """
    return f"{STRENGTH[identifier.kind]}-{digest(identifier.kind, identifier.value)}"


def distinct(one: str, other: str) -> bool:
    """Are these the parties of two customer ids (rule 4)?"""
    return one != other and one.startswith("0-") and other.startswith("0-")


def best(parties: Iterable[str]) -> str:
    """The party that wins among claims."""
    return min(parties)


def strongest_first(identifiers: Sequence[Identifier]) -> list[Identifier]:
    """`identifiers` without doubles, the strongest first, in one order for all workers."""
    return sorted({i for i in identifiers if i.kind in STRENGTH}, key=lambda i: (STRENGTH[i.kind], i.kind, i.value))
