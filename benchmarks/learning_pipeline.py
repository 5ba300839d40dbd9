"""The contacts of `benchmarks.learning` through the pipeline: resolve, decide and learn, as the live worker has them.

Rules
 1. One contact is one tick (a minute), and another person: three consents, the touchpoint at which Garbo may call, and
    where the file says yes, the outcome `accepted` after the delay. Silence is reported by nobody.
 2. The messages pass in the order of their own time. Before a contact, everything due by then happens: timers close
    windows, and their labels are learnt.
 3. A model publishes as in production: every 200 examples, and within a second of any other. A second is less than a
    tick, so each contact is decided with all that was learnt by then. `every`: that second passes only after so many
    contacts.
 4. What is judged stands in the decision records: what the snapshot that decided said of the one who was called.
 5. The proof: the examples of the topic, in its order, taught to a learner alone, give the record's number (1e-9).
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Final, NamedTuple

from benchmarks.scoring import CATEGORIES, NUMBERS, Row
from garbo.bootstrap.examples import packaged_policies
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord, Learn
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier, Touchpoint, Value
from garbo.core.vocabulary.instants import MINUTE
from garbo.learning import registry
from garbo.learning.learner import Learner
from garbo.policy.loader import bundle, load_text, texts_of
from garbo.processors.model_state import weight
from garbo.processors.ports import InboundMessage
from garbo.testing.driver import Driver

START: Final = 1_700_000_000_000 // MINUTE * MINUTE
MODEL: Final = "deposit"
CALL: Final = "call_deposit"
CONSENTS: Final = ("personal_data", "own_promotion", "profiling")
PROOF: Final = 1e-9


class Played(NamedTuple):
    """scored: what the snapshot said of each contact, with its label. smoothed: with the starting propensity's weight.
    apart: how far a learner alone is from a record, at most. snapshots: how many decided. kinds: examples by kind."""

    scored: list[tuple[float, int]]
    smoothed: list[tuple[float, int]]
    apart: float
    snapshots: int
    kinds: dict[str, int]


def policy(preset: str, window: int, learn: str) -> Policy:
    """The smallest policy with an offer and a model. window: ticks."""
    texts = texts_of(bundle(packaged_policies()["empty"]))
    numbers, words = (", ".join(map(_name, each)) for each in (NUMBERS, CATEGORIES))
    texts["models.yaml"] = f"""
models:
  {MODEL}:
    estimator: {preset}
    starting_propensity: 0.1
    starting_evidence: 20
    target: {{window: {window}m, learn: {learn}}}
    features: {{party: {{numbers: [{numbers}], categories: [{words}]}}}}
"""
    texts["attributes.yaml"] = "attributes:\n" + "".join(
        [f"  {_name(n)}: {{kind: float, default: 0.0, scope: event}}\n" for n in NUMBERS]
        + [f'  {_name(n)}: {{kind: string, default: "", scope: event}}\n' for n in CATEGORIES]
    )
    texts["actions.yaml"] = f"""
groups:
  deposit: {{label: {{en: Deposits}}, model: {MODEL}}}
actions:
  {CALL}:
    class: marketing
    purpose: personalised_promotion
    channel: call_centre
    theme: general
    group: deposit
    when: [{{on: touchpoint, name: call_list}}]
    validity: 1h
    value_company: 1000
    title: {{en: Call about a deposit}}
    message: {{en: Please call.}}
"""
    texts["journey.yaml"] = """
touchpoints:
  call_list: {meaning: the dialler asks whether to call this customer, channels: [call_centre], behaviour: false}
lifecycle: {}
journeys:
  contacts:
    label: {en: Contacts}
    themes: ["*"]
    stages: {known: {label: {en: Known}}}
    moves: [{from: start, to: known, on: [call_list]}]
"""
    texts["needs.yaml"] = "needs: {}\n"
    texts["contact_policy.yaml"] = "caps: []\nquiet_hours: {}\npressure: {contact_weights: {call_centre: 1.0}}\n"
    texts["policy.yaml"] = """
