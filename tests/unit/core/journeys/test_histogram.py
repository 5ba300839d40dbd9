"""The integer histogram: its error, its order, its corrections."""

from hypothesis import given
from hypothesis import strategies as st

from garbo.core.journeys.histogram import bucket, middle, quantile

YEARS = 10 * 365 * 86_400_000
durations = st.integers(0, YEARS)


@given(durations)
def test_the_middle_of_a_bucket_is_at_most_a_64th_off(value: int) -> None:
    assert abs(middle(bucket(value)) - value) * 64 <= value
    assert bucket(middle(bucket(value))) == bucket(value)


@given(durations, durations)
def test_buckets_keep_the_order(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert bucket(low) <= bucket(high)


def test_small_values_are_exact_and_negative_ones_count_as_0() -> None:
    assert list(range(64)) == [middle(bucket(value)) for value in range(64)]
    assert bucket(-5) == 0


def test_no_bucket_is_left_out() -> None:
    edges = [value for octave in range(6, 40) for value in ((1 << octave) - 1, 1 << octave)]
    assert [bucket(high) - bucket(low) for low, high in zip(edges[::2], edges[1::2], strict=True)] == [1] * 34


@given(st.lists(durations, min_size=1, max_size=200), st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_at_most_1_6_percent_off(values: list[int], q: float) -> None:
    histogram: dict[int, int] = {}
    for value in values:
        histogram[bucket(value)] = histogram.get(bucket(value), 0) + 1
    found = quantile(histogram, q)
    true = sorted(values)[int(q * (len(values) - 1))]
    assert found is not None
    assert abs(found - true) <= 0.016 * true


def test_a_quantile_of_nothing_is_none() -> None:
    assert quantile({}, 0.5) is None
    assert quantile({7: -1}, 0.5) is None
    assert quantile({3: -2, 9: 4}, 0.0) == 9
