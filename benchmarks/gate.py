"""The gate and the estimators in a world whose truth is known: false promotions, detection, coverage.

World: 8 actions, each feasible with probability .4, silence always; reward = accepted * value - cost of the contact,
from -.02 to 1 euro. Champion and challenger are the truth with disturbed coefficients, and choose epsilon-greedily over
the feasible set and silence. The log has one draw from the mixture of both. All seeds are fixed below.

    python -m benchmarks.gate null --runs 300         # the challenger is as good: how often is it promoted?
    python -m benchmarks.gate lead --runs 50          # it is 8 % better: after how many decisions is it promoted?
    python -m benchmarks.gate coverage --runs 300     # does the 95 % interval of an estimate contain the truth?
"""

import argparse
import statistics
import sys
import time
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from garbo.learning.evaluation.gate import GateRules, GateState, observe
from garbo.learning.evaluation.logged import Logged
from garbo.learning.evaluation.off_policy import estimates

Array = NDArray[np.float64]

ACTIONS: Final = 8
DIMENSIONS: Final = 5
COST: Final = 0.02
_world = np.random.default_rng(7)
THETA = _world.normal(0, 0.7, (ACTIONS, DIMENSIONS))
BIAS = _world.uniform(-3.5, -1.5, ACTIONS)
VALUE = _world.uniform(0.3, 1.0, ACTIONS)


class Model(NamedTuple):
    """The truth, its coefficients disturbed: by which noise, and how much."""

    seed: int
    size: float


class Log(NamedTuple):
    """x: features. feasible: which actions. chosen: the action, ACTIONS for silence. mixture, champion, challenger: the
    probabilities of all options, silence last."""

    x: Array
    feasible: NDArray[np.bool_]
    chosen: NDArray[np.int64]
    label: NDArray[np.int64]
    mixture: Array
    champion: Array
    challenger: Array

    @property
    def reward(self) -> Array:
        offered = self.chosen < ACTIONS
        return np.where(offered, self.label * np.append(VALUE, 0)[self.chosen] - COST, 0.0)