name: contacts
zone: UTC
country: IT
languages: [en]
arbitration: {silence_score: -1000000, exploration: 0}
learning: {late_windows: 0}
"""
    return load_text(texts)


def play(
    data: Sequence[Row], delays: Sequence[float], *, preset: str, when: str, window: int, wave: int, every: int = 1
) -> Played:
    """when: "at once", "close" or "early". delays, window: ticks. wave: contacts that go out together."""
    at_once = when == "at once"
    policy_ = policy(preset, 1 if at_once else window, "early" if when == "early" else "close")
    driver, judge = Driver(policy_, partitions=1), _Judge(policy_, [label for _, label in data])
    queue: list[tuple[float, int, InboundMessage]] = []
    turn, published = count(), 0
    for number, (values, label) in enumerate(data):
        tick = number - number % wave
        while queue and queue[0][0] <= tick:
            driver.send(heapq.heappop(queue)[2])
        if not number % wave:
            driver.tick(START + tick * MINUTE)
        if number - published >= every:
            driver.publish()
            published = number
        delay = 0.0 if at_once else delays[number]
        for message in _contact(number, tick, values):
            driver.send(message)
        if label:
            heapq.heappush(queue, (tick + delay, next(turn), _yes(number, tick + delay)))
        judge.read(driver)
    return judge.verdict()


class _Judge:
    """Reads the topics: what was decided, and what a learner alone says."""

    def __init__(self, policy_: Policy, labels: Sequence[int]) -> None:
        self._labels = labels
        self._learner: Learner = registry.new(policy_.models[MODEL])
        self._prior = policy_.models[MODEL].starting_propensity
        self._waiting: list[Learn] = []
        self._learnt = 0
        self._versions: set[str] = set()
        self._kinds: Counter[str] = Counter()
        self._scored: list[tuple[float, int]] = []
        self._smoothed: list[tuple[float, int]] = []
        self._apart = 0.0

    def read(self, driver: Driver) -> None:
        codec, topics, log = driver.codec, driver.topics, driver.take()
        if log[topics.dead_letters]:
            raise SystemExit(f"a dead letter: {codec.dead_letter(log[topics.dead_letters][0].value or b'')}")
        self._waiting += [codec.example(record.value or b"") for record in log[topics.examples]]
        for record in log[topics.decisions]:
            decision = codec.decision(record.value or b"")
            if decision.scored:
                self._decided(decision)

    def verdict(self) -> Played:
        if len(self._scored) != len(self._labels):
            raise SystemExit(f"{len(self._scored)} of {len(self._labels)} contacts were decided")
        kinds = dict(self._kinds + Counter(example.kind for example in self._waiting))
        return Played(self._scored, self._smoothed, self._apart, len(self._versions), kinds)

    def _decided(self, decision: DecisionRecord) -> None:
        (candidate,) = decision.scored
        if decision.chosen != CALL:
            raise SystemExit(f"{decision.event_id} was not called")
        label = self._labels[int(decision.event_id.partition("/")[0])]
        said = candidate.model_output if decision.models else self._prior
        self._scored.append((said, label))
        self._smoothed.append((candidate.propensity, label))
        if decision.models:
            self._versions.update(decision.models)
            self._learn_until(int(decision.models[0].rpartition("@")[2].partition(".")[0]))
            self._apart = max(self._apart, abs(said - self._learner.predict_one(_features(decision))))

    def _learn_until(self, learnt: int) -> None:
        """Teach the examples that the version of a record had learnt."""
        more, self._waiting = self._waiting[: learnt - self._learnt], self._waiting[learnt - self._learnt :]
        for example in more:
            probability = self._learner.predict_one(example.features)
            self._learner.learn_one(example.features, example.label, weight(example.kind, probability))
            self._kinds[example.kind] += 1
        self._learnt = learnt


def _features(decision: DecisionRecord) -> dict[str, float]:
    """The vector as the record has it: arrays in the policy's order, the numbers first."""
    words = zip(map(_name, CATEGORIES), decision.words, strict=True)
    return {
        **dict(zip(map(_name, NUMBERS), decision.numbers, strict=True)),
        **{f"{name}={word}": 1.0 for name, word in words if word},
    }


def _contact(number: int, tick: int, values: Mapping[str, Value]) -> Iterator[InboundMessage]:
    who = (Identifier("customer_id", f"c{number}"),)
    at = START + tick * MINUTE
    for consent in CONSENTS:
        yield InboundMessage(f"{number}/{consent}", at, ConsentChange(consent, True, who, "bench"))
    known = {_name(name): value for name, value in values.items()}
    phone = Identifier("phone", f"+39 000 {number:07d}")
    asked = Touchpoint("call_centre", "call_list", identifiers=(*who, phone), attributes=known)
    yield InboundMessage(f"{number}/call_list", at, asked)


def _yes(number: int, tick: float) -> InboundMessage:
    who = (Identifier("customer_id", f"c{number}"),)
    said = ActionOutcome("accepted", "", CALL, "call_centre", who, {})
    return InboundMessage(f"{number}/outcome", START + int(tick * MINUTE), said)


def _name(column: str) -> str:
    return column.replace(".", "_")
