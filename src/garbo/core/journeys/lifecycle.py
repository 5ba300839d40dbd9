"""The life cycle Lead > Prospect > Customer, as a table of legal transitions.

A move over several states (lead to customer) passes through those in between, so that flows count every state.
"""

from collections.abc import Mapping

from garbo.core.vocabulary.states import CUSTOMER, FORMER, LEAD, PROSPECT, STATES

# (current state, wanted state) -> the states entered, in order. A pair that is not here is illegal and changes nothing.
LEGAL: Mapping[tuple[str, str], tuple[str, ...]] = {
    (LEAD, PROSPECT): (PROSPECT,),
    (LEAD, CUSTOMER): (PROSPECT, CUSTOMER),
    (PROSPECT, CUSTOMER): (CUSTOMER,),
    (CUSTOMER, FORMER): (FORMER,),
    (FORMER, PROSPECT): (PROSPECT,),
    (FORMER, CUSTOMER): (PROSPECT, CUSTOMER),
}


def steps(current: str, target: str) -> tuple[str, ...]:
    """The states entered on the way from `current` to `target`; empty when they are equal or the move is illegal."""
    return LEGAL.get((current, target), ())


def further(one: str, other: str) -> str:
    """Of two rows of one person, the state that is further along."""
    return max(one, other, key=STATES.index)
