"""The promotion gate: what counts, what it says, and how often it is wrong."""

import math

import msgspec
import numpy as np
import pytest

from benchmarks.gate import CHAMPION, COST, Model, ahead_of, promoted_after
from garbo.core.vocabulary.instants import DAY
from garbo.learning.evaluation.capital import log_capital
from garbo.learning.evaluation.gate import GateRules, GateState, difference, observe, restart, settle, verdict

RULES = GateRules(share=0.1, most_value=100.0, most_cost=2.0)


def mixture(champion: float, challenger: float, share: float = 0.1) -> float:
    return (1 - share) * champion + share * challenger


def feed(state: GateState, rules: GateRules, label: int, *, b: float = 0.1, t: float = 0.9, **times: int) -> None:
    observe(
        state, rules, champion=b, challenger=t, mixture=mixture(b, t, rules.share), label=label, value=50.0, cost=1.0,
        **times,
    )  # fmt: skip


def test_one_example_adds_its_weighted_reward() -> None:
    state = GateState()
    feed(state, RULES, 1)
    d = (0.9 - 0.1) / mixture(0.1, 0.9) * 49.0
    assert (state.total, state.squares, state.count) == (pytest.approx(d), pytest.approx(d * d), 1)


@pytest.mark.parametrize("b", [0.0, 0.02, 0.5, 1.0])
@pytest.mark.parametrize("t", [0.0, 0.02, 0.5, 1.0])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
@pytest.mark.parametrize(("label", "value", "cost"), [(1, 1e9, 0.0), (0, 5.0, 1e9), (1, 100.0, 2.0), (0, 0.0, 2.0)])
def test_no_difference_is_below_the_scale(
    b: float, t: float, share: float, label: int, value: float, cost: float
) -> None:
    rules = GateRules(share, most_value=100.0, most_cost=2.0)
    d = difference(rules, b, t, mixture(b, t, share), label, value, cost)
    assert d is None or d >= -rules.scale - 1e-9
    assert (d is None) == (b == t == 0.0)


def test_only_a_contested_draw_of_this_share_counts() -> None:
    assert difference(RULES, 0.1, 0.9, 0.1, 1, 50.0, 1.0) is None  # the champions alone decided
    assert difference(RULES, -1.0, -1.0, 0.1, 1, 50.0, 1.0) is None  # not contested
    assert difference(RULES, 0.1, 0.9, mixture(0.1, 0.9, 0.2), 1, 50.0, 1.0) is None  # under another share
    assert difference(RULES, 0.1, 0.9, mixture(0.1, 0.9), 1, math.nan, 1.0) is None
    state = GateState()
    observe(state, RULES, champion=0.1, challenger=0.9, mixture=0.1, label=1, value=50.0, cost=1.0)
    assert (state.count, state.other) == (0, 1)


def test_a_better_challenger_is_promoted_and_stays_so() -> None:
    state = GateState()
    for step in range(200):
        feed(state, RULES, 1, now=step + 1)
    said = verdict(state, RULES)
    assert said.promote
    assert said.evidence >= said.needed == pytest.approx(80.0)
    assert 0.0 < said.at_least < said.gain
    proved_at = state.proved_at
    for step in range(2_000):
        feed(state, RULES, 1, b=0.9, t=0.1, now=1_000 + step)
    assert verdict(state, RULES).promote
    assert state.proved_at == proved_at
    assert verdict(state, RULES).evidence < 80.0


def test_the_verdict_says_what_is_missing() -> None:
    assert "no contested contact" in verdict(GateState(), RULES).sentence
    state = GateState()
    for step in range(3_000):  # a lead that is small against its spread
        feed(state, RULES, int(step % 20 == 0), b=0.45, t=0.55)
    said = verdict(state, RULES)
    assert not said.promote
    assert said.more is not None
    assert "more decisions at this share" in said.sentence
    times = 1 + said.more / state.count  # with so many more like these it suffices, and with 5 % less it does not
    assert log_capital(state.grown, RULES.scale, RULES.rho, times * 1.001) >= math.log(80)
    assert log_capital(state.grown, RULES.scale, RULES.rho, times * 0.95) < math.log(80)
    for _ in range(3_000):
        feed(state, RULES, 0, b=0.1, t=0.9)
    assert verdict(state, RULES).more is None
    assert "does not lead" in verdict(state, RULES).sentence


