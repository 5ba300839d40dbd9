"""A company with three journeys, with or without a planted narrowing. Mechanisms, not a Markov chain.

What the estimator must not know: each person's hidden interest (so survivors differ from entrants), segments and
channels that differ for good reasons, and a background of every obstacle at every stage. Hours are the unit.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SEGMENTS: Final = ("young", "family", "senior")
CHANNELS: Final = ("web", "app", "call_centre", "branch")
OBSTACLES: Final = ("", "consent", "rule", "unreachable", "cap", "capacity", "negative")
"""One label for a visit: of the first gate that blocks, or the negative response after the answer."""
GATES: Final = OBSTACLES[1:6]
ONWARD, BACK, DROP = 0, 1, 2
DAY: Final = 24.0
DAYS: Final = 180.0


@dataclass(frozen=True)
class WorldStage:
    """action: what the company must do, "", "service" or "marketing". onward: logit of going on once answered.

    patience: hours. latency: hours to the answer, median. within: hours, as the map promises. think: hours.
    """

    name: str
    action: str
    onward: float
    patience: float
    latency: float = 0.0
    within: float = 0.0
    think: float = 24.0


JOURNEYS: Final[dict[str, tuple[float, tuple[WorldStage, ...]]]] = {
    "card": (0.5, (
        WorldStage("discovery", "", 0.9, 20 * DAY, think=60),
        WorldStage("consideration", "marketing", 0.6, 12 * DAY, 6, 24, 40),
        WorldStage("enquiry", "service", 1.5, 3 * DAY, 1.0, 4, 20),
        WorldStage("proposal", "marketing", 0.2, 8 * DAY, 10, 36, 60),
        WorldStage("decision", "service", 1.8, 6 * DAY, 8, 30, 20))),
    "pension": (0.3, (
        WorldStage("discovery", "", 0.5, 30 * DAY, think=90),
        WorldStage("enquiry", "marketing", 0.9, 6 * DAY, 10, 36, 40),
        WorldStage("proposal", "marketing", 0.1, 15 * DAY, 20, 72, 90),
        WorldStage("decision", "service", 1.6, 10 * DAY, 12, 48, 40))),
    "mortgage": (0.2, (
        WorldStage("consideration", "marketing", 0.5, 20 * DAY, 10, 36, 80),
        WorldStage("enquiry", "service", 1.4, 3 * DAY, 2, 8, 20),
        WorldStage("proposal", "service", 0.4, 10 * DAY, 24, 80, 90),
        WorldStage("appointment", "service", 1.2, 8 * DAY, 16, 60, 40),
        WorldStage("decision", "service", 1.3, 15 * DAY, 30, 110, 60))),
}  # fmt: skip
"""Share of the parties that start it, and its stages."""

BACKGROUND: Final = {"rule": 0.05, "unreachable": 0.03, "cap": 0.05, "capacity": 0.03, "negative": 0.06}
MARKETING_ONLY: Final = ("consent", "cap")


@dataclass(frozen=True)
class Plant:
    """A narrowing. size: a share of visits; for `slow` a factor of the answer's time. channel, segment: -1: all."""

    cause: str
    journey: str
    stage: int
    size: float
    channel: int = -1
    segment: int = -1


@dataclass(frozen=True)
class Visits:
    """One line a visit. exit: ONWARD, BACK or DROP. obstacle: place in OBSTACLES. answered: hours, -1 never.

    opens: it is the journey's first.
    """

    journey: Ints
    stage: Ints
    channel: Ints
    segment: Ints
    at: Floats
    dwell: Floats
    exit: Ints
    obstacle: Ints
    answered: Floats
    opens: NDArray[np.bool_]