def _logistic(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def scores(x: Array, model: Model) -> Array:
    noise = np.random.default_rng(model.seed).normal(0, 1, (ACTIONS, DIMENSIONS + 1)) * model.size
    return _logistic(BIAS + noise[:, -1] + x @ (THETA + noise[:, :-1]).T) * VALUE - COST


def probabilities(score: Array, feasible: NDArray[np.bool_], epsilon: float) -> Array:
    """Epsilon-greedy over the feasible actions and silence, which scores 0."""
    n = len(score)
    options = np.hstack([feasible, np.ones((n, 1), bool)])
    ranked = np.hstack([np.where(feasible, score, -9.0), np.zeros((n, 1))])
    p = options * (epsilon / options.sum(1, keepdims=True))
    p[np.arange(n), ranked.argmax(1)] += 1 - epsilon
    return p


def world(rng: np.random.Generator, n: int) -> tuple[Array, NDArray[np.bool_], Array]:
    """Features, the feasible set, and the true probability of a yes."""
    x = rng.standard_normal((n, DIMENSIONS))
    return x, rng.random((n, ACTIONS)) < 0.4, _logistic(BIAS + x @ THETA.T)


def logs(rng: np.random.Generator, n: int, champion: Model, challenger: Model, epsilon: float, share: float) -> Log:
    x, feasible, truth = world(rng, n)
    b = probabilities(scores(x, champion), feasible, epsilon)
    t = probabilities(scores(x, challenger), feasible, epsilon)
    mixture = (1 - share) * b + share * t
    chosen = (rng.random((n, 1)) > mixture.cumsum(1)).sum(1).clip(0, ACTIONS)
    yes = rng.random(n) < np.append(truth, np.zeros((n, 1)), 1)[np.arange(n), chosen]
    return Log(x, feasible, chosen, yes.astype(np.int64), mixture, b, t)


def worth(model: Model, epsilon: float, n: int = 1_000_000) -> float:
    """The true mean reward of a decision by `model`, by simulation."""
    x, feasible, truth = world(np.random.default_rng(99), n)
    reward = np.append(truth * VALUE - COST, np.zeros((n, 1)), 1)
    return float((probabilities(scores(x, model), feasible, epsilon) * reward).sum(1).mean())


def play(log: Log, rules: GateRules, start: int, state: GateState) -> int:
    """Give the log to the gate, one example after the other; the number of decisions at promotion, 0 without."""
    for i in np.flatnonzero(log.chosen < ACTIONS):
        a = int(log.chosen[i])
        observe(
            state, rules, champion=float(log.champion[i, a]), challenger=float(log.challenger[i, a]),
            mixture=float(log.mixture[i, a]), label=int(log.label[i]), value=float(VALUE[a]), cost=COST,
            now=start + int(i) + 1,
        )  # fmt: skip
        if state.proved_at:
            return state.proved_at
    return 0


def promoted_after(seed: int, champion: Model, challenger: Model, rules: GateRules, epsilon: float, most: int) -> int:
    """The number of decisions until the promotion; 0: not within `most`."""
    rng, state = np.random.default_rng(seed), GateState()
    for start in range(0, most, 10_000):
        log = logs(rng, min(10_000, most - start), champion, challenger, epsilon, rules.share)
        if after := play(log, rules, start, state):
            return after
    return 0


CHAMPION: Final = Model(1, 0.5)


def ahead_of(champion: Model, seed: int, epsilon: float, lead: float, n: int = 2_000_000) -> Model:
    """A model with other mistakes, of such a size that its true worth is `champion`'s times 1 + lead."""
    target, low, high = worth(champion, epsilon, n) * (1 + lead), 0.0, 3.0
    for _ in range(14):
        middle = (low + high) / 2
        if worth(Model(seed, middle), epsilon, n) > target:
            low = middle
        else:
            high = middle
    return Model(seed, high)  # of the two ends the one that earns less


def logged(log: Log, target: Array) -> Logged:
    """The log as the estimators take it: each feasible option of each decision."""
    n = len(log.chosen)
    decision, action = np.nonzero(log.feasible)
    rows = np.full((n, ACTIONS + 1), -1, np.int64)
    rows[decision, action] = np.arange(len(decision))
    return Logged(
        reward=log.reward,
        chosen=rows[np.arange(n), log.chosen],
        silence_logged=log.mixture[:, ACTIONS],
        silence_target=target[:, ACTIONS],
        decision=decision,
        action=action,
        logged=log.mixture[decision, action],
        target=target[decision, action],
        features=log.x,
        cluster=np.arange(n),
    )


def null(runs: int, most: int, share: float) -> None:
    for epsilon in (0.1, 0.02):
        champion, challenger = CHAMPION, ahead_of(CHAMPION, 3, epsilon, 0.0)
        lead = worth(challenger, epsilon, 2_000_000) / worth(champion, epsilon, 2_000_000) - 1
        for share_ in (share, 0.5):
            rules, false = GateRules(share_, 1.0, COST), 0
            began = time.perf_counter()
            for seed in range(runs):
                false += promoted_after(50_000 + seed, champion, challenger, rules, epsilon, most) > 0
            print(
                f"null, exploration {epsilon}, share {share_}, true lead {lead:+.4%}: {false} of {runs} promoted "
                f"within {most:,} decisions ({false / runs:.4f}); {time.perf_counter() - began:.0f} s", flush=True,
            )  # fmt: skip


def lead(runs: int, most: int) -> None:
    for epsilon in (0.1, 0.02):
        challenger = ahead_of(CHAMPION, 2, epsilon, 0.08)
        better = worth(challenger, epsilon) / worth(CHAMPION, epsilon) - 1
        for share in (0.05, 0.1, 0.2, 0.5):
            rules = GateRules(share, 1.0, COST)
            after = sorted(
                promoted_after(70_000 + seed, CHAMPION, challenger, rules, epsilon, most) or most + 1
                for seed in range(runs)
            )
            print(
                f"lead {better:+.1%}, exploration {epsilon}, share {share}: promoted {sum(a <= most for a in after)} "
                f"of {runs} within {most:,}; median {statistics.median(after):,.0f}, "
                f"90 % within {after[int(0.9 * runs)]:,}", flush=True,
            )  # fmt: skip


def coverage(runs: int) -> None:
    for epsilon, share, n in ((0.1, 0.0, 5_000), (0.1, 0.0, 14_500), (0.1, 0.0, 20_000), (0.02, 0.1, 20_000)):
        target = Model(2, 0.3)
        truth = worth(target, epsilon, 4_000_000)
        hit: dict[str, int] = {}
        width: dict[str, float] = {}
        ess = []
        for seed in range(runs):
            log = logs(np.random.default_rng(1_000 + seed), n, CHAMPION, target, epsilon, share)
            result = estimates(logged(log, log.challenger))
            ess.append(result.ess)
            for name in ("ips", "snips", "dm", "dr"):
                e = getattr(result, name)
                hit[name] = hit.get(name, 0) + (e.low <= truth <= e.high)
                width[name] = width.get(name, 0.0) + (e.high - e.low) / 2 / runs
        said = ", ".join(f"{name.upper()} {hit[name] / runs:.3f} (+-{width[name]:.4f})" for name in hit)
        print(
            f"coverage, exploration {epsilon}, share {share}, {n:,} decisions, ESS {statistics.mean(ess):,.0f} "
            f"(least {min(ess):,.0f}): {said}", flush=True,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("null", "lead", "coverage"))
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--most", type=int, default=0, help="decisions a run (null: 20,000; lead: 100,000)")
    parser.add_argument("--share", type=float, default=0.1)
    options = parser.parse_args()
    print("python -m benchmarks.gate", *sys.argv[1:])
    if options.what == "null":
        null(options.runs, options.most or 20_000, options.share)
    elif options.what == "lead":
        lead(options.runs, options.most or 100_000)
    else:
        coverage(options.runs)


if __name__ == "__main__":
    main()
