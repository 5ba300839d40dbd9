"""The figures of a model against exact ones, and their bounds."""

import random
from math import exp
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.learning.evaluation import calibration
from garbo.learning.evaluation.feature_use import MOST_FEATURES, MOST_VALUES, FeatureUse
from garbo.learning.evaluation.figures import MATURE_AT, Figures
from garbo.learning.evaluation.learning_curve import POINTS
from garbo.learning.evaluation.progressive import Progressive


def sigmoid(z: float) -> float:
    return 1 / (1 + exp(-z))


def stream(count: int, bias: float = 0.0, seed: int = 1) -> list[tuple[float, int, dict[str, float]]]:
    """Predictions that are `bias` of logit too high, with their labels and features: x is used, y is not."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        x, y, job = rng.gauss(0, 1), rng.gauss(0, 1), rng.choice("abc")
        z = -2 + x + {"a": 1.0, "b": 0.0, "c": -1.0}[job]
        found.append((sigmoid(z + bias), int(rng.random() < sigmoid(z)), {"x": x, "y": y, f"job={job}": 1.0}))
    return found


def taken(examples: list[tuple[float, int, dict[str, float]]]) -> Figures:
    figures = Figures()
    for example in examples:
        figures.add_example(*example)
    return figures


def exact_error(examples: list[tuple[float, int, dict[str, float]]], groups: int = 20) -> float:
    ordered = sorted((p, label) for p, label, _ in examples)
    total = 0.0
    for group in range(groups):
        part = ordered[group * len(ordered) // groups : (group + 1) * len(ordered) // groups]
        total += abs(sum(p for p, _ in part) - sum(label for _, label in part))
    return total / len(ordered)


@pytest.mark.parametrize("bias", [0.0, 0.3, -1.0])
def test_the_calibration_error_is_within_a_thousandth_of_the_exact_one(bias: float) -> None:
    examples = stream(20_000, bias)
    error = taken(examples).summary().calibration_error
    assert exact_error(examples) == pytest.approx(error, abs=0.001)


def test_a_calibrated_model_shows_no_more_than_noise_and_a_biased_one_does() -> None:
    good, bad = taken(stream(10_000)).summary(), taken(stream(10_000, bias=0.5)).summary()
    assert good.calibration_error is not None
    assert good.calibration_noise is not None
    assert good.calibration_error < 1.5 * good.calibration_noise
    assert bad.calibration_error is not None
    assert bad.calibration_error > 4 * good.calibration_noise


def test_groups_have_about_equal_mass_and_hold_every_example() -> None:
    groups = taken(stream(20_000)).calibration()
    assert 15 <= len(groups) <= calibration.GROUPS
    assert sum(group.examples for group in groups) == 20_000
    assert max(group.examples for group in groups) < 1.2 * 1000
    assert [g.predicted for g in groups] == sorted(g.predicted for g in groups)
    assert all(
        low <= group.predicted <= high for group, (low, high) in zip(groups, calibration.band(groups), strict=True)
    )


def test_the_same_prediction_for_all_is_one_group() -> None:
    (group,) = taken([(0.25, int(n % 4 == 0), {}) for n in range(1000)]).calibration()
    assert (0.25, 0.25, 1000) == (pytest.approx(group.predicted, abs=0.003), group.happened, group.examples)


def test_a_model_without_examples_has_no_figures() -> None:
    summary = Figures().summary()
    assert (0, None, None, None, None, None, False) == (
        summary.examples, summary.auc, summary.block_auc, summary.log_loss, summary.calibration_error,
        summary.calibration_noise, summary.mature,
    )  # fmt: skip
    assert Figures().calibration() == []


def test_the_learning_curve_stays_bounded_and_loses_no_example() -> None:
    figures = taken(stream(30_000))
    points = figures.curve.points()
    assert POINTS / 2 <= len(points) <= POINTS
    assert figures.count == sum(point.examples for point in points)
    assert sum(figures.accepted) == sum(point.accepted for point in points)
    assert figures.loss == pytest.approx(sum(point.loss for point in points))
    assert {point.examples for point in points[:-1]} == {figures.curve.size}


def test_the_auc_of_blocks_ignores_a_rate_that_rises() -> None:
    """Every block's predictions are the rate itself: nobody is distinguished, though the pooled AUC looks good."""
    rng = random.Random(3)
    examples = [(0.02 + 0.5 * n / 20_000, int(rng.random() < 0.02 + 0.5 * n / 20_000), {}) for n in range(20_000)]
    summary = taken(examples).summary()
    assert summary.auc is not None
    assert summary.auc > 0.65
    assert summary.block_auc == pytest.approx(0.5, abs=0.02)