def test_examples_wait_until_the_longest_window_has_closed() -> None:
    rules = GateRules(0.1, 100.0, 2.0, hold=7 * DAY)
    state = GateState()
    feed(state, rules, 1, decided_at=10 * DAY, now=11 * DAY)  # a fast channel's
    assert (state.count, verdict(state, rules).held) == (0, 1)
    feed(state, rules, 0, b=0.9, t=0.1, decided_at=10 * DAY + 1, now=17 * DAY)
    settle(state, rules, 17 * DAY)
    assert state.count == 0  # the period of both is not over
    settle(state, rules, 18 * DAY)
    assert (state.count, state.held) == (2, [])
    feed(state, rules, 0, decided_at=10 * DAY, now=18 * DAY)  # comes late: its period has counted
    assert state.count == 3


def test_held_periods_are_few_and_in_order() -> None:
    rules = GateRules(0.1, 100.0, 2.0, hold=7 * DAY)
    state = GateState()
    rng = np.random.default_rng(3)
    for now in range(100 * DAY, 130 * DAY, DAY // 50):
        feed(state, rules, 1, b=0.5, t=0.5, decided_at=now - int(rng.integers(0, 7 * DAY)), now=now)
        assert len(state.held) <= 34
        assert [h.until for h in state.held] == sorted({h.until for h in state.held})
    settle(state, rules, 200 * DAY)
    assert state.count == 1_500


def test_a_fast_channel_alone_promotes_nobody() -> None:
    """The challenger prefers a channel whose outcomes are known at once; both channels earn the same."""

    def evidence(hold: int) -> bool:
        rules = GateRules(0.5, 1.0, best_at=2_000, hold=hold)
        state, rng = GateState(), np.random.default_rng(11)
        arrivals = []
        for i in range(6_000):
            decided = i * 60_000
            fast = rng.random() < 0.5
            b, t = (0.1, 0.9) if fast else (0.9, 0.1)
            arrivals.append((decided + (0 if fast else 2 * DAY), decided, b, t, int(rng.random() < 0.3)))
        for now, decided, b, t, label in sorted(arrivals):
            observe(
                state, rules, champion=b, challenger=t, mixture=0.5, label=label, value=1.0, cost=0.0,
                decided_at=decided, now=now,
            )  # fmt: skip
        return verdict(state, rules).promote

    assert evidence(hold=0)  # the first to arrive are all the challenger's successes
    assert not evidence(hold=2 * DAY)


def test_other_rules_begin_a_new_test() -> None:
    state = GateState()
    feed(state, RULES, 1)
    other = GateRules(0.2, 100.0, 2.0)
    assert verdict(state, other).examples == 0
    feed(state, other, 1)
    assert (state.rules, state.count) == (other, 1)
    restart(state, RULES)
    assert state == GateState(RULES)


def test_the_state_is_plain_numbers() -> None:
    rules = GateRules(0.1, 100.0, 2.0, hold=7 * DAY)
    state = GateState()
    for day in range(9):
        feed(state, rules, day % 2, decided_at=day * DAY, now=day * DAY)
    packed = msgspec.msgpack.encode(state)
    assert msgspec.msgpack.decode(packed, type=GateState) == state
    assert len(packed) < 1_500
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode([None, math.nan, 1.0, 1, [], 0, 0]), type=GateState)


@pytest.mark.parametrize(
    "change", [{"share": 0.0}, {"share": 1.0}, {"alpha": 0.5}, {"most_value": 0.0}, {"most_cost": math.inf},
               {"best_at": 0}, {"hold": -1}],
)  # fmt: skip
def test_rules_out_of_range_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        GateRules(**{"share": 0.1, "most_value": 1.0} | change)  # type: ignore[arg-type]


def test_null_logs_promote_rarely_though_looked_at_after_each_record() -> None:
    """60 of the 300 logs of benchmarks/gate.py, and shorter. There: at most 2.5 % promoted."""
    equal = Model(3, 0.3046875)  # `ahead_of(CHAMPION, 3, 0.1, 0.0)`: just below the champion's worth
    rules = GateRules(0.1, 1.0, COST)
    false = [s for s in range(60) if promoted_after(50_000 + s, CHAMPION, equal, rules, 0.1, 6_000)]
    assert len(false) <= 1


def test_a_challenger_eight_percent_better_is_promoted_within_50_000_decisions() -> None:
    better = ahead_of(CHAMPION, 2, 0.1, 0.08, 200_000)
    rules = GateRules(0.1, 1.0, COST)
    after = [promoted_after(70_000 + s, CHAMPION, better, rules, 0.1, 50_000) for s in range(3)]
    assert all(0 < n <= 50_000 for n in after), after
