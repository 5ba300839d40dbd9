"""The words of a policy: channels, identifiers, life cycle, statuses and purposes. docs/vocabulary.md explains them.

Rules
 1. The core knows what a word means, never the word: a telco's `subscriber` is a state like a bank's `customer`.
 2. A policy's own channels, identifiers and life cycle stand in place of the default ones. Its statuses and purposes
    stand beside them: dispatchers report `delivered` and `failed`, and the law's purposes are the law's.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Final

from msgspec import Struct

from garbo.core.vocabulary.defaults import CUSTOMER, FORMER, LEAD, PROSPECT, Channel, OutcomeStatus


class ChannelWord(Struct, frozen=True):
    """addresses: kinds of identifier that the channel can use, the better one first; none: it needs no address.
    commands: Garbo may send commands there; otherwise it only hears from it."""

    name: str
    addresses: tuple[str, ...] = ()
    commands: bool = True


class LifecycleState(Struct, frozen=True):
    """next: the states that a person may enter from this one. former: the person has left."""

    name: str
    next: tuple[str, ...] = ()
    former: bool = False


class Meaning(StrEnum):
    """What a status says about a contact."""

    NEUTRAL = "neutral"  # it arrived
    SEEN = "seen"  # the person looked at it
    INTERESTED = "interested"  # and followed it
    POSITIVE = "positive"  # the person said yes
    NEGATIVE = "negative"  # the person said no
    IGNORED = "ignored"  # it was tried, and nobody was there
    SUPPRESSING = "suppressing"  # the person complained: it weighs more than a no
    OBJECTING = "objecting"  # the person wants no marketing on that channel any more, and it weighs like a complaint
    FAILED = "failed"  # it never reached the person


LABELS: Final[Mapping[Meaning, int | None]] = {
    Meaning.NEUTRAL: None,
    Meaning.SEEN: None,
    Meaning.INTERESTED: None,
    Meaning.POSITIVE: 1,
    Meaning.NEGATIVE: 0,
    Meaning.IGNORED: 0,
    Meaning.SUPPRESSING: 0,
    Meaning.OBJECTING: 0,
    Meaning.FAILED: None,
}
"""The label that a status of this meaning gives: 1 accepted, 0 not, None for no label yet."""

REFUSING: Final = frozenset({Meaning.NEGATIVE, Meaning.SUPPRESSING, Meaning.OBJECTING})
# No answer is no refusal, but three of them say something: a suppression may count them.
DISCOURAGING: Final = REFUSING | {Meaning.IGNORED}
# The person reacted: the contact was not ignored.
REACTED: Final = frozenset({Meaning.SEEN, Meaning.INTERESTED, Meaning.POSITIVE, Meaning.NEGATIVE})
# Not there: the answer to a need is tried again.
MISSED: Final = frozenset({Meaning.IGNORED, Meaning.FAILED})


class Purpose(Struct, frozen=True):
    """A purpose of the policy's own. consents: what it needs. promotes: it sells, or asks for attention."""

    name: str
    consents: tuple[str, ...] = ()
    promotes: bool = True


class Vocabulary(Struct, frozen=True, dict=True):
    """Mappings are by name, in the order of their file; the first life-cycle state is where a person starts.

    identifiers: kind -> strength, 0 (one person each) to 9. purposes: the policy's own, beside the law's.
    """

    channels: Mapping[str, ChannelWord]
    identifiers: Mapping[str, int]
    lifecycle: Mapping[str, LifecycleState]
    statuses: Mapping[str, Meaning]
    purposes: Mapping[str, Purpose] = {}

    @property
    def first_state(self) -> str:
        """The state of a person of whom nothing else is known."""
        return next(iter(self.lifecycle))

    @property
    def command_channels(self) -> tuple[str, ...]:
        """The channels with a topic of commands."""
        return tuple(name for name, channel in self.channels.items() if channel.commands)

    def meaning(self, status: str) -> Meaning:
        """What `status` says; a status that the policy no longer has says only that the contact was made."""
        return self.statuses.get(status, Meaning.NEUTRAL)

    @cached_property
    def legal(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """(current state, wanted state) -> the states entered, in order: a pair that is not here is illegal."""
        return {
            (origin, target): path
            for origin in self.lifecycle
            for target in self.lifecycle
            if origin != target and (path := self._way(origin, target))
        }

    def steps(self, current: str, target: str) -> tuple[str, ...]:
        """The states entered on the way from `current` to `target`; empty when equal, or the move is illegal.

        A move over several states (lead to customer) passes through those in between, so that flows count every state.
        """
        return self.legal.get((current, target), ())

    def further(self, one: str, other: str) -> str:
        """Of two rows of one person, the state that is further along: the later one of the file."""
        order = list(self.lifecycle)
        return max(one, other, key=lambda state: order.index(state) if state in order else -1)

    def _way(self, origin: str, target: str) -> tuple[str, ...]:
        """The shortest way; among equals, the first by the file.

        No way leads through a state of those who left, and only a step enters it: who never came cannot leave.
        """
        ways: list[tuple[str, ...]] = [(state,) for state in self.lifecycle[origin].next]
        seen = {origin, *self.lifecycle[origin].next}
        while ways:
            way = ways.pop(0)
            if way[-1] == target and (len(way) == 1 or not self.lifecycle[target].former):
                return way
            last = self.lifecycle.get(way[-1])
            if last is None or last.former:
                continue
            for state in last.next:
                if state not in seen:
                    seen.add(state)
                    ways.append((*way, state))
        return ()


def _channels(addresses: Mapping[Channel, Sequence[str]]) -> dict[str, ChannelWord]:
    return {c.value: ChannelWord(c.value, tuple(addresses.get(c, ()))) for c in Channel}


DEFAULT: Final = Vocabulary(
    channels=_channels(
        {
            Channel.EMAIL: ("verified_email", "email"),
            Channel.SMS: ("verified_phone", "phone"),
            Channel.CALL_CENTRE: ("verified_phone", "phone"),
            Channel.SOCIAL: ("social",),
            Channel.APP: ("device",),
            Channel.PUSH: ("device",),
            Channel.WEB: ("cookie",),
            Channel.EBANKING: ("customer_id",),
        }
    ),
    # customer id > verified e-mail/phone > unverified ones and social handles > cookie/device.
    identifiers={
        "customer_id": 0,
        "verified_email": 1,
        "verified_phone": 1,
        "email": 2,
        "phone": 2,
        "social": 3,
        "device": 4,
        "cookie": 5,
    },
    lifecycle={
        LEAD: LifecycleState(LEAD, (PROSPECT,)),
        PROSPECT: LifecycleState(PROSPECT, (CUSTOMER,)),
        CUSTOMER: LifecycleState(CUSTOMER, (FORMER,)),
        FORMER: LifecycleState(FORMER, (PROSPECT,), former=True),
    },
    statuses={
        OutcomeStatus.DELIVERED.value: Meaning.NEUTRAL,
        OutcomeStatus.OPENED.value: Meaning.SEEN,
        OutcomeStatus.CLICKED.value: Meaning.INTERESTED,
        OutcomeStatus.ACCEPTED.value: Meaning.POSITIVE,
        OutcomeStatus.REFUSED.value: Meaning.NEGATIVE,
        OutcomeStatus.NO_ANSWER.value: Meaning.IGNORED,
        OutcomeStatus.COMPLAINT.value: Meaning.SUPPRESSING,
        OutcomeStatus.UNSUBSCRIBED.value: Meaning.OBJECTING,
        OutcomeStatus.FAILED.value: Meaning.FAILED,
    },
)
"""The bank's words."""
