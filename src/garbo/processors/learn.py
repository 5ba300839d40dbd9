"""The learn processor: labelled examples in, snapshots of models out. Each model has one writer, because examples are
keyed by model.

What one call of `process` does
 1. each record becomes an example of a known model, or a dead letter with the reason (`each_record`);
 2. an example applied lately is dropped and counted: decide may send one twice where the broker has no transactions;
 3. the model's learner is tested on the example, then learns it;
 4. a model publishes one snapshot if it is its first, or if `every` examples came since the last one;
 5. each model that learnt writes its row once.

`due` publishes within a second what is still unpublished. That writes no row: if the host rolls back, or the worker
dies, the row still says "unpublished" and the same snapshot is written again.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite

from garbo.core.policy.models import Model
from garbo.core.policy.policy import Policy
from garbo.core.scoring.features import BOUND
from garbo.core.vocabulary.effects import Learn
from garbo.core.vocabulary.ids import fingerprint
from garbo.core.vocabulary.instants import SECOND
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.errors import GarboError
from garbo.learning import registry, snapshots
from garbo.learning.learner import KEY_LENGTH, MAX_FEATURES
from garbo.learning.text import models_of as texts_of
from garbo.processors import published_policy
from garbo.processors.dead_letters import DeadLetters
from garbo.processors.each_record import each_record
from garbo.processors.meters import Meter
from garbo.processors.model_state import ModelState, attach_model, load
from garbo.processors.ports import Codec, ConsumerRecord, Output, Rejected, Rows, Work
from garbo.processors.stored import unreadable
from garbo.processors.topics import Topics

log = logging.getLogger(__name__)

# Examples between two snapshots: at 60 examples/s one in three seconds, which `due` makes one a second.
SNAPSHOT_EVERY = 200
# The longest a learnt example waits for its snapshot (ms): a shorter wait would not improve a campaign's first hour.
PUBLISH_AFTER = SECOND


class LearnProcessor:
    """Implements `processors.ports.Processor`. Its table: model -> `State`."""

    def __init__(
        self,
        *,
        codec: Codec,
        topics: Topics,
        meter: Meter,
        policy: Policy,
        load_policy: Callable[[bytes], Policy],
        every: int,
        key: bytes,
    ) -> None:
        """`policy` counts until `load_policy` accepts another from policy-versions; it raises `GarboError`.

        every: examples between two snapshots of one model. key: with which snapshots are signed.
        """
        if every < 1:
            raise ValueError("every: at least 1")
        self._codec = codec
        self._policy, self._models = policy, _models_of(policy)
        self._topics = topics
        self._dead = DeadLetters(codec, topics.dead_letters, "learn", meter)
        self._every = every
        self._key = key
        self._load_policy = load_policy
        self._meter = meter
        self._states: dict[int, dict[str, ModelState]] = {}

    def use_policy(self, policy: Policy) -> None:
        """Use the models of a new policy. Raises `PolicyError`, and keeps the old ones, when a model cannot be made.

        A model with another configuration (`config_hash`) starts from nothing; with the same one it goes on. A model
        that the policy no longer has keeps its row, in case it comes back; its examples become dead letters.
        """
        models = _models_of(policy)
        self._policy, self._models = policy, models
        for states in self._states.values():
            for name, state in states.items():
                model = models.get(name)
                if model is not None and model != state.model:
                    attach_model(state, model, state.learner.state())
                if model is not None:
                    state.enrol(policy)
        self._show()

    def open(self, partition: int, rows: Rows) -> None:
        """Load every model of the partition, so that `due` can publish what a crash left unpublished."""
        self._states[partition] = {}
        for key, _ in rows.scan():
            name = _model_id(key)
            model = self._models.get(name)
            if model is not None:
                self._state_of(partition, name, model, rows)
        self._show()

    def close(self, partition: int) -> None:
        self._states.pop(partition, None)
        self._show()

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        work = Work()
        learnt: dict[str, list[tuple[Learn, int]]] = {}

        def handle(record: ConsumerRecord) -> None:
            example, model = self._example(record)  # 1
            state = self._state_of(partition, example.model, model, rows)
            mark = fingerprint(example.example_id)
            if mark in state.recent:  # 2
                self._meter.duplicate("learn")
                return
            try:
                state.take(example, mark)  # 3
            except Exception:
                self._put_back(partition, example.model, rows, learnt.get(example.model, ()))
                raise
            learnt.setdefault(example.model, []).append((example, mark))

        each_record(records, handle, work, self._dead, now_ms)
        for name in learnt:
            state = self._states[partition][name]
            if not state.published or state.trained_on - state.published >= self._every:
                work.outputs.extend(self._publish(name, state, now_ms))  # 4
            work.rows[name.encode()] = state.row()  # 5
            state.reset = False
        return work

    def due(self, partition: int, now_ms: int) -> Sequence[Output]:
        outputs: list[Output] = []
        for name, state in self._states.get(partition, {}).items():
            # The second comparison: after the clock was set back, a model must not wait until it has caught up.
            waited = now_ms - state.published_at >= PUBLISH_AFTER or now_ms < state.published_at
            if state.trained_on > state.published and waited:
                outputs.extend(self._publish(name, state, now_ms))
        return outputs

    def broadcast(self, topic: str, key: bytes, value: bytes | None) -> bool:
        """A new policy brings its models; a policy that cannot be used is refused, and the last good models stay."""
        return published_policy.take("learn", self._adopt, value, self._meter) is not None

    def _adopt(self, value: bytes) -> Policy:
        """Load a policy and use its models. Raises `GarboError`."""
        policy = self._load_policy(value)
        self.use_policy(policy)
        return policy

    def _example(self, record: ConsumerRecord) -> tuple[Learn, Model]:
        if record.key is None:
            raise Rejected(DeadLetterReason.NULL_KEY)
        if not record.value:
            raise Rejected(DeadLetterReason.EMPTY)
        example = self._codec.example(record.value)
        if example.model.encode("utf-8", "surrogatepass") != record.key:
            raise Rejected(DeadLetterReason.INVALID, "the key is not the example's model")
        model = self._models.get(example.model)
        if model is None:
            raise Rejected(DeadLetterReason.INVALID, f"no model {example.model[:64]!r}")
        fault = _fault(example)
        if fault:
            raise Rejected(DeadLetterReason.INVALID, fault)
        return example, model

    def _state_of(self, partition: int, name: str, model: Model, rows: Rows) -> ModelState:
        states = self._states.setdefault(partition, {})
        state = states.get(name)
        if state is None:
            state = states[name] = load(model, rows.get(name.encode()))
            state.enrol(self._policy)
        return state

    def _show(self) -> None:
        """Every model of the policy on the meter; those that are learnt elsewhere, or not yet, without figures."""
        here = {name: state for states in self._states.values() for name, state in states.items()}
        self._meter.models(self._models)
        for name, model in self._models.items():
            state = here.get(name)
            self._meter.model(model, state.progressive.summary() if state else None)

    def _put_back(self, partition: int, name: str, rows: Rows, learnt: Iterable[tuple[Learn, int]]) -> None:
        """After a bug half-way through an example: the state before it, from the row and from this batch's examples."""
        broken = self._states[partition][name]
        state = load(broken.model, rows.get(name.encode()))
        if broken.reset:
            state.config = ""  # the row may have the same configuration: it was changed and changed back
            attach_model(state, broken.model, b"")
        state.rules = broken.rules
        for example, mark in learnt:
            state.take(example, mark)
        # `due` publishes without writing the row, and a new scorer starts unpublished: the row does not know of either.
        state.published, state.published_at = broken.published, broken.published_at
        self._states[partition][name] = state

    def _publish(self, name: str, state: ModelState, now_ms: int) -> Iterable[Output]:
        state.published_at = now_ms
        self._meter.model(state.model, state.progressive.summary())
        try:
            verdict = state.judged()
            snapshot = snapshots.snapshot_of(
                name,
                state.trained_on,
                state.config,
                state.learner.serving(),
                state.progressive,
                state.promoted,
                verdict,
            )
            value = snapshots.encode(snapshot, self._key)
        except GarboError as problem:
            log.error("learn does not publish model %s: %s", name, problem)
            self._meter.refused("learn", "snapshot")  # workers keep the last good one; the metric raises the alarm
            return ()
        state.published = state.trained_on
        return (Output(self._topics.snapshots, name.encode(), value),)


def _models_of(policy: Policy) -> Mapping[str, Model]:
    """The models that are learnt: of acceptance, and of texts. Each can make a learner. Raises `PolicyError`."""
    models = {**policy.models, **texts_of(policy)}
    for model in models.values():
        registry.check(model)
    return models


def _model_id(key: bytes) -> str:
    """The model of a row's key."""
    try:
        return key.decode()
    except UnicodeDecodeError as problem:
        raise unreadable("the key of a learner's row", problem) from None


def _fault(example: Learn) -> str:
    """Why an example cannot be learnt; empty when it can."""
    if example.label not in (0, 1):
        return "the label is neither 0 nor 1"
    if len(example.features) > MAX_FEATURES:
        return f"more than {MAX_FEATURES} features"
    for key, value in example.features.items():
        if not isfinite(value) or not -BOUND < value < BOUND:
            return "a feature is not a finite number"
        if len(key) > KEY_LENGTH:
            return f"a feature's name is longer than {KEY_LENGTH} characters"
    return ""
