"""What there is only so much of: the slots of a channel in an hour or a day, the stock of an offer.

Rules
 1. Each partition has a share of the whole, so that no two workers must agree: the sum of the shares is the whole, and
    it is never overshot. Who falls into a partition that has used its share waits, though another has some left.
 2. The shares differ by one at most, and the longer ones move on with the period.
 3. A slot is taken when a contact is reserved for it, or made in it; one of the stock when the offer is made. Nothing
    is given back: a plan that is cancelled leaves its slot empty, because its row may have moved to another partition.
    A plan made in a later hour or day than its own, after an outage, needs a slot of that one.
 4. What a partition did not use in a period is not saved: the next period starts with whole shares again.
"""

from typing import Protocol

from garbo.core.gates import calendar
from garbo.core.party.state import Timer
from garbo.core.policy.channels import Capacity
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.instants import DAY, HOUR

STOCK = "stock:"


class Quota(Protocol):
    def used(self, key: str, period: int) -> int:
        """How much of `key` the partition has used in `period`."""

    def share(self, key: str, period: int, whole: int) -> int:
        """How much of `whole` is the partition's."""


class Unlimited:
    """Nothing is used, and one partition has everything."""

    def used(self, key: str, period: int) -> int:
        return 0

    def share(self, key: str, period: int, whole: int) -> int:
        return whole


def share(whole: int, period: int, partition: int, partitions: int) -> int:
    """The partition's share of `whole` in `period`."""
    return whole // partitions + ((partition + period) % partitions < whole % partitions)


def period_of(capacity: Capacity, at: int, policy: Policy) -> int:
    """The number of the hour or the day, by the policy's clocks, in which `at` (ms) lies."""
    return calendar.local(at, policy.zone) // (HOUR if capacity.per == "hour" else DAY)


def keeps_slot(capacity: Capacity, timer: Timer | None, at: int, policy: Policy) -> bool:
    """Does `at` (ms) lie in the hour or day in which the fired `timer` had reserved a slot?"""
    return timer is not None and period_of(capacity, timer.due, policy) == period_of(capacity, at, policy)
