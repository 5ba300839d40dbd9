"""A small world of persons whose days become messages: `world(seed, parties, days)`, in the order of time.

Rules
 1. The same seed, parties and days give the same messages on every machine: randomness is `random.Random` with a text
    as seed (independent of PYTHONHASHSEED), and time starts at a fixed morning.
 2. The world is an open loop: it does not read Garbo's commands. Outcomes belong to calls of the bank's own dialler.
 3. Messages come in the order of their time. On request some come twice (`duplicates`) or late (`late`), as from real
    producers; neither option changes the messages themselves.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from math import exp
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier, ProfileUpdate, Touchpoint, Value
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE, SECOND
from garbo.processors.ports import InboundMessage
from garbo.simulation.population import ARCHETYPES, BRANCHES, CUSTOMER, POSTS, PROSPECT, Habit, Person, people

ZONE: Final = ZoneInfo("Europe/Rome")
START: Final = date(2025, 1, 13)  # a Monday, with no holiday near it

# The use of each channel: weights of the hours 0-23. People read in the evening; a branch has opening hours.
_ONLINE: Final = (2, 1, 0, 0, 0, 1, 2, 4, 6, 7, 7, 7, 8, 8, 6, 6, 6, 7, 8, 9, 11, 12, 9, 5)
HOURS: Final = {
    "branch": (*[0] * 8, 3, 9, 10, 9, 5, 0, 4, 7, 6, 1, *[0] * 6),
    "call_centre": (*[0] * 8, 2, 9, 10, 9, 7, 5, 7, 9, 9, 7, 5, *[0] * 5),
    "atm": (1, 0, 0, 0, 0, 1, 2, 5, 7, 9, 9, 9, 9, 7, 6, 7, 8, 9, 9, 7, 5, 4, 3, 2),
    **dict.fromkeys(("web", "app", "ebanking", "social", "third_party"), _ONLINE),
}
WEEKDAYS_ONLY: Final = frozenset({"branch", "call_centre"})
WITHDRAWS: Final = 0.0005  # a day: one person in five or six withdraws a consent within a year
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def world(
    seed: int, parties: int, days: int, *, start: date = START, duplicates: float = 0.0, late: float = 0.0
) -> Iterator[InboundMessage]:
    """The messages of `parties` persons over `days` days from `start` (midnight, Rome), lazily, a day at a time.

    Args:
        duplicates: share (0 to 1) of the messages that come a second time within an hour, with the same id.
        late: share (0 to 1) of the messages that come five minutes to a day late, after younger ones.
    """
    population, waiting = people(seed, parties, days), list[tuple[int, int, InboundMessage]]()
    noise, order = Random(f"noise/{seed}"), 0
    for number in range(days):
        for message in _Day(seed, number, start, population).messages():
            when = message.at
            if late and noise.random() < late:
                when += noise.randrange(5 * MINUTE, DAY)
            heappush(waiting, (when, order, message))
            if duplicates and noise.random() < duplicates:
                heappush(waiting, (when + noise.randrange(HOUR), order + 1, message))
            order += 2
        end = midnight(start + timedelta(number + 1))
        while waiting and waiting[0][0] < end:
            yield heappop(waiting)[2]
    while waiting:
        yield heappop(waiting)[2]


def midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp() * 1000)


class _Day:
    """One day of all persons."""

    def __init__(self, seed: int, number: int, start: date, population: Iterable[Person]) -> None:
        self._random = Random(f"day/{seed}/{number}")
        self._seed, self._number, self._population = seed, number, population
        self._date = start + timedelta(number)
        self._midnight = midnight(self._date)
        self._weekend = self._date.weekday() >= 5
        self._found: list[InboundMessage] = []

    def messages(self) -> list[InboundMessage]:
        random = self._random
        for person in self._population:
            if person.arrives > self._number:
                continue
            if person.lifecycle == CUSTOMER and not person.known:
                self._introduce(person, self._midnight + random.randrange(6 * HOUR))
            elif person.known and random.random() < WITHDRAWS:
                self._consent(person, random.choice(("own_promotion", "profiling")), False, self._moment("app"))
            if random.random() < 1.0 - exp(-person.total_rate):
                habits = person.archetype.habits
                rates = [habit.rate for habit in habits]
                for habit in random.choices(habits, rates, k=1 + (random.random() < person.total_rate / 2)):
                    if not (self._weekend and habit.channel in WEEKDAYS_ONLY):
                        self._act(person, habit)
        return self._found

    # ---- the messages of a habit ------------------------------------------------------------------------------------

    def _act(self, person: Person, habit: Habit) -> None:
        at, theme = self._moment(habit.channel), self._random.choice(habit.themes)
        match habit.kind:
            case "profile":
                person.attributes = {**person.attributes, "branch": self._random.choice(BRANCHES)}  # moves house
                self._profile(person, at)
            case "information_request":
                self._introduce(person, at - 30 * SECOND)
                self._touch(person, habit, at, theme, (person.cookie, person.mail, person.phone))
            case "social_post":
                self._post(person, at, theme)
            case "transfer_failed":
                self._touch(person, habit, at, theme, (person.customer,), {"amount": self._amount()})
                if self._random.random() < 0.4:
                    self._post(person, at + self._random.randrange(5, 30) * MINUTE, "token")
            case "account_opened":
                person.lifecycle, person.archetype = CUSTOMER, ARCHETYPES["everyday"]
                person.total_rate = sum(h.rate for h in person.archetype.habits)
                self._introduce(person, at - 30 * SECOND)
                self._touch(person, habit, at, theme, (person.customer, person.cookie))
            case "complaint":
                self._touch(person, habit, at, theme, (person.customer,))
                closed = Habit("case_closed", "branch", 0.0)
                self._touch(person, closed, at + self._random.randrange(1, 72) * HOUR, theme, (person.customer,))
            case "call_list":
                self._call(person, habit, at, theme)
            case "simulation_completed":
                if person.lifecycle != CUSTOMER and self._random.random() < 0.6:  # the others leave a number only
                    self._introduce(person, at - 30 * SECOND)
                who = (person.customer,) if person.lifecycle == CUSTOMER else (person.phone,)
                self._touch(person, habit, at, theme, who)
            case "competitor_visit":
                whose: dict[str, Value] = {"competitor": self._random.choice(("ALFA", "BETA"))}
                self._touch(person, habit, at, theme, (person.cookie,), whose)
            case _:
                self._touch(person, habit, at, theme, self._shown(person, habit.channel))

    def _call(self, person: Person, habit: Habit, at: int, theme: str) -> None:
        """The entry of the call list and the outcome of the call; each further call is accepted less often."""
        random = self._random
        person.calls += 1
        known: dict[str, Value] = {
            **{name: value for name, value in person.attributes.items() if name != "branch"},
            "contact": "cellular" if random.random() < 0.64 else "telephone",
            "month": MONTHS[self._date.month - 1],
            "day_of_week": WEEKDAYS[self._date.weekday()],
            "campaign": person.calls,
            "pdays": 999,
            "previous": 0,
            "poutcome": "nonexistent",
        }
        self._touch(person, habit, at, theme, (person.customer, person.phone), known)
        yes = 0.13 / person.calls**0.4 * (1.6 if person.attributes["job"] == "admin." else 0.8)
        status = random.choices(
            (OutcomeStatus.ACCEPTED, OutcomeStatus.REFUSED, OutcomeStatus.NO_ANSWER), (yes, 0.6, 0.3)
        )[0]
        body = ActionOutcome(status, "", "call_term_deposit", Channel.CALL_CENTRE, (person.customer,), known)
        self._add(person, at + random.randrange(3, 12) * MINUTE, body)

    def _post(self, person: Person, at: int, theme: str) -> None:
        if person.lifecycle == CUSTOMER and not self._random.randrange(3):
            who: tuple[Identifier, ...] = (person.social, person.customer)  # has linked the profile in the app
        else:
            who = (person.social,)
        text = self._random.choice(POSTS.get(theme, POSTS[""])[person.language])
        self._add(person, at, Touchpoint(Channel.SOCIAL, "social_post", identifiers=who, text=text))

    def _introduce(self, person: Person, at: int) -> None:
        """The person leaves an address or becomes a customer: a profile and the consents."""
        self._profile(person, at)
        if not person.known:
            for number, (consent, granted) in enumerate(person.consents.items(), 1):
                self._consent(person, consent, granted, at + number * SECOND)
        person.known = True
        if person.lifecycle != CUSTOMER:
            person.lifecycle = PROSPECT

    def _profile(self, person: Person, at: int) -> None:
        own = person.lifecycle == CUSTOMER
        self._add(person, at, ProfileUpdate(
            (person.customer, person.phone, person.mail) if own else (person.mail, person.phone, person.cookie),
            person.attributes if own else {"age": person.attributes["age"]}, person.name, person.language, "",
            person.household, person.role, CUSTOMER if own else "",
        ))  # fmt: skip

    def _consent(self, person: Person, consent: str, granted: bool, at: int) -> None:
        who = person.customer if person.lifecycle == CUSTOMER else person.mail
        self._add(person, at, ConsentChange(consent, granted, (who,), "form", Channel.WEB))

    # ---- small parts ---------------------------------------------------------------------------------------------

    def _shown(self, person: Person, channel: str) -> tuple[Identifier, ...]:
        """The identifiers that a channel sees: the web sees a cookie, and the customer only after a sign-in."""
        if channel in ("web", "third_party"):
            signed_in = person.lifecycle == CUSTOMER and self._random.random() < 0.4
            return (person.cookie, person.customer) if signed_in else (person.cookie,)
        return (person.customer,) if person.lifecycle == CUSTOMER else (person.phone,)

    def _touch(
        self, person: Person, habit: Habit, at: int, theme: str, who: tuple[Identifier, ...],
        attributes: dict[str, Value] | None = None,
    ) -> None:  # fmt: skip
        body = Touchpoint(Channel(habit.channel), habit.kind, identifiers=who, attributes=attributes or {}, theme=theme)
        self._add(person, at, body)

    def _add(self, person: Person, at: int, body: Touchpoint | ConsentChange | ActionOutcome | ProfileUpdate) -> None:
        self._found.append(InboundMessage(f"sim{self._seed}/{person.number}/{person.events}", at, body))
        person.events += 1

    def _moment(self, channel: str) -> int:
        hour = self._random.choices(range(24), HOURS[channel])[0]
        return self._midnight + hour * HOUR + self._random.randrange(HOUR)

    def _amount(self) -> float:
        return round(self._random.lognormvariate(5.0, 1.0), 2)
