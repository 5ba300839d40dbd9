"""The life cycle Lead > Prospect > Customer, as a table of legal transitions.

A step that leaps (lead to customer) passes through what lies between, so that flows count every stage.
"""

from collections.abc import Mapping

LEAD, PROSPECT, CUSTOMER, FORMER = "lead", "prospect", "customer", "former"

STATES: tuple[str, ...] = (LEAD, PROSPECT, CUSTOMER, FORMER)

# (where the party is, where it shall go) -> the steps; what is not here is illegal and changes nothing.
LEGAL: Mapping[tuple[str, str], tuple[str, ...]] = {
    (LEAD, PROSPECT): (PROSPECT,),
    (LEAD, CUSTOMER): (PROSPECT, CUSTOMER),
    (PROSPECT, CUSTOMER): (CUSTOMER,),
    (CUSTOMER, FORMER): (FORMER,),
    (FORMER, PROSPECT): (PROSPECT,),
    (FORMER, CUSTOMER): (PROSPECT, CUSTOMER),
}


def steps(current: str, target: str) -> tuple[str, ...]:
    """The transitions from `current` to `target`; empty when it is there already or may not go."""
    return LEGAL.get((current, target), ())


def further(one: str, other: str) -> str:
    """Of two rows of one person, the state that is further along."""
    return max(one, other, key=STATES.index)
