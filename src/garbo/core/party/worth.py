"""The value to the customer that contacts deliver, for the facts of journeys.

Rules
 1. What the company makes of itself (an answer, a warning, a reminder) is delivered when the contact is made, and taken
    back when its dispatcher reports that it failed.
 2. An offer, and whatever was only shown or rode along, is delivered with the first yes to it.
 3. What it is worth was judged when the action was chosen.
"""

from collections.abc import Iterable
from typing import Final

from garbo.core.party.state import Pending
from garbo.core.policy.actions import ActionClass
from garbo.core.policy.vocabulary import Meaning
from garbo.core.vocabulary.effects import VALUE_LIMIT

_UNIT: Final = 1000


def thousandths(value: float) -> int:
    """A value (euro) as rows and facts hold it: it adds up exactly."""
    return max(-VALUE_LIMIT, min(VALUE_LIMIT, round(value * _UNIT)))


def at_once(action_class: str) -> bool:
    """A contact of this class delivers its value when it is made."""
    return action_class != ActionClass.MARKETING


def of_report(found: Iterable[Pending], meaning: Meaning) -> int:
    """What an outcome delivers, or takes back (thousandths of a euro). found: the contacts that it is about."""
    total = 0
    for pending in found:
        if meaning is Meaning.FAILED and pending.delivered:
            total, pending.delivered = total - pending.value_customer, False
        elif meaning is Meaning.POSITIVE and not pending.delivered:
            total, pending.delivered = total + pending.value_customer, True
    return total
