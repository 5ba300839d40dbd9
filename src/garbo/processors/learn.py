"""The learn processor: labelled examples in, snapshots of models out. Each family has one writer, because examples are
keyed by family.

What one call of `process` does
 1. each record becomes an example of a known family, or a dead letter with the reason (`each_record`);
 2. an example applied lately is dropped and counted: decide may send one twice where the broker has no transactions;
 3. the family's learner is tested on the example, then learns it;
 4. a family publishes one snapshot if it is its first, or if `every` examples came since the last one;
 5. each family that learnt writes its row once.

`due` publishes within a second what is still unpublished. That writes no row: if the host rolls back, or the worker
dies, the row still says "unpublished" and the same snapshot is written again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from msgspec import MsgspecError, Struct, field, msgpack

from garbo.core.policy.models import Model
from garbo.core.scoring.features import BOUND
from garbo.core.vocabulary.effects import Learn
from garbo.core.vocabulary.ids import fingerprint
from garbo.core.vocabulary.instants import SECOND
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.errors import GarboError
from garbo.learning import registry, snapshots
from garbo.learning.evaluation.progressive import Progressive
from garbo.learning.learner import KEY_LENGTH, MAX_FEATURES, Learner, Parameters
from garbo.processors.dead_letters import DeadLetters
from garbo.processors.each_record import each_record
from garbo.processors.meters import Meter
from garbo.processors.ports import Codec, ConsumerRecord, Output, Rejected, Rows, Work
from garbo.processors.stored import unreadable
from garbo.processors.topics import Topics

# Examples between two snapshots: at 60 examples/s one in three seconds, which `due` makes one a second.
SNAPSHOT_EVERY = 200
# Ring of applied example ids: what a crash can make decide send again is one commit interval, two chunks of 500.
RECENT_EXAMPLES = 1024
# The longest a learnt example waits for its snapshot (ms): a shorter wait would not improve a campaign's first hour.
PUBLISH_AFTER = SECOND


class State(Struct, array_like=True):
    """A family's row. Append fields with defaults, never remove or reorder them: old rows decode for ever.

    trained_on: examples learnt, through any change of scorer. published: what trained_on was in the last snapshot
    this row knows of, 0 for none. recent: fingerprints of example ids, oldest first.
    """

    scorer: str
    trained_on: int
    published: int
    parameters: Parameters
    progressive: Progressive
    recent: list[int] = field(default_factory=list)


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(State)


@dataclass(slots=True)
class ModelState:
    """A family's state in memory. published_at: ms, 0 for never. recent: an ordered set of example fingerprints."""

    model: Model
    learner: Learner
    trained_on: int
    published: int
    published_at: int
    progressive: Progressive
    recent: dict[int, None]
    reset: bool = False  # another scorer since the row was written

    def take(self, example: Learn, mark: int) -> None:
        """Test the learner on `example`, then learn it. mark: the fingerprint of its id."""
        self.progressive.add(self.learner.predict_one(example.features), example.label)
        self.learner.learn_one(example.features, example.label)
        self.trained_on += 1
        self.recent[mark] = None
        if len(self.recent) > RECENT_EXAMPLES:
            del self.recent[next(iter(self.recent))]

    def row(self) -> bytes:
        state = State(
            scorer=registry.scorer(self.model),
            trained_on=self.trained_on,
            published=self.published,
            parameters=self.learner.parameters(),
            progressive=self.progressive,
            recent=list(self.recent),
        )
        return _encoder.encode(state)


