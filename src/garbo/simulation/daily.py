"""An ordinary day of a person: what they do of their own accord, and when.

Habits come from the archetypes of `population`. Here come the few that only an answering town needs: private questions
and thanks. Where a person visits, calls or looks at a page, an app or an ATM, somebody asks Garbo what to say or show.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from math import exp
from random import Random
from typing import Final, NamedTuple

from garbo.core.vocabulary.instants import HOUR, MINUTE, SECOND
from garbo.simulation.population import Habit
from garbo.simulation.resident import Resident
from garbo.simulation.words import ASSIST, OWN_PROMOTION, PERSONAL_DATA, PRAISE, PRIVATE, PROFILING, SLOT
from garbo.simulation.world import HOURS, WEEKDAYS_ONLY

CUSTOMERS_ALSO: Final = (
    Habit(PRIVATE, "social", 0.006, ("token", "credit_card", "current_account", "mortgage")),
    Habit(PRAISE, "social", 0.003),
    Habit("information_request", "app", 0.004, ("savings", "mortgage", "home_insurance", "credit_card")),
    Habit("card_activated", "app", 0.0008, ("credit_card",)),
)
# How often a visit of this kind leads to the question "what should be said or shown?": a clerk opens the card of almost
# everybody, a page has a slot less often.
ASKS: Final[Mapping[str, float]] = {
    "branch": 0.9, "call_centre": 0.9, "atm": 0.8, "app": 0.4, "web": 0.3, "ebanking": 0.4,
}  # fmt: skip
ASKED_AT: Final = frozenset({
    "branch_visit", "inbound_call", "complaint", "cash_withdrawn", "balance_check", "page_view", "transfer_done",
})  # fmt: skip
# A day, without any fault of the company: in a year one person in six withdraws a consent, one in fourteen leaves.
WITHDRAWS: Final[Mapping[str, float]] = {OWN_PROMOTION: 0.00025, PROFILING: 0.00025, PERSONAL_DATA: 0.00003}
LEAVES: Final = 0.0002


class Doing(NamedTuple):
    """At `at` the person does what `habit` says, about `theme`. asked: the kind of question that follows, or empty."""

    at: int
    habit: Habit
    theme: str
    asked: str = ""


def plan(person: Resident, number: int, day: date, midnight: int) -> Iterator[Doing]:
    """What the person does on the day with this number. A day has no memory: the plan depends on seed and day alone."""
    random = person.random(f"day/{number}")
    habits = person.person.archetype.habits
    if person.customer:
        habits += CUSTOMERS_ALSO
    total = sum(habit.rate for habit in habits)
    if random.random() >= 1.0 - exp(-total):
        return
    weekend = day.weekday() >= 5
    for habit in random.choices(habits, [h.rate for h in habits], k=1 + (random.random() < total / 2)):
        if not (weekend and habit.channel in WEEKDAYS_ONLY):
            at, theme = moment(random, habit.channel, midnight), random.choice(habit.themes)
            yield Doing(at, habit, theme, asked(random, habit))


def asked(random: Random, habit: Habit) -> str:
    """The kind of the question that this act leads to; empty for none."""
    if habit.kind not in ASKED_AT or random.random() >= ASKS.get(habit.channel, 0.0):
        return ""
    return ASSIST if habit.channel in ("branch", "call_centre") else SLOT


def asked_after(kind: str, random: Random) -> int:
    """How long after the act the question comes, in milliseconds."""
    return random.randrange(20 * SECOND, 2 * MINUTE) if kind == ASSIST else random.randrange(SECOND, 10 * SECOND)


def moment(random: Random, channel: str, midnight: int) -> int:
    """An instant of the day at which this channel is used."""
    return midnight + random.choices(range(24), HOURS[channel])[0] * HOUR + random.randrange(HOUR)


def withdrawn(person: Resident, number: int) -> str:
    """The consent that the person withdraws on this day for reasons of their own; empty for none."""
    draw = person.random(f"withdraws/{number}").random()
    for consent, rate in WITHDRAWS.items():
        if draw < rate:
            return consent if person.consents.get(consent, False) else ""
        draw -= rate
    return ""


def leaves(person: Resident, number: int) -> bool:
    """Does the person move away or die on this day?"""
    return person.customer and person.random(f"leaves/{number}").random() < LEAVES