def test_the_auc_of_a_block_is_within_five_thousandths_of_the_exact_one() -> None:
    examples = stream(64)
    pairs = [(a, b) for a, yes, _ in examples if yes for b, no, _ in examples if not no]
    won = sum((a > b) + (a == b) / 2 for a, b in pairs)
    (block,) = taken(examples).curve.points()
    assert won / len(pairs) == pytest.approx(block.auc, abs=0.005)


def test_drift_is_seen_when_the_world_changes_and_not_before() -> None:
    steady, changed = taken(stream(8000)), taken([*stream(4000), *stream(4000, bias=-1.5, seed=2)])
    assert (0, 0) == (steady.residual.alarms, steady.residual.last_alarm)
    assert changed.residual.alarms >= 1
    assert 4000 < changed.residual.last_alarm < 5000


def test_a_model_is_mature_with_enough_answers_of_yes() -> None:
    assert not taken([(0.5, 1, {})] * (MATURE_AT - 1)).mature
    assert taken([(0.5, 1, {})] * MATURE_AT).mature
    assert not taken([(0.5, 0, {})] * 5000).mature


def test_a_no_that_turns_into_a_yes_counts_once() -> None:
    """With the same prediction, the figures equal those of an example that was a yes at once."""
    late, at_once = taken([(0.3, 0, {}), (0.1, 0, {})]), taken([(0.3, 1, {}), (0.1, 0, {})])
    late.turn(0.3)
    assert (at_once.accepted, at_once.refused) == (late.accepted, late.refused)
    assert at_once.loss == pytest.approx(late.loss)


@pytest.mark.parametrize("kinds", [("early_no", "early_yes"), ("close", "late_yes")])
def test_an_example_of_each_kind_is_counted_by_what_it_says(kinds: tuple[str, str]) -> None:
    figures = Figures()
    figures.take(kinds[0], 0.3, 0, {"x": 1.0})
    assert (1, 0) == (figures.count, figures.evidence)
    figures.take(kinds[1], 0.35, 1, {"x": 1.0})
    assert (1, 1, 1) == (figures.count, figures.evidence, figures.use.examples)
    figures.take("outside", 0.3, 1, {})
    assert (2, 2) == (figures.count, figures.evidence)


def test_a_turn_finds_the_nearest_no_and_without_one_changes_nothing() -> None:
    figures = taken([(0.3, 0, {})])
    figures.turn(0.5)
    assert (1, 1) == (figures.evidence, figures.count)
    figures.turn(0.5)
    assert (1, 1) == (figures.evidence, figures.count)


def test_the_residual_of_early_learning_keeps_its_mean() -> None:
    """A calibrated model that learns every no at once, and each yes as a turn, does not drift."""
    rng, figures = random.Random(5), Figures()
    for _ in range(20_000):
        figures.add_example(0.2, 0, {})
        if rng.random() < 0.2:
            figures.turn(0.2)
    assert 0 == figures.residual.alarms
    assert figures.residual.mean == pytest.approx(0, abs=0.01)


def test_importance_is_the_share_of_the_logit_that_a_feature_explains() -> None:
    lines = {line.name: line for line in taken(stream(20_000)).use.lines()}
    assert {"x", "y", "job"} == set(lines)
    assert lines["x"].importance == pytest.approx(1 / (1 + 2 / 3), abs=0.02)  # variances: x 1, job 2/3
    assert lines["job"].importance == pytest.approx((2 / 3) / (1 + 2 / 3), abs=0.02)
    assert lines["y"].importance < 0.001


