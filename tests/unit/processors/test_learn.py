from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest

from garbo.adapters.kafka.settings import MAX_MESSAGE_BYTES
from garbo.adapters.observability.metrics import Metrics
from garbo.bootstrap.processors import ProcessorFactory
from garbo.core.policy.compiled import compiled
from garbo.core.policy.models import Feature, Model
from garbo.core.vocabulary.effects import Learn
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.errors import PolicyError, StoreError
from garbo.learning import snapshots
from garbo.learning.estimators.config import config_hash
from garbo.learning.evaluation.progressive import Progressive
from garbo.learning.learner import KEY_LENGTH, MAX_FEATURES
from garbo.learning.serving import SnapshotScorer
from garbo.learning.snapshots import Snapshot
from garbo.processors.learn import LearnProcessor
from garbo.processors.meters import Meter, Silent
from garbo.processors.model_state import MAX_WEIGHT, RECENT_EXAMPLES, weight
from garbo.processors.ports import ConsumerRecord, Output, Rejected, Work
from garbo.processors.topics import Topics
from tests.unit.core.small import SMALL

FEATURES = (Feature("age", "number"), Feature("job", "category"))
ADAGRAD = {"preset": "adagrad"}
CONSTANT = {"preset": "constant"}
LOAN = Model("loan", FEATURES, 0.2, 10.0, estimator=ADAGRAD)
CARD = Model("card", (), 0.2, 10.0, estimator=CONSTANT)
MODELS = {"loan": LOAN, "card": CARD}


class JsonCodec:
    """What learn needs of a codec, readable."""

    def example(self, value: bytes) -> Learn:
        try:
            return msgspec.json.decode(value, type=Learn)
        except msgspec.MsgspecError:
            raise Rejected(DeadLetterReason.MALFORMED) from None

    def encode_dead_letter(
        self, record: ConsumerRecord, processor: str, reason: DeadLetterReason, detail: str, at: int
    ) -> bytes:
        return msgspec.json.encode((record.offset, processor, reason, detail, at))


