"""The customers of `benchmarks.engine_company`, in a closed loop with the engine.

A customer enters a stage by a touchpoint. What the company owes there is decided by the engine, over real messages:
resolve, decide, journey_kpis, in the synchronous driver. Nobody answers a contact that never came, or that came when
they had given up. Who is held back, or waits too long, goes on alone less often. Each customer has a hidden interest.

Each visit has random numbers of its own, so that two runs of the same crowd differ by the plant alone.
"""

import gc
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Final, NamedTuple

import numpy as np

from benchmarks.engine_company import (
    CHANNELS,
    DESK,
    GOAL,
    JOURNEYS,
    MARKETING,
    OWN_CHANNEL,
    SECOND,
    SEGMENTS,
    Company,
    Plant,
    Stage,
    address_of,
    kind_of,
    policy_texts,
    purpose_of,
)
from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.core.journeys.cells import decode
from garbo.core.party import clock
from garbo.core.party.state import Consent, Party, encode
from garbo.core.vocabulary.effects import DecisionRecord, Deliver, Flow, JourneyKpi, Learn, Objection
from garbo.core.vocabulary.events import ActionOutcome, Direction, Identifier, Touchpoint
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.journeys.merged import PartitionCell
from garbo.policy.loader import load_text
from garbo.processors.identifiers import PARTY
from garbo.processors.journey_kpis import CELLS, key_of
from garbo.processors.ports import ConsumerRecord, InboundMessage, Output
from garbo.testing.driver import Driver

START: Final = 1_735_862_400_000
"""A midnight (UTC), 3 January 2025 (ms)."""
DAYS: Final = 50
REVISITS: Final = 3
"""How often a customer comes to one stage at most."""
ALONE: Final = 0.35
"""The share that goes on without an answer, of those who would with one."""
_CHUNK: Final = 2_000
_AGES: Final = {"young": 24, "family": 45, "senior": 70}
_CLOCK: Final = b"\x0a" + clock.ID.encode()
"""The name of that timer, as Avro writes it."""

SWITCH, CHANNEL, FORM, PROOF, CAMPAIGN, REFUSE, ONWARD, BACK, THINK, PATIENCE, GAP, WIDTH = range(12)
"""What the random numbers of a visit are for."""


class _Codec(AvroCodec):
    """Decision records, and messages with cells, are made and not written: nobody reads them here."""

    def encode(self, effect: Deliver | DecisionRecord | Learn | Flow | Objection | JourneyKpi) -> bytes:
        return b"" if isinstance(effect, DecisionRecord | JourneyKpi) else super().encode(effect)


class Engine(Driver):
    """The driver, with facts folded in chunks as a live worker does, and commands handed out as they come."""

    def __init__(self, company: Company, plant: Plant | None, parties: int, journeys: Sequence[str]) -> None:
        self.facts: list[ConsumerRecord] = []
        self._command_topics: set[str] = set()
        self.made: list[Deliver] = []
        policy = load_text(policy_texts(company, plant, parties, journeys))
        super().__init__(policy, partitions=1, codec=_Codec(PackagedRegistry()))
        self._command_topics = {self.topics.actions(channel) for channel in (*CHANNELS, DESK)}

    def _append(self, output: Output) -> None:
        super()._append(output)
        record = self.log[output.topic].pop()
        if output.topic == self.topics.flows:
            self.facts.append(self._waiting.pop())
            if len(self.facts) >= _CHUNK:
                self.fold()
        elif output.topic in self._command_topics:
            self.made.append(self.codec.command(record.value or b""))
        elif output.topic == self.topics.dead_letters:
            raise AssertionError(self.codec.dead_letter(record.value or b""))

    def _due(self) -> bool:
        """What time makes due, but for the parties' own clocks: nothing in the policy competes when they strike."""
        found = False
        for output in self.decide.due(0, self.wall_ms):
            if _CLOCK in (output.value or b""):
                self.decide._timers[0].skip((output.key or b"").decode())
            else:
                self._append(output)
            found = True
        return found

    def fold(self) -> None:
        """Fold the facts that wait."""
        if not self.facts:
            return
        facts, self.facts = self.facts, []
        _, processor = self._processors[self.topics.flows]
        rows = self.table("journey_kpis", 0)
        for key, value in processor.process(0, facts, rows, self.wall_ms).rows.items():
            rows.put(key, value)

    def cells(self) -> list[PartitionCell]:
        """All KPI cells."""
        self.fold()
        rows = self.table("journey_kpis", 0).scan(CELLS)
        return [PartitionCell(0, key_of(key), decode(row)) for key, row in rows]


class Visit:
    """A customer at a stage. place: of the stage in its journey. answered: what was owed came in time for them."""

    __slots__ = ("answered", "at", "channel", "draws", "over", "patience", "place")

    def __init__(self, place: int, at: int, channel: str, draws: list[float], patience: float) -> None:
        self.place, self.at, self.channel, self.draws, self.patience = place, at, channel, draws, patience
        self.answered = self.over = False


class Person(NamedTuple):
    """journey: of the one journey that this row tells of; a customer in both has two rows here, one in the engine."""

    number: int
    party: str
    segment: str
    interest: float
    own: str


