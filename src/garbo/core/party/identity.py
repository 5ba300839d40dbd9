"""Identity: which party an identifier belongs to, as values that only grow.

Rules
 1. An identifier without a link belongs to the party derived from itself: no row is needed for that.
 2. A link says "this identifier also belongs to that party". Links are never changed or removed, so a copy does no
    harm: the party is the best one among all claims, in whatever order they came.
 3. Better means: derived from a stronger identifier; among equals, the smaller id. The order is total, so two workers
    agree without talking.
 4. Two identifiers of strength 0 (customer ids) are two persons, whatever device or address they share: their parties
    never become one.
"""

from collections.abc import Iterable, Mapping, Sequence

from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.events import Identifier
from garbo.core.vocabulary.ids import digest

HOUSEHOLD = "household"

# The strength of a kind whose value names one person for certain, such as a customer id.
CERTAIN = 0


def party_of(identifier: Identifier, kinds: Mapping[str, int] = DEFAULT.identifiers) -> str:
    """The party of an identifier without a link. The leading digit is its strength, so ids compare as rule 3 asks.

    kinds: kind -> strength, as the policy's vocabulary has them.

    A verified e-mail and the same e-mail unverified are two identifiers of different strength for one address. They are
    linked, not equal, because anybody may type somebody else's address into a form.
    """
    return f"{kinds[identifier.kind]}-{digest(identifier.kind, identifier.value)}"


def distinct(one: str, other: str) -> bool:
    """Are these the parties of two identifiers of strength 0 (rule 4)?"""
    return one != other and one.startswith(f"{CERTAIN}-") and other.startswith(f"{CERTAIN}-")


def best(parties: Iterable[str]) -> str:
    """The party that wins among claims."""
    return min(parties)


def strongest_first(
    identifiers: Sequence[Identifier], kinds: Mapping[str, int] = DEFAULT.identifiers
) -> list[Identifier]:
    """`identifiers` of these kinds without doubles, the strongest first, in one order for all workers."""
    return sorted({i for i in identifiers if i.kind in kinds}, key=lambda i: (kinds[i.kind], i.kind, i.value))
