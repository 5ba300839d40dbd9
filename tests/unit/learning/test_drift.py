"""Our ADWIN against River's."""

import random

import msgspec
import pytest
from river.drift import ADWIN

from garbo.learning.evaluation.drift import Adwin


def alarms_of_river(values: list[float]) -> list[int]:
    river, found = ADWIN(), []
    for number, value in enumerate(values, 1):
        river.update(value)
        if river.drift_detected:
            found.append(number)
    return found


def alarms(values: list[float]) -> list[int]:
    window = Adwin()
    return [number for number, value in enumerate(values, 1) if window.add(value)]


@pytest.mark.parametrize("shift", [0.0, 0.03, 0.1, 0.3, 0.8])
@pytest.mark.parametrize("seed", range(6))
def test_every_alarm_comes_at_the_example_at_which_rivers_comes(shift: float, seed: int) -> None:
    rng = random.Random(seed)
    values = [float(rng.random() < 0.1 + shift * (n // 3000 % 2)) - 0.1 for n in range(15_000)]
    assert alarms_of_river(values) == alarms(values)


def test_one_change_is_one_alarm_and_the_window_then_holds_the_new_mean_only() -> None:
    rng, window = random.Random(1), Adwin()
    for n in range(20_000):
        window.add(float(rng.random() < (0.1 if n < 10_000 else 0.5)))
    assert window.mean == pytest.approx(0.5, abs=0.02)
    assert (1, True) == (window.alarms, 9800 < window.width < 10_000)


def test_false_alarms_are_rare() -> None:
    found = 0
    for seed in range(20):
        rng, window = random.Random(seed), Adwin()
        for _ in range(5000):
            window.add(float(rng.random() < 0.1))
        found += window.alarms
    assert found <= 1


def test_a_window_from_its_bytes_goes_on_to_the_bit() -> None:
    rng, window = random.Random(2), Adwin()
    kept = Adwin()
    for n in range(4000):
        value = rng.random() + (n > 2000)
        window.add(value)
        kept.add(value)
        if n % 500 == 0:
            kept = msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Adwin)
    assert window.alarms >= 1
    assert msgspec.msgpack.encode(window) == msgspec.msgpack.encode(kept)


def test_a_window_is_small_after_many_values() -> None:
    window = Adwin()
    for _ in range(100_000):
        window.add(0.5)
    assert 100_000 == window.width
    assert len(msgspec.msgpack.encode(window)) < 3000