def test_a_feature_that_vanished_is_stale() -> None:
    figures = taken([*stream(100), *((p, label, {"x": f["x"]}) for p, label, f in stream(50))])
    assert (["job", "y"], []) == (figures.use.stale(50), figures.use.stale(51))
    lines = {line.name: line for line in figures.use.lines()}
    assert (0, 50) == (lines["x"].unseen, lines["job"].unseen)
    assert lines["job"].share == pytest.approx(2 / 3)


def test_features_and_values_are_bounded() -> None:
    use = FeatureUse()
    for n in range(3000):
        use.add({f"id={n}": 1.0, f"f{n}": 1.0, "huge": 9e14}, 0.1)
    assert len(use.seen) <= MOST_FEATURES
    assert sum(len(seen.values) for seen in use.seen.values()) <= MOST_VALUES + 1
    assert len(msgspec.msgpack.encode(use)) < 50_000
    assert use.seen["id"].values[""][0] > 2000


def test_encoded_figures_go_on_to_the_bit() -> None:
    examples = stream(9000, bias=0.2)
    whole, kept = taken(examples), taken(examples[:5001])
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Figures)
    for example in examples[5001:]:
        kept.add_example(*example)
    assert msgspec.msgpack.encode(whole) == msgspec.msgpack.encode(kept)


def test_a_row_from_before_these_figures_is_read() -> None:
    old = Progressive()
    old.add(0.3, 1)
    figures = msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=Figures)
    assert (1, 1) == (figures.count, figures.evidence)
    figures.add_example(0.2, 0, {"x": 1.0})
    assert (2, 1) == (figures.count, figures.curve.last.examples)


def test_figures_of_a_usual_model_are_small() -> None:
    assert len(msgspec.msgpack.encode(taken(stream(30_000)))) < 12_000


@pytest.mark.parametrize(
    "field",
    [
        {"curve": [0]},
        {"curve": [64, [[]] * 65]},
        {"residual": [0, 0, 0, 0.0, 0.0, [[1.0]]]},
        {"residual": [0, 0, 0, float("nan")]},
        {"residual": [6, 0, 0, 0.0, 0.0, [[1.0] * 6]]},
        {"use": [1, 0.0, 0.0, {f"f{n}": [] for n in range(257)}]},
        {"use": [1, 0.0, 0.0, {"f": [1, 1, float("inf")]}]},
    ],
)
def test_senseless_figures_are_refused(field: dict[str, object]) -> None:
    plain = msgspec.to_builtins(Figures())
    ((name, value),) = field.items()
    plain[{"curve": 3, "residual": 4, "use": 5}[name]] = value
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(plain, Figures)


def changed(value: Any, rng: random.Random) -> Any:
    """`value` with one of its leaves replaced."""
    if isinstance(value, list) and value:
        at = rng.randrange(len(value))
        return [changed(each, rng) if number == at else each for number, each in enumerate(value)]
    if isinstance(value, dict) and value:
        key = rng.choice(sorted(value))
        return {**value, key: changed(value[key], rng)}
    return rng.choice([0, 1, -1, 2**40, 1e308, -1e308, 5e-324, 0.5, [], {}, "", None, [1], float("inf")])


def test_figures_that_were_tampered_with_are_refused_or_can_be_shown() -> None:
    """A snapshot comes from a topic: nobody may break the command that shows it."""
    rng, plain = random.Random(7), msgspec.to_builtins(taken(stream(500)))
    shown = 0
    for _ in range(3000):
        try:
            figures = msgspec.convert(changed(plain, rng), Figures)
        except msgspec.ValidationError:
            continue
        figures.summary()
        figures.use.lines()
        assert all(block.examples for block in figures.curve.points())
        shown += 1
    assert 100 < shown < 2900


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1), st.floats(-1e15, 1e15)), max_size=80))
def test_no_example_breaks_the_figures(examples: list[tuple[float, int, float]]) -> None:
    figures = Figures()
    for probability, label, x in examples:
        figures.add_example(probability, label, {"x": x, "=": 1.0, "a=": 1.0, "a=b=c": 1.0})
        figures.turn(probability)
    figures.summary()
    figures.use.lines()
    assert figures == msgspec.msgpack.decode(msgspec.msgpack.encode(figures), type=Figures)
