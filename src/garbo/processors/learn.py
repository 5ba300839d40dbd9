"""The learn processor: labelled examples in, snapshots of models out. One writer a family, because examples are keyed
by family.

What one call of `process` does
 1. each record becomes an example of a known family, or a dead letter with the reason (`each_record`);
 2. an example applied lately is dropped and counted: decide may send one twice where the broker has no transactions;
 3. the family's learner is tested on the example, then learns it;
 4. a family whose `every`th new example (or whose first) came by publishes one snapshot, however many came;
 5. each family that learnt writes its row once.

What stays unpublished is published by `due` within a second. That writes no row: should the host roll back, or the
worker die, the row still says "unpublished" and the same snapshot is written again.
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
from garbo.errors import GarboError, StoreError
from garbo.learning import registry, snapshots
from garbo.learning.evaluation.progressive import Progressive
from garbo.learning.learner import KEY_LENGTH, MAX_FEATURES, Learner, Parameters
from garbo.processors.dead_letters import DeadLetters
from garbo.processors.each_record import each_record
from garbo.processors.meters import Meter
from garbo.processors.ports import Codec, ConsumerRecord, Output, Rejected, Rows, Work
from garbo.processors.topics import Topics

# Examples between two snapshots: at 60 examples/s one in three seconds, which `due` makes one a second.
SNAPSHOT_EVERY = 200
# Ring of applied example ids: what a crash can make decide send again is one commit interval, two chunks of 500.
RECENT_EXAMPLES = 1024
# Longest a learnt example waits for its snapshot: a campaign's first hour is not improved by hearing it sooner.
PUBLISH_AFTER = SECOND


class State(Struct, array_like=True):
    """A family's row. Append fields with defaults, never reorder: old rows decode for ever.

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
    """A family's state, awake. `recent` is an ordered set."""

    model: Model
    learner: Learner
    trained_on: int
    published: int
    published_at: int
    progressive: Progressive
    recent: dict[int, None]

    def take(self, example: Learn, mark: int) -> None:
        self.progressive.add(self.learner.predict_one(example.features), example.label)
        self.learner.learn_one(example.features, example.label)
        self.trained_on += 1
        self.recent[mark] = None
        if len(self.recent) > RECENT_EXAMPLES:
            del self.recent[next(iter(self.recent))]

    def row(self) -> bytes:
        state = State(
            scorer=self.model.scorer,
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
        self._students: dict[int, dict[str, ModelState]] = {}

    def use_models(self, models: Mapping[str, Model]) -> None:
        """A new policy, between two calls. Raises `PolicyError`, and keeps the old, when a model cannot be made.

        A family with another scorer starts afresh; with the same one it goes on, under the new options. A family
        the policy has no more keeps its row, in case it comes back; its examples become dead letters.
        """
        self._models = _checked(models)
        for students in self._students.values():
            for family, student in students.items():
                model = models.get(family)
                if model is not None and model != student.model:
                    _enrol(student, model, student.model.scorer, student.learner.parameters())

    def open(self, partition: int, rows: Rows) -> None:
        """Wake every family of the partition, so that `due` can publish what a crash left unpublished."""
        self._students[partition] = {}
        for key, _ in rows.scan():
            family = key.decode()
            model = self._models.get(family)
            if model is not None:
                self._student(partition, family, model, rows)

    def close(self, partition: int) -> None:
        self._students.pop(partition, None)

    def process(self, partition: int, records: Sequence[ConsumerRecord], rows: Rows, now_ms: int) -> Work:
        work = Work()
        learnt: dict[str, list[tuple[Learn, int]]] = {}

        def handle(record: ConsumerRecord) -> None:
            example, model = self._example(record)  # 1
            student = self._student(partition, example.family, model, rows)
            mark = fingerprint(example.example_id)
            if mark in student.recent:  # 2
                self._meter.duplicate("learn")
                return
            try:
                student.take(example, mark)  # 3
            except Exception:
                self._put_back(partition, example.family, rows, learnt.get(example.family, ()))
                raise
            learnt.setdefault(example.family, []).append((example, mark))

        each_record(records, handle, work, self._dead, now_ms)
        for family in learnt:
            student = self._students[partition][family]
            if not student.published or student.trained_on - student.published >= self._every:
                work.outputs.extend(self._publish(family, student, now_ms))  # 4
            work.rows[family.encode()] = student.row()  # 5
        return work

    def due(self, partition: int, now_ms: int) -> Sequence[Output]:
        outputs: list[Output] = []
        for family, student in self._students.get(partition, {}).items():
            # The second comparison: a clock set back must not silence a family for as long.
            waited = now_ms - student.published_at >= PUBLISH_AFTER or now_ms < student.published_at
            if student.trained_on > student.published and waited:
                outputs.extend(self._publish(family, student, now_ms))
        return outputs

    def broadcast(self, topic: str, key: bytes, value: bytes | None) -> None:
        """A new policy brings its models; a broken one is refused, and the last good models stay."""
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
        if example.family.encode("utf-8", "surrogatepass") != record.key:
            raise Rejected(DeadLetterReason.INVALID, "the key is not the example's family")
        model = self._models.get(example.family)
        if model is None:
            raise Rejected(DeadLetterReason.INVALID, f"no model for family {example.family[:64]!r}")
        fault = _fault(example)
        if fault:
            raise Rejected(DeadLetterReason.INVALID, fault)
        return example, model

    def _student(self, partition: int, family: str, model: Model, rows: Rows) -> ModelState:
        students = self._students.setdefault(partition, {})
        student = students.get(family)
        if student is None:
            student = students[family] = _woken(model, rows.get(family.encode()))
        return student

    def _put_back(self, partition: int, family: str, rows: Rows, learnt: Iterable[tuple[Learn, int]]) -> None:
        """After a bug half-way through an example: the state before it, from the row and from this batch's examples."""
        broken = self._students[partition][family]
        student = _woken(broken.model, rows.get(family.encode()))
        for example, mark in learnt:
            student.take(example, mark)
        # `due` publishes without writing the row, and a new scorer starts unpublished: the row does not know of either.
        student.published, student.published_at = broken.published, broken.published_at
        self._students[partition][family] = student

    def _publish(self, family: str, student: ModelState, now_ms: int) -> Iterable[Output]:
        student.published_at = now_ms
        snapshot = snapshots.Snapshot(
            family=family,
            version=snapshots.version(family, student.trained_on),
            trained_on=student.trained_on,
            scorer=student.model.scorer,
            parameters=student.learner.parameters(),
            progressive=student.progressive,
        )
        try:
            value = snapshots.encode(snapshot)
        except snapshots.SnapshotError:
            self._meter.refused("learn", "snapshot")  # workers keep the last good one; the metric raises the alarm
            return ()
        student.published = student.trained_on
        return (Output(self._topics.snapshots, family.encode(), value),)


def _checked(models: Mapping[str, Model]) -> Mapping[str, Model]:
    """`models`, each of which can make a learner. Raises `PolicyError`."""
    for model in models.values():
        registry.check(model)
    return models


def _woken(model: Model, row: bytes | None) -> ModelState:
    student = ModelState(model, registry.new(model), 0, 0, 0, Progressive(), {})
    if row is None:
        return student
    try:
        state = _decoder.decode(row)
        student.trained_on = state.trained_on
        student.published = state.published
        student.progressive = state.progressive
        student.recent = dict.fromkeys(state.recent)
        _enrol(student, model, state.scorer, state.parameters)
    except MsgspecError as error:
        raise StoreError(f"learner row of family {model.family!r} cannot be read ({error})") from None
    return student


def _enrol(student: ModelState, model: Model, scorer: str, parameters: Parameters) -> None:
    """Carry `parameters` of `scorer` on under `model`; afresh, and published at once, if it wants another scorer."""
    student.model = model
    if scorer == model.scorer:
        student.learner = registry.restore(model, parameters)
    else:
        student.learner = registry.new(model)
        student.progressive = Progressive()
        student.published = 0


def _fault(example: Learn) -> str:
    """What makes an example unfit to learn from; empty when nothing does."""
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
