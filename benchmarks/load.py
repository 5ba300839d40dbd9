"""The input of the pipeline benchmark: a population of the example bank, and the events of one day.

The parties exist (profile, three consents) before the measurement. Then events with a seed follow: a third asks whether
to call for a term deposit (a marketing decision between two scored offers, usually with an action). The others are page
views and balance checks, which trigger candidates, gates and sometimes an offer.
"""

import random
import time
from collections.abc import Iterator

from garbo.core.party.identity import party_of
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import ConsentChange, Identifier, ProfileUpdate, Touchpoint, Value
from garbo.processors.ports import InboundMessage

# Wednesday 6 March 2024, 11:00 in Rome: every channel is open, so decisions give actions, not plans.
NOON = 1_709_719_200_000
JOBS = ("admin.", "blue-collar", "technician", "services", "management", "retired", "student")
FACTS = 4  # messages of the population, a party
KINDS = (
    (Channel.WEB, "page_view", "savings"),
    (Channel.WEB, "page_view", "credit_card"),
    (Channel.EBANKING, "balance_check", "savings"),
    (Channel.WEB, "page_view", "pension"),
)


def identifier(number: int) -> Identifier:
    return Identifier("customer_id", f"bench-{number}")


def party(number: int) -> str:
    return party_of(identifier(number))


def population(parties: int) -> Iterator[tuple[int, InboundMessage]]:
    """Four facts a party."""
    rnd = random.Random(11)
    for number in range(parties):
        who = (
            identifier(number),
            Identifier("email", f"bench{number}@example.org"),
            Identifier("phone", f"+39333{number:07d}"),
        )
        attributes: dict[str, Value] = {"age": rnd.randint(18, 80), "job": rnd.choice(JOBS), "marital": "married"}
        yield (
            number,
            InboundMessage(f"p-{number}", NOON, ProfileUpdate(who, attributes, "Anna", "it", "", "", "", "customer")),
        )
        for consent in ("personal_data", "own_promotion", "profiling"):
            yield number, InboundMessage(f"c-{number}-{consent}", NOON, ConsentChange(consent, True, who[:1]))


def idle(count: int, parties: int) -> Iterator[tuple[int, InboundMessage]]:
    """`count` touchpoints about which nothing can compete: balance checks, one every 10 ms of the story's time."""
    rnd = random.Random(12)
    for number in range(count):
        who = rnd.randrange(parties)
        body = Touchpoint(Channel.EBANKING, "balance_check", identifiers=(identifier(who),), theme="savings")
        yield who, InboundMessage(f"e-{time.time_ns()}-{number}", NOON + 1000 + number * 10, body)


def events(count: int, parties: int, *, at: int | None = None) -> Iterator[tuple[int, InboundMessage]]:
    """`count` touchpoints, one every 10 ms of the story's time, or all at `at`'s clock when it is given."""
    rnd = random.Random(12)
    for number in range(count):
        who = rnd.randrange(parties)
        yield who, touchpoint(number, who, rnd, NOON + 1000 + number * 10 if at is None else at)


def touchpoint(number: int, who: int, rnd: random.Random, at: int) -> InboundMessage:
    """One touchpoint; its id carries the nanosecond it was made, for the latency probe."""
    event_id = f"e-{time.time_ns()}-{number}"
    if rnd.random() < 1 / 3:
        attributes: dict[str, Value] = {
            "campaign": rnd.randint(1, 4), "pdays": 999, "previous": 0, "contact": "cellular", "month": "mar",
            "day_of_week": "wed", "poutcome": "nonexistent", "euribor3m": 4.857, "default": "no",
        }  # fmt: skip
        body = Touchpoint(
            Channel.CALL_CENTRE, "call_list", identifiers=(identifier(who),), attributes=attributes,
            theme="term_deposit",
        )  # fmt: skip
    else:
        channel, kind, topic = KINDS[rnd.randrange(len(KINDS))]
        body = Touchpoint(channel, kind, identifiers=(identifier(who),), theme=topic)
    return InboundMessage(event_id, at, body)