class Table(dict[bytes, bytes]):
    """A host's table; rows are applied when the work is."""

    def scan(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return iter(sorted((key, row) for key, row in self.items() if key.startswith(prefix)))


class Host:
    """Commits each piece of work at once, unless told otherwise."""

    def __init__(self, every: int = 200, models: dict[str, Model] = MODELS) -> None:
        self.table = Table()
        self.every = every
        self.metrics = Metrics()
        self.metrics.processor("learn")  # its counters start at 0
        self.restart(models)

    def restart(self, models: dict[str, Model] = MODELS) -> None:
        self.processor = processor(self.every, models, self.metrics)
        self.processor.open(0, self.table)

    def run(self, records: Sequence[ConsumerRecord], now_ms: int = 0) -> Work:
        work = self.processor.process(0, records, self.table, now_ms)
        self.table.update({key: row for key, row in work.rows.items() if row is not None})
        return work

    def counted(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, {"processor": "learn", **labels})


def processor(
    every: int = 200, models: dict[str, Model] = MODELS, meter: Meter = Silent()  # noqa: B008
) -> LearnProcessor:  # fmt: skip
    codec: Any = JsonCodec()
    policy = compiled(msgspec.structs.replace(SMALL, models=models))
    return ProcessorFactory(codec=codec, topics=Topics(), policy=policy, meter=meter, clock="wall").learn(every=every)


def example(number: int, family: str = "loan", **changes: Any) -> Learn:
    features = {"job=doctor" if number % 2 else "job=student": 1.0, "age": 20.0 + number % 50}
    whole = Learn(family, f"e-{number}", "p-1", number, "offer", features, number % 2, 0.5, 0.2, "")
    return msgspec.structs.replace(whole, **changes)


def record(number: int, family: str = "loan", **changes: Any) -> ConsumerRecord:
    value = msgspec.json.encode(example(number, family, **changes))
    return ConsumerRecord("learning-examples", 0, number, family.encode(), value, number)


def records(start: int, stop: int, family: str = "loan") -> list[ConsumerRecord]:
    return [record(number, family) for number in range(start, stop)]


def published(outputs: Sequence[Output]) -> list[Snapshot]:
    return [snapshots.decode(o.value or b"") for o in outputs if o.topic == "model-snapshots"]


def numbered(version: str) -> str:
    """A version without the digest of its content."""
    return version.partition(".")[0]


def versions(outputs: Sequence[Output]) -> list[str]:
    return [numbered(snapshot.version) for snapshot in published(outputs)]


def letters(outputs: Sequence[Output]) -> list[Any]:
    return [msgspec.json.decode(o.value or b"") for o in outputs if o.topic == "dead-letters"]


def test_the_first_example_publishes_a_snapshot_and_writes_the_row() -> None:
    work = Host().run([record(0)])
    assert ["loan@1"] == versions(work.outputs)
    assert [b"loan"] == [output.key for output in work.outputs] == list(work.rows)


def shown(host: Host, name: str, model: str) -> float | None:
    return host.metrics.registry.get_sample_value(f"garbo_model_{name}", {"model": model, "role": "champion"})


def test_a_models_figures_are_on_the_meter_also_after_a_restart_and_not_after_the_partition_left() -> None:
    host = Host()
    host.run(records(0, 50))
    assert (50, 25, 0) == (
        shown(host, "examples", "loan"),
        shown(host, "evidence", "loan"),
        shown(host, "examples", "card"),
    )
    auc = shown(host, "auc", "loan")
    assert auc is not None
    host.metrics = Metrics()
    host.restart()
    assert (50, auc) == (shown(host, "examples", "loan"), shown(host, "auc", "loan"))
    host.processor.close(0)
    assert (0, None) == (shown(host, "examples", "loan"), shown(host, "auc", "loan"))
    host.processor.use_policy(msgspec.structs.replace(SMALL, models={"loan": LOAN}))
    assert (0, None) == (shown(host, "examples", "loan"), shown(host, "examples", "card"))


def test_a_yes_that_comes_after_its_no_was_learnt_counts_once_in_the_figures() -> None:
    host = Host()
    work = host.run([record(0, label=0, kind="early_no"), record(1, label=1, kind="early_yes")])
    (snapshot,) = published(work.outputs)
    assert (2, 1, 1) == (snapshot.trained_on, snapshot.progressive.count, snapshot.progressive.evidence)


def test_a_snapshot_holds_the_curve_the_drift_and_the_features_as_the_row_does() -> None:
    host = Host(every=300)
    host.run(records(0, 1))
    work = host.run(records(1, 400))
    (snapshot,) = published(work.outputs)
    assert [400, 400] == [
        sum(b.examples for b in snapshot.progressive.curve.points()),
        snapshot.progressive.residual.taken,
    ]
    assert ["age", "job"] == sorted(line.name for line in snapshot.progressive.use.lines())


def test_a_snapshot_every_so_many_examples_at_most_one_a_call() -> None:
    host = Host(every=10)
    calls = [host.run(records(start, stop)) for start, stop in ((0, 5), (5, 9), (9, 14), (14, 15), (15, 50))]
    assert [["loan@5"], [], [], ["loan@15"], ["loan@50"]] == [versions(work.outputs) for work in calls]
    assert all([b"loan"] == list(work.rows) for work in calls)


def test_a_published_snapshot_decides() -> None:
    scorer = SnapshotScorer()
    for output in Host().run(records(0, 200)).outputs:
        assert scorer.update(output.value or b"")
    doctor, student = (scorer.estimate("loan", {f"job={job}": 1.0}) for job in ("doctor", "student"))
    assert doctor is not None
    assert student is not None
    assert doctor.probability > 0.7
    assert student.probability < 0.3
    assert 200.0 == doctor.evidence


def test_every_example_is_tested_before_it_is_learnt() -> None:
    (snapshot,) = published(Host().run(records(0, 1)).outputs)
    assert 1 == snapshot.progressive.count
    assert 0.2231 == pytest.approx(snapshot.progressive.log_loss, abs=1e-4)  # -ln .8: the prior was asked


def test_families_do_not_mix() -> None:
    mixed = [one for pair in zip(records(0, 20), records(20, 40, "card"), strict=True) for one in pair]
    work = Host().run(mixed)
    assert ["loan@20", "card@20"] == versions(work.outputs)
    alone = Host().run(records(0, 20))
    assert alone.rows[b"loan"] == work.rows[b"loan"]


def test_an_example_sent_twice_is_learnt_once() -> None:
    host = Host()
    once = host.run(records(0, 10))
    again = host.run(records(0, 10))
    assert ({}, [], 10) == (again.rows, again.outputs, host.counted("garbo_duplicates_total"))
    assert once.rows[b"loan"] == host.table[b"loan"]


def test_duplicates_are_known_after_a_restart_and_the_ring_is_bounded() -> None:
    host = Host()
    host.run(records(0, RECENT_EXAMPLES + 5))
    host.restart()
    assert {} == host.run(records(5, RECENT_EXAMPLES + 5)).rows
    assert [b"loan"] == list(host.run([record(0)]).rows)


def test_a_restart_goes_on_as_if_it_had_not_happened() -> None:
    through, stopped = Host(), Host()
    for start in range(0, 100, 10):
        through.run(records(start, start + 10))
        stopped.run(records(start, start + 10))
        stopped.restart()
    assert through.table == stopped.table


def test_work_rolled_back_is_forgotten() -> None:
    host = Host()
    host.run(records(0, 10))
    host.processor.process(0, records(10, 20), host.table, 0)
    host.processor.open(0, host.table)
    expected = Host()
    expected.run(records(0, 10))
    assert expected.run(records(10, 20)).rows == host.run(records(10, 20)).rows


def test_time_publishes_what_is_left_once() -> None:
    host = Host()
    host.run([record(0)], now_ms=5_000)
    host.run([record(1)], now_ms=5_100)
    due = [versions(host.processor.due(0, now)) for now in (5_100, 5_999, 6_000, 9_000)]
    assert [[], [], ["loan@2"], []] == due


def test_a_clock_set_back_does_not_silence_a_family() -> None:
    host = Host()
    host.run([record(0)], now_ms=1_000_000)
    host.run([record(1)], now_ms=1_000_000)
    assert ["loan@2"] == versions(host.processor.due(0, 10))


def test_what_a_crash_left_unpublished_is_published_after_it() -> None:
    host = Host()
    host.run([record(0)], now_ms=5_000)
    host.run([record(1)], now_ms=5_000)
    host.processor.due(0, 6_000)  # rolled back: its output is lost
    host.restart()
    assert [["loan@2"], []] == [versions(host.processor.due(0, now)) for now in (6_100, 6_101)]


def test_a_partition_given_up_is_silent() -> None:
    host = Host()
    host.run(records(0, 2))
    host.run([record(2)])
    host.processor.close(0)
    host.processor.close(7)
    assert [] == list(host.processor.due(0, 10**9))


BAD = {
    "null key": (record(1)._replace(key=None), "null_key", ""),
    "no value": (record(1)._replace(value=None), "empty", ""),
    "empty": (record(1)._replace(value=b""), "empty", ""),
    "malformed": (record(1)._replace(value=b"\xff\x00"), "malformed", ""),
    "unknown family": (record(1, "yacht"), "invalid", "no model 'yacht'"),
    "another's key": (record(1)._replace(key=b"card"), "invalid", "the key is not the example's model"),
    "label": (record(1, label=2), "invalid", "the label is neither 0 nor 1"),
    "too many features": (record(1, features={str(n): 1.0 for n in range(257)}), "invalid", "more than 256 features"),
    "absurd number": (record(1, features={"age": 1e300}), "invalid", "a feature is not a finite number"),
    "long name": (
        record(1, features={"job=" + "x" * 200: 1.0}),
        "invalid",
        "a feature's name is longer than 128 characters",
    ),
}


@pytest.mark.parametrize(("bad", "reason", "detail"), BAD.values(), ids=BAD.keys())
def test_a_bad_message_is_a_dead_letter_and_the_next_is_learnt(bad: ConsumerRecord, reason: str, detail: str) -> None:
    work = Host().run([bad, record(2)], now_ms=77)
    assert [[1, "learn", reason, detail, 77]] == letters(work.outputs)
    assert bad.key == work.outputs[0].key
    assert ["loan@1"] == versions(work.outputs)


def test_a_new_policy_goes_on_with_the_same_configuration_and_starts_afresh_with_another() -> None:
    host = Host()
    host.run([*records(0, 10), *records(10, 20, "card")])
    more = msgspec.structs.replace(LOAN, features=(*FEATURES, Feature("income", "number")))
    host.processor.use_policy(
        msgspec.structs.replace(SMALL, models={"loan": more, "card": msgspec.structs.replace(CARD, estimator=ADAGRAD)})
    )
    work = host.run([record(20), record(21, "card")])
    assert ["card@11"] == versions(work.outputs)
    (card,) = published(work.outputs)
    assert (config_hash(msgspec.structs.replace(CARD, estimator=ADAGRAD)), 1) == (card.config, card.progressive.count)
    unchanged = Host()
    unchanged.run(records(0, 10))
    assert unchanged.run([record(20)]).rows[b"loan"] == work.rows[b"loan"]


def test_a_new_policy_after_a_restart_is_the_same() -> None:
    host = Host()
    host.run(records(0, 10))
    host.restart({"loan": msgspec.structs.replace(LOAN, estimator=CONSTANT)})
    (snapshot,) = published(host.run([record(10)]).outputs)
    assert ("loan@11", 1) == (numbered(snapshot.version), snapshot.progressive.count)


def test_another_learning_rate_is_another_configuration() -> None:
    slow = msgspec.structs.replace(LOAN, estimator={"preset": "adagrad", "parameters": {"lr": 0.001}})
    host = Host()
    host.run(records(0, 10))
    host.processor.use_policy(msgspec.structs.replace(SMALL, models={"loan": slow}))
    (snapshot,) = published(host.run([record(10)]).outputs)
    assert ("loan@11", 1) == (numbered(snapshot.version), snapshot.progressive.count)


def test_no_two_models_have_the_same_version() -> None:
    """A new estimator is published before it has learnt: with the number of the old one's last version."""
    host = Host()
    swapped = msgspec.structs.replace(LOAN, estimator={"preset": "ftrl"})
    before = published(host.run(records(0, 10)).outputs)
    host.processor.use_policy(msgspec.structs.replace(SMALL, models={"loan": swapped}))
    after = published(host.processor.due(0, 20_000))
    assert [10, 10] == [snapshot.trained_on for snapshot in before + after]
    assert before[0].version != after[0].version


@pytest.mark.parametrize(
    ("kind", "expected"), [("close", 1.0), ("early_no", 0.75), ("early_yes", 1.5), ("late_yes", 2.0), ("outside", 1.0)]
)
def test_an_example_weighs_by_its_kind(kind: str, expected: float) -> None:
    assert expected == weight(kind, 0.5)


def test_a_late_yes_after_certainty_is_bounded_and_a_weight_reaches_the_model() -> None:
    assert MAX_WEIGHT == weight("late_yes", 1.0 - 1e-13)
    once, heavy = Host(), Host()
    once.run([record(0), record(1)])
    heavy.run([record(0), record(1, kind="early_yes")])
    assert once.table != heavy.table


def test_a_row_of_an_older_version_starts_from_nothing_and_goes_on_counting() -> None:
    host = Host()
    old = ["logistic_adagrad", 7, 7, {"intercept": 0.5}, Progressive(), [1, 2]]
    host.table[b"loan"] = msgspec.msgpack.encode(old)
    host.restart()
    (snapshot,) = published(host.run([record(0)]).outputs)
    assert ("loan@8", 1) == (numbered(snapshot.version), snapshot.progressive.count)


def test_a_family_the_policy_dropped_keeps_its_row() -> None:
    host = Host()
    host.run(records(0, 10))
    before = dict(host.table)
    host.processor.use_policy(msgspec.structs.replace(SMALL, models={"card": CARD}))
    assert [[10, "learn", "invalid", "no model 'loan'", 0]] == letters(host.run([record(10)]).outputs)
    assert before == host.table
    host.restart({"card": CARD})
    host.restart()
    host.run([record(10)])
    assert ["loan@11"] == versions(host.processor.due(0, 10**9))


def test_a_policy_that_makes_no_model_is_refused_and_the_old_one_stays() -> None:
    host = Host()
    oracle = msgspec.structs.replace(LOAN, estimator={"preset": "oracle"})
    with pytest.raises(PolicyError, match="preset 'oracle' does not exist"):
        host.processor.use_policy(msgspec.structs.replace(SMALL, models={"loan": oracle}))
    assert ["loan@1"] == versions(host.run([record(0)]).outputs)


def test_a_row_that_cannot_be_read_stops_the_processor_with_what_to_do() -> None:
    host = Host()
    host.table[b"loan"] = b"\xc1"
    with pytest.raises(StoreError, match="learner row of model 'loan'"):
        host.restart()


def test_a_snapshot_nobody_would_read_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MAX_BYTES", 100)
    host = Host()
    work = host.run([record(0)])
    refused = host.counted("garbo_refused_total", what="snapshot")
    assert ([], [b"loan"], 1) == (work.outputs, list(work.rows), refused)
    assert [] == list(host.processor.due(0, 999))


def test_a_row_stays_small() -> None:
    """What 1,024 fingerprints and two histograms weigh; the model itself is the smaller part."""
    host = Host()
    host.run(records(0, 3000))
    assert len(host.table[b"loan"]) < 16_000


def test_a_model_full_of_the_longest_names_is_published_and_its_row_fits_a_message() -> None:
    """128 characters of four bytes, 4,096 of them: ten megabytes, which no broker takes and no worker gets past."""
    host = Host(every=1)
    for number in range(20):
        names = [f"job={number:02}{n:03}".ljust(KEY_LENGTH, "\U0001f9e8") for n in range(MAX_FEATURES)]
        work = host.processor.process(0, [record(number, features=dict.fromkeys(names, 1.0))], host.table, 0)
    assert (1, 0) == (len(published(work.outputs)), host.counted("garbo_refused_total", what="snapshot"))
    row = work.rows[b"loan"] or b""
    assert 100_000 < len(row) < MAX_MESSAGE_BYTES