class Played(NamedTuple):
    """What a world gave. goals: journey -> completions. owed: (journey, stage, channel, segment) -> answers made."""

    cells: list[PartitionCell]
    goals: Counter[str]
    owed: Counter[tuple[str, str, str, str]]
    events: int


class World:
    """One crowd of a company. crowd: other numbers are other people. journeys: those that they start."""

    def __init__(
        self, seed: int, plant: Plant | None, parties: int, crowd: int = 0, journeys: Sequence[str] = tuple(JOURNEYS)
    ) -> None:
        self.company, self.plant, self.parties = Company(seed), plant, parties
        self.engine = Engine(self.company, plant, parties, journeys)
        self.rng = np.random.default_rng([seed, 2, crowd])
        self.people = list(self._people())
        self.queue: list[tuple[int, int, str, tuple]] = []
        self.sent = 0
        self.goals: Counter[str] = Counter()
        self.owed: Counter[tuple[str, str, str, str]] = Counter()
        self.visits: dict[tuple[int, str], Visit] = {}
        self.seen: Counter[tuple[int, str, int]] = Counter()
        self.draws = {}
        for journey in journeys:
            share, found = JOURNEYS[journey]
            self.draws[journey] = self.rng.random((parties, len(found), REVISITS, WIDTH))
            starts, whether = self.rng.random(parties), self.rng.random(parties)
            for number in np.flatnonzero(whether < share).tolist():
                self._enter(number, journey, 0, START + int(starts[number] * DAYS * DAY))

    def _people(self) -> Iterator[Person]:
        rng, n, plant = self.rng, self.parties, self.plant
        segment, interest = rng.choice(3, n, p=[0.3, 0.4, 0.3]).tolist(), rng.normal(0, 1, n).tolist()
        own, gave = rng.choice(3, n, p=OWN_CHANNEL).tolist(), rng.random((n, 2)).tolist()
        known = rng.random((n, len(CHANNELS) + 1)).tolist()
        for i in range(n):
            of = SEGMENTS[segment[i]]
            consents = [("own_promotion", gave[i][0] >= self.company.refuses[of])]
            addresses = {c for c, u in zip(CHANNELS, known[i], strict=False) if u >= self.company.withheld[c]}
            if plant is not None and plant.cause == "consent":
                consents.append((SECOND, gave[i][1] >= (plant.size if plant.segment in ("", of) else 0.03)))
            withheld = plant.size if plant is not None and plant.segment in ("", of) else self.company.withheld["web"]
            if plant is not None and plant.cause == "unreachable" and known[i][-1] >= withheld:
                addresses.add(DESK)
            person = Person(i, f"p{i:06d}", of, interest[i], CHANNELS[own[i]])
            given = ["personal_data", *(name for name, yes in consents if yes)]
            row = Party(
                person.party, at=START - DAY,
                identifiers=[(address_of(c), f"{c}-{i}") for c in sorted(addresses)],
                consents={name: Consent(True, START - DAY, 0) for name in given},
                attributes={"age": _AGES[of]},
            )  # fmt: skip
            self.engine.table("decide", 0).rows[person.party.encode()] = encode(row)
            yield person

    # ---- time ------------------------------------------------------------------------------------------------------

    def play(self) -> Played:
        """Play all days."""
        end = START + DAYS * DAY
        gc.collect()
        gc.disable()  # rows and records have no cycles; looking for some takes a fifth of the time
        while self.queue and self.queue[0][0] < end:
            at, _, what, given = heappop(self.queue)
            getattr(self, what)(at, *given)
            if self.engine.made:
                made, self.engine.made = self.engine.made, []
                for command in made:
                    self._answered(command)
        self.engine.tick(end)
        gc.enable()
        return Played(self.engine.cells(), self.goals, self.owed, self.sent)

    def _later(self, at: int, what: str, *given: object) -> None:
        self.sent += 1
        heappush(self.queue, (at, self.sent, what, given))

    def _send(self, at: int, body: Touchpoint | ActionOutcome) -> None:
        self.sent += 1
        self.engine.send(InboundMessage(f"e{self.sent}", at, body))

    # ---- the customer ----------------------------------------------------------------------------------------------

    def _enter(self, number: int, journey: str, place: int, at: int) -> None:
        """They will come to a stage at about `at`: by day, and on the channel of their own if they like."""
        count = self.seen[number, journey, place]
        if count >= REVISITS:
            return
        self.seen[number, journey, place] += 1
        person, draws = self.people[number], self.draws[journey][number, place, count].tolist()
        at = _by_day(at)
        channel = person.own if draws[SWITCH] < 0.75 else CHANNELS[int(draws[CHANNEL] * len(CHANNELS))]
        stage = JOURNEYS[journey][1][place]
        if stage.due == MARKETING:
            rate = self.company.rate["cap", journey, stage.name]
            here = self._here(journey, stage, "cap", channel, person.segment)
            if draws[CAMPAIGN] < (here.size if here is not None else rate):
                self._later(at - int(draws[GAP] * 8 * HOUR) - 1, "_campaign", person, journey, stage, channel)
        self._later(at, "_touch", number, journey, place, channel, draws)

    def _here(self, journey: str, stage: Stage, cause: str, channel: str, segment: str) -> Plant | None:
        plant = self.plant
        if plant is None or plant.cause != cause or plant.place != (journey, stage.name):
            return None
        return plant if plant.hits(channel, segment) else None

    def _campaign(self, at: int, person: Person, journey: str, stage: Stage, channel: str) -> None:
        about = {"action_class": MARKETING, "purpose": purpose_of(journey, stage.name)}
        who = (Identifier(PARTY, person.party),)
        self._send(at, Touchpoint(channel, "campaign", Direction.OUTBOUND, who, about))

    def _touch(self, at: int, number: int, journey: str, place: int, channel: str, draws: list[float]) -> None:
        person, stage = self.people[number], JOURNEYS[journey][1][place]
        patience = stage.patience * DAY * (0.25 + 0.7 * draws[PATIENCE])
        visit = self.visits[number, journey] = Visit(place, at, channel, draws, patience)
        about = {"form": int(1000 * draws[FORM]), "proof": int(1000 * draws[PROOF])}
        who = (Identifier(PARTY, person.party),)
        self._send(at, Touchpoint(channel, kind_of(stage.name, channel), Direction.INBOUND, who, about, journey))
        think = 1.5 * self._think(stage, draws)
        if draws[ONWARD] < ALONE * self._share(person, journey, stage, channel, 0.0) and think < visit.patience:
            self._later(at + int(think), "_alone", number, journey, visit)

    def _alone(self, at: int, number: int, journey: str, visit: Visit) -> None:
        if not visit.answered and self.visits[number, journey] is visit:
            visit.over = True
            self._go(number, journey, visit, visit.place + 1, at)

    def _answered(self, command: Deliver) -> None:
        """What was owed came, if the customer is still there and has not given up."""
        number, journey = int(command.party[1:]), command.theme
        visit = self.visits[number, journey]
        stage = JOURNEYS[journey][1][visit.place]
        if visit.over or visit.answered or not command.action.startswith(f"{journey}_{stage.name}_"):
            return
        self.owed[journey, stage.name, visit.channel, self.people[number].segment] += 1
        if command.at > visit.at + visit.patience:
            return
        visit.answered = True
        self._react(number, journey, visit, command.at, command)

    def _react(self, number: int, journey: str, visit: Visit, at: int, command: Deliver) -> None:
        person, stage, draws = self.people[number], JOURNEYS[journey][1][visit.place], visit.draws
        here = self._here(journey, stage, "negative", visit.channel, person.segment)
        rate = here.size if here is not None else self.company.rate["negative", journey, stage.name]
        bad = draws[REFUSE] < rate * math.exp(-0.3 * person.interest)
        if bad:
            at += HOUR // 2
            self._later(at, "_refuse", person, command)
        late = at > visit.at + stage.within * HOUR
        then = at + int(self._think(stage, draws))
        if draws[ONWARD] < self._share(person, journey, stage, visit.channel, -1.6 * bad - 0.5 * late):
            self._go(number, journey, visit, visit.place + 1, then)
        elif draws[BACK] < 0.12 and visit.place:
            self._go(number, journey, visit, visit.place - 1, then)

    def _refuse(self, at: int, person: Person, command: Deliver) -> None:
        who = (Identifier(PARTY, person.party),)
        self._send(at, ActionOutcome("refused", command.action_id, command.action, command.channel, who))

    def _share(self, person: Person, journey: str, stage: Stage, channel: str, shift: float) -> float:
        company = self.company
        logit = stage.onward + company.segment[person.segment] + company.channel[channel] + 0.6 * person.interest
        logit += company.taste[journey, stage.name, person.segment, channel] + shift
        return 1 / (1 + math.exp(-logit))

    def _think(self, stage: Stage, draws: list[float]) -> float:
        """ms; log-normal, by the inverse of a logistic."""
        u = min(max(draws[THINK], 1e-6), 1 - 1e-6)
        return stage.think * HOUR * math.exp(-0.3 + 0.4 * math.log(u / (1 - u)))

    def _go(self, number: int, journey: str, visit: Visit, place: int, at: int) -> None:
        """To another stage, unless it is so late that they do not come back."""
        stages = JOURNEYS[journey][1]
        if at >= visit.at + 0.95 * stages[visit.place].patience * DAY - 8 * HOUR:
            return
        if place < len(stages):
            self._enter(number, journey, place, at)
        else:
            self._later(_by_day(at), "_complete", number, journey, visit)

    def _complete(self, at: int, number: int, journey: str, visit: Visit) -> None:
        person = self.people[number]
        visit.over = True
        who = (Identifier(PARTY, person.party),)
        self._send(at, Touchpoint(visit.channel, kind_of(GOAL, visit.channel), Direction.INBOUND, who, {}, journey))
        if at >= START + 12 * DAY:
            self.goals[journey] += 1


def _by_day(at: int) -> int:
    """Nobody comes between 11 in the evening and 7."""
    hour = at % DAY // HOUR
    return at + 8 * HOUR if hour < 7 or hour >= 23 else at