class Company:
    """What is peculiar to one company; the estimator is never given it."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 1])
        self.segment = rng.normal(0, 0.25, len(SEGMENTS))
        self.channel = rng.normal(0, 0.20, len(CHANNELS))
        self.refuses = np.clip(rng.normal([0.22, 0.28, 0.35], 0.04), 0.05, 0.5)
        self.pace = np.exp(rng.normal(0, 0.25, len(CHANNELS)))
        self.rate: dict[tuple[str, str, int], float] = {}
        self.taste: dict[tuple[str, int], Floats] = {}
        for journey, (_, stages) in JOURNEYS.items():
            for place in range(len(stages)):
                for cause, level in BACKGROUND.items():
                    self.rate[cause, journey, place] = float(level * np.exp(rng.normal(0, 0.35)))
                self.taste[journey, place] = rng.normal(0, 0.12, (len(SEGMENTS), len(CHANNELS)))


def logistic(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))


class _Journey:
    """One journey of all who start it. Its random numbers are its own: a plant in one journey changes no other."""

    def __init__(self, seed: int, company: Company, place: int, journey: str, parties: int, crowd: int = 0) -> None:
        share, self.stages = JOURNEYS[journey]
        self.rng, self.company, self.journey = np.random.default_rng([seed, 2, place, crowd]), company, journey
        n = int(parties * share)
        self.interest, self.segment = self.rng.normal(0, 1, n), self.rng.choice(3, n, p=[0.3, 0.4, 0.3])
        self.refuses = self.rng.random(n) < company.refuses[self.segment]
        self.now, self.stage = self.rng.random(n) * DAYS * DAY, np.zeros(n, np.int64)
        self.channel = self.rng.choice(4, n, p=[0.4, 0.25, 0.2, 0.15])
        self.new = np.ones(n, bool)
        self.alive, self.goals, self.lines = np.ones(n, bool), 0, []  # type: ignore[var-annotated]

    def run(self, plant: Plant | None) -> None:
        for _ in range(12):
            for place in range(len(self.stages)):
                me = np.flatnonzero(self.alive & (self.stage == place))
                if len(me):
                    here = plant if plant and (plant.journey, plant.stage) == (self.journey, place) else None
                    self._visit(place, me, here)
            if not self.alive.any():
                return

    def _visit(self, place: int, me: Ints, here: Plant | None) -> None:
        rng, company, stage, m = self.rng, self.company, self.stages[place], len(me)
        interest, segment = self.interest[me], self.segment[me]
        channel = np.where(rng.random(m) < 0.75, self.channel[me], rng.choice(4, m))
        hit = np.ones(m, bool)
        if here:
            hit = (here.channel < 0) | (channel == here.channel)
            hit = hit & ((here.segment < 0) | (segment == here.segment))
        patience = stage.patience * rng.weibull(1.3, m) * np.exp(0.2 * interest)
        label, held = np.zeros(m, np.int64), np.zeros(m, bool)
        for k, cause in enumerate(GATES, 1):
            u, v, planted = rng.random(m), rng.random(m), here is not None and here.cause == cause
            due = stage.action == "marketing" or (stage.action == "service" and cause not in MARKETING_ONLY)
            usual = self.refuses[me] if cause == "consent" else u < company.rate[cause, self.journey, place]
            blocked = (usual if due else np.zeros(m, bool)) | (hit & (v < here.size) if here and planted else False)
            label = np.where(blocked & ~held, k, label)
            held |= blocked
        wait = np.zeros(m)
        if stage.latency:
            wait = stage.latency * company.pace[channel] * np.exp(rng.normal(0, 0.7, m))
        if here and here.cause == "slow":
            wait = np.where(hit, wait * here.size, wait)
        gone = ~held & (wait > patience)
        late = ~held & (wait > stage.within) & (patience > stage.within) if stage.within else np.zeros(m, bool)
        rate: Floats | float = company.rate["negative", self.journey, place]
        if here and here.cause == "negative":
            rate = np.where(hit, here.size, rate)
        bad = ~held & ~gone & (rng.random(m) < rate * np.exp(-0.3 * interest))
        label = np.where(bad & (label == 0), len(OBSTACLES) - 1, label)
        logit = stage.onward + company.segment[segment] + company.channel[channel] + 0.6 * interest
        logit = logit + company.taste[self.journey, place][segment, channel]
        onward = logistic(logit - 1.6 * bad - 0.5 * late) * np.where(held, 0.35, 1.0)
        u = rng.random(m)
        back = (u < onward + (1 - onward) * 0.12) & (place > 0)
        exit_ = np.where(gone, DROP, np.where(u < onward, ONWARD, np.where(back, BACK, DROP)))
        think = stage.think * np.exp(rng.normal(-0.3, 0.8, m))
        stay = np.where(held, 1.5 * think, wait + think)
        stay = np.where(exit_ == DROP, np.where(bad, wait + think, patience), stay)
        answered = np.where(held | gone, -1.0, wait)
        at, opens = self.now[me].copy(), self.new[me].copy()
        self.lines.append((np.full(m, place), channel, segment, at, stay, exit_, label, answered, opens))
        self.new[me] = False
        self.now[me] += stay
        done = (exit_ == ONWARD) & (place == len(self.stages) - 1)
        self.goals += int((done & (self.now[me] <= DAYS * DAY)).sum())
        self.alive[me] = (exit_ != DROP) & ~done & (self.now[me] < DAYS * DAY)
        self.stage[me] = np.where(exit_ == ONWARD, place + 1, np.where(exit_ == BACK, place - 1, place))


def simulate(seed: int, plant: Plant | None = None, parties: int = 50_000) -> tuple[Visits, dict[str, int]]:
    """All visits, and each journey's completions."""
    company, lines, done = Company(seed), [], {}
    for place, journey in enumerate(JOURNEYS):
        world = _Journey(seed, company, place, journey, parties)
        world.run(plant)
        done[journey] = world.goals
        lines += [(np.full(len(line[0]), place), *line) for line in world.lines]
    return Visits(*(np.concatenate([line[i] for line in lines]) for i in range(10))), done


def _completions(seed: int, journey: str, plant: Plant | None, crowds: tuple[int, ...]) -> int:
    """Completions of the journey among several crowds of 150,000 parties: other people, the same company."""
    company, total = Company(seed), 0
    for crowd in crowds:
        world = _Journey(seed, company, list(JOURNEYS).index(journey), journey, 150_000, crowd)
        world.run(plant)
        total += world.goals
    return total


_plain = lru_cache(maxsize=64)(_completions)


def true_gain(seed: int, plant: Plant, crowds: tuple[int, ...]) -> float:
    """By how much the journey's completions rise without the narrowing: the same company, simulated both ways."""
    narrow = _completions(seed, plant.journey, plant, crowds)
    return _plain(seed, plant.journey, None, crowds) / max(narrow, 1) - 1
