"""The town of `benchmarks.regret`: visitors of an app whose tastes change half-way, and the truth of each decision."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, NamedTuple

from garbo.core.vocabulary.defaults import CUSTOMER
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.instants import DAY
from garbo.processors.ports import InboundMessage
from garbo.simulation.loop import Answers, Engine
from garbo.simulation.population import Archetype, Habit, Person, people
from garbo.simulation.reactions import shown_yes
from garbo.simulation.tastes import Taste, Tastes
from garbo.simulation.town import Town
from garbo.simulation.words import SLOT
from garbo.simulation.world import START, midnight

# Four looks a day on average; the town lets a person do at most two things a day.
VISITOR: Final = Archetype(100, CUSTOMER, (18, 75), (Habit(SLOT, "app", 4.0),))
GIVEN: Final = ("personal_data", "own_promotion", "profiling")
# Each theme suits some persons. A linear model sees the words; that a taste has a step at 35 or 55, a tree sees better.
BEFORE: Final[Mapping[str, Taste]] = {
    "prepaid_card": Taste(-2.2, below_35=2.0, from_55=-1.0, words={"marital": {"single": 0.8}}),
    "credit_card": Taste(-1.8, below_35=0.3, words={"job": {"admin.": 1.2, "management": 1.5, "blue-collar": -0.8}}),
    "savings": Taste(-1.6, words={"marital": {"married": 0.8}, "job": {"blue-collar": 0.9, "services": 0.9}}),
    "pension": Taste(-2.4, below_35=-1.0, from_55=1.9, words={"job": {"technician": 0.8}}),
    "home_insurance": Taste(-2.4, words={"housing": {"yes": 1.6}, "marital": {"married": 0.6}}),
}
# The drift: each theme takes over the next one's taste. The best offer of most persons changes; what it earns does not.
_THEMES: Final = tuple(BEFORE)
AFTER: Final = {theme: BEFORE[_THEMES[(i + 1) % len(_THEMES)]] for i, theme in enumerate(_THEMES)}
OWN: Final = 0.5


def visitors(seed: int, count: int) -> list[Person]:
    """Customers who have given every consent that an offer and a model need."""
    found = people(seed, count, 1)
    for person in found:
        random = Random(f"visitor/{seed}/{person.number}")
        person.archetype, person.lifecycle, person.arrives = VISITOR, CUSTOMER, 0
        person.attributes["age"] = random.randint(*VISITOR.ages)
        person.household = person.role = ""
        person.consents = dict.fromkeys(GIVEN, True)
    return found


def town(seed: int, parties: int, days: int, *, population: Sequence[Person] = ()) -> Town:
    """`parties` visitors, or those given, over `days` days. After half of the days the tastes change."""
    tastes = Tastes(BEFORE, AFTER, midnight(START) + days // 2 * DAY, OWN)
    return Town(seed, parties, days, population=population or visitors(seed, parties), tastes=tastes)


class Judged(NamedTuple):
    """The truth about one decision, in expected yeses. at: ms. chosen: of what was chosen, 0 for silence. best: of the
    best feasible offer. uniform: of a random choice among the feasible offers and silence. drifted: after the drift."""

    at: int
    chosen: float
    best: float
    uniform: float
    drifted: bool


class Judge:
    """An engine that passes everything on and notes the truth about each decision. The engine behind it does not know.

    What an offer would have earned is computed at the end of the decision's slice, for every offer that had passed the
    gates, from the resident's want, mood and channel. Each offer is worth one euro, so a yes is a euro.
    """

    def __init__(self, engine: Engine, town: Town) -> None:
        self._engine, self._town = engine, town
        self.judged: list[Judged] = []
        self.without_vector = 0
        self.promoted_at: dict[str, int] = {}  # challenger -> the first decision that it made as a champion (ms)

    def advance(self, messages: Sequence[InboundMessage], until: int) -> Answers:
        answers = self._engine.advance(messages, until)
        for record in sorted(answers.decisions, key=lambda record: (record.at, record.decision_id)):
            if record.scored and not record.confirmation:
                self._judge(record)
        return answers

    def _judge(self, record: DecisionRecord) -> None:
        person = self._town.resident(record.party)
        if person is None or person.tastes is None:
            return
        if not record.numbers:  # without `profiling` no model is asked
            self.without_vector += 1
            return
        if record.lineups:
            for version in record.lineups[0].model.split():
                self.promoted_at.setdefault(version.partition("@")[0], record.at)
        yes = {
            scored.action: shown_yes(person, scored.channel, scored.action.removeprefix("show_"), record.at)
            for scored in record.scored
        }
        best, even = max(yes.values()), sum(yes.values()) / (len(yes) + 1)
        drifted = record.at >= person.tastes.drift_at
        self.judged.append(Judged(record.at, yes.get(record.chosen, 0.0), best, even, drifted))
