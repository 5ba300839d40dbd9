"""A person of the town: what they are (character) and how they are (mood, questions that wait, what they looked at)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp
from random import Random
from typing import Final

from garbo.core.vocabulary.events import Identifier
from garbo.core.vocabulary.instants import DAY
from garbo.simulation.mood import Mood
from garbo.simulation.population import CUSTOMER, Person
from garbo.simulation.tastes import Tastes
from garbo.simulation.words import OTHER_WANT, OWN_PROMOTION, OWNED, PERSONAL_DATA, PROFILING, WANTS

# The channel on which a person likes to be reached, by archetype group: young people online, older ones by voice.
PREFERRED: Final[Mapping[str, tuple[float, float]]] = {  # weight below 40 years, from 60 years
    "email": (0.25, 0.25), "app": (0.30, 0.08), "push": (0.15, 0.02), "sms": (0.15, 0.20), "web": (0.10, 0.05),
    "call_centre": (0.05, 0.40),
}  # fmt: skip
BAD_ADDRESS: Final[Mapping[str, float]] = {"email": 0.02, "sms": 0.01, "call_centre": 0.01, "push": 0.02}
HAS_APP: Final = 0.62
DECLARES: Final = 0.25  # of the persons
# personal_data: at once, some days later, never.
GIVES_DATA: Final = (0.93, 0.05, 0.02)
REMEMBERS_LOOK: Final = 14 * DAY
WANTED: Final = 0.1  # an offer that would be accepted at least so often is a wanted one


@dataclass(slots=True)
class Waiting:
    """A question without an answer. reminded: how often the person's patience has ended."""

    kind: str
    since: int
    reminded: int = 0


@dataclass(slots=True)
class Resident:
    """One person. `person` has identifiers, attributes and archetype; the rest is what only the person knows.

    declared: the company knows which channel they prefer. data_after: days between leaving an address and
    giving `personal_data`; negative: never. consents: as given to the company, name -> granted. wants: theme ->
    probability to accept an offer; filled on use. owned, settled: themes that the person has bought, or has said yes
    to; they want no more of it. tastes: they decide about the themes that they have. gone: the person has left.
    """

    person: Person
    seed: int
    preferred: str
    device: Identifier | None
    bad: frozenset[str]
    patience: float
    declared: bool
    data_after: int
    mood: Mood
    consents: dict[str, bool] = field(default_factory=dict)
    wants: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    looked: dict[str, int] = field(default_factory=dict)
    owned: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    tastes: Tastes | None = None
    gone: bool = False
    next_day: int = 0  # number of the next day that was not lived yet
    queued: int = 0  # things that were put on the town's calendar for this person

    def random(self, what: str) -> Random:
        """Chance for one thing: it depends on nothing that happens to other persons."""
        return Random(f"{self.seed}/{self.person.number}/{what}")

    def want(self, theme: str, at: int = 0) -> float:
        """The probability that this person accepts one offer of `theme` at the instant `at`, in a good mood."""
        if self.tastes is not None and self.tastes.has(theme):
            return self.tastes.want(theme, self.person.attributes, self.random(f"taste/{theme}"), at)
        if theme in self.owned or theme in self.settled:
            return 0.0
        if theme not in self.wants:
            want, random = WANTS.get(theme, OTHER_WANT), self.random(f"want/{theme}")
            # People look at what they want: the themes of their habits are wanted three times as often.
            often = 3.0 if any(theme in habit.themes for habit in self.person.archetype.habits) else 1.0
            keen = random.random() < min(want.share * often, 0.6)
            self.wants[theme] = (want.keen if keen else want.cool) * random.uniform(0.6, 1.4)
        return self.wants[theme]

    def looked_at(self, theme: str, at: int) -> bool:
        return theme in self.looked and at - self.looked[theme] <= REMEMBERS_LOOK

    @property
    def customer(self) -> bool:
        return self.person.lifecycle == CUSTOMER

    @property
    def consenting(self) -> bool:
        """A customer who allows the company's own offers and profiling: whom a next best action is for."""
        needed = (PERSONAL_DATA, OWN_PROMOTION, PROFILING)
        return self.customer and not self.gone and all(self.consents.get(name, False) for name in needed)

    def identifiers(self) -> tuple[Identifier, ...]:
        """All identifiers by which the company may know the person."""
        own = self.person
        found = (own.customer, own.mail, own.phone, own.social, own.cookie)
        return (*found, self.device) if self.device is not None else found


def resident(seed: int, person: Person) -> Resident:
    """The person with a character drawn from `seed` and the person's number."""
    random = Random(f"{seed}/{person.number}/character")
    age = int(float(str(person.attributes["age"])))
    old = min(max((age - 40) / 20, 0.0), 1.0)
    weights = [young + (aged - young) * old for young, aged in PREFERRED.values()]
    preferred = random.choices(list(PREFERRED), weights)[0]
    app = preferred in ("app", "push") or random.random() < HAS_APP * (1.2 - 0.7 * old)
    bad = frozenset(channel for channel, share in BAD_ADDRESS.items() if random.random() < share)
    given = random.random()
    after = 0 if given < GIVES_DATA[0] else random.randint(2, 10) if given < sum(GIVES_DATA[:2]) else -1
    mood = Mood(tolerance=2.5 * exp(random.gauss(0.0, 0.35)), half_life=round(random.uniform(6, 16) * DAY))
    device = Identifier("device", f"{person.customer.value}-PHONE") if app else None
    declared = random.random() < DECLARES
    found = Resident(person, seed, preferred, device, bad, exp(random.gauss(0.0, 0.5)), declared, after, mood)
    if found.customer:
        found.owned = {theme for theme, (_, share) in OWNED.items() if random.random() < share}
    return found