class LearnProcessor:
    """Implements `processors.ports.Processor`. Its table: family -> `State`."""

    def __init__(
        self,
        *,
        codec: Codec,
        topics: Topics,
        meter: Meter,
        models: Mapping[str, Model],
        load_models: Callable[[bytes], Mapping[str, Model]],
        every: int,
    ) -> None:
        """`models` count until `load_models` accepts others from policy-versions; it raises `GarboError`.

        every: examples between two snapshots of one family.
        """
        if every < 1:
            raise ValueError("every: at least 1")
        self._codec = codec
        self._models = _checked(models)
        self._topics = topics
        self._dead = DeadLetters(codec, topics.dead_letters, "learn", meter)
        self._every = every
        self._load_models = load_models
        self._meter = meter
        self._states: dict[int, dict[str, ModelState]] = {}

    def use_models(self, models: Mapping[str, Model]) -> None:
        """Use the models of a new policy. Raises `PolicyError`, and keeps the old ones, when a model cannot be made.

        A family with another scorer starts from nothing; with the same one it goes on, under the new options. A family
        that the policy no longer has keeps its row, in case it comes back; its examples become dead letters.
        """
        self._models = _checked(models)
        for states in self._states.values():
            for family, state in states.items():
                model = models.get(family)
                if model is not None and model != state.model:
                    _attach_model(state, model, registry.scorer(state.model), state.learner.parameters())

    def open(self, partition: int, rows: Rows) -> None:
        """Load every family of the partition, so that `due` can publish what a crash left unpublished."""
        self._states[partition] = {}
        for key, _ in rows.scan():
            family = _family(key)
            model = self._models.get(family)
            if model is not None:
                self._state_of(partition, family, model, rows)

    def close(self, partition: int) -> None:
        self._states.pop(partition, None)

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
        for family in learnt:
            state = self._states[partition][family]
            if not state.published or state.trained_on - state.published >= self._every:
                work.outputs.extend(self._publish(family, state, now_ms))  # 4
            work.rows[family.encode()] = state.row()  # 5
            state.reset = False
        return work

    def due(self, partition: int, now_ms: int) -> Sequence[Output]:
        outputs: list[Output] = []
        for family, state in self._states.get(partition, {}).items():
            # The second comparison: after the clock was set back, a family must not wait until it has caught up.
            waited = now_ms - state.published_at >= PUBLISH_AFTER or now_ms < state.published_at
            if state.trained_on > state.published and waited:
                outputs.extend(self._publish(family, state, now_ms))
        return outputs

    def broadcast(self, topic: str, key: bytes, value: bytes | None) -> None:
        """A new policy brings its models; a policy that cannot be used is refused, and the last good models stay."""
        if value is None:
            return
        try:
            self.use_models(self._load_models(value))
        except GarboError:
            self._meter.refused("learn", "policy")

    def _example(self, record: ConsumerRecord) -> tuple[Learn, Model]:
        if record.key is None:
            raise Rejected(DeadLetterReason.NULL_KEY)
        if not record.value:
            raise Rejected(DeadLetterReason.EMPTY)
        example = self._codec.example(record.value)
        if example.model.encode("utf-8", "surrogatepass") != record.key:
            raise Rejected(DeadLetterReason.INVALID, "the key is not the example's family")
        model = self._models.get(example.model)
        if model is None:
            raise Rejected(DeadLetterReason.INVALID, f"no model for family {example.model[:64]!r}")
        fault = _fault(example)
        if fault:
            raise Rejected(DeadLetterReason.INVALID, fault)
        return example, model

    def _state_of(self, partition: int, family: str, model: Model, rows: Rows) -> ModelState:
        states = self._states.setdefault(partition, {})
        state = states.get(family)
        if state is None:
            state = states[family] = _load(model, rows.get(family.encode()))
        return state

    def _put_back(self, partition: int, family: str, rows: Rows, learnt: Iterable[tuple[Learn, int]]) -> None:
        """After a bug half-way through an example: the state before it, from the row and from this batch's examples."""
        broken = self._states[partition][family]
        state = _load(broken.model, rows.get(family.encode()))
        if broken.reset:
            _attach_model(state, broken.model, "", state.learner.parameters())
        for example, mark in learnt:
            state.take(example, mark)
        # `due` publishes without writing the row, and a new scorer starts unpublished: the row does not know of either.
        state.published, state.published_at = broken.published, broken.published_at
        self._states[partition][family] = state

    def _publish(self, family: str, state: ModelState, now_ms: int) -> Iterable[Output]:
        state.published_at = now_ms
        snapshot = snapshots.Snapshot(
            family=family,
            version=snapshots.version(family, state.trained_on),
            trained_on=state.trained_on,
            scorer=registry.scorer(state.model),
            parameters=state.learner.parameters(),
            progressive=state.progressive,
        )
        try:
            value = snapshots.encode(snapshot)
        except snapshots.SnapshotError:
            self._meter.refused("learn", "snapshot")  # workers keep the last good one; the metric raises the alarm
            return ()
        state.published = state.trained_on
        return (Output(self._topics.snapshots, family.encode(), value),)


def _checked(models: Mapping[str, Model]) -> Mapping[str, Model]:
    """`models`, each of which can make a learner. Raises `PolicyError`."""
    for model in models.values():
        registry.check(model)
    return models


def _family(key: bytes) -> str:
    """The family of a row's key."""
    try:
        return key.decode()
    except UnicodeDecodeError as problem:
        raise unreadable("the key of a learner's row", problem) from None


def _load(model: Model, row: bytes | None) -> ModelState:
    """The state that `row` holds, or a new one. Raises `StoreError` when the row cannot be read."""
    state = ModelState(model, registry.new(model), 0, 0, 0, Progressive(), {})
    if row is None:
        return state
    try:
        kept = _decoder.decode(row)
        state.trained_on = kept.trained_on
        state.published = kept.published
        state.progressive = kept.progressive
        state.recent = dict.fromkeys(kept.recent)
        _attach_model(state, model, kept.scorer, kept.parameters)
    except (MsgspecError, UnicodeDecodeError) as problem:
        raise unreadable(f"learner row of family {model.id!r}", problem) from None
    return state


def _attach_model(state: ModelState, model: Model, scorer: str, parameters: Parameters) -> None:
    """Go on under `model` with the `parameters` of `scorer`.

    If `model` has another scorer, start from nothing; the first example is then published at once.
    """
    state.model = model
    if scorer == registry.scorer(model):
        state.learner = registry.restore(model, parameters)
    else:
        state.learner = registry.new(model)
        state.progressive = Progressive()
        state.published = 0
        state.reset = True


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
