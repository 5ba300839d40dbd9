"""From the truth about each decision to the figures of a run."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from benchmarks.regret_town import Judged

ROLLING: Final = 1000  # decisions in the rolling mean
NEAR: Final = 1.1  # recovered: the rolling mean is at most so many times its level before the drift
POINTS: Final = 200  # of a curve that is kept


class Result(NamedTuple):
    """The figures of one run; rewards and regrets in expected yeses.

    decisions: with a choice to make; drift: so many of them came before it. reward, oracle, random: per decision, of
    what was chosen, of the best offer, of a random choice. before, after: cumulative regret before and after the drift.
    level: regret per decision in the last `ROLLING` before the drift; end: in the last of all. recovered: decisions
    after the drift until the rolling mean was near `level` again; -1: never. promoted: challenger -> decisions until
    its promotion. curve: the cumulative regret at `POINTS` places; rolling: the rolling mean there.
    """

    name: str
    decisions: int
    drift: int
    reward: float
    oracle: float
    random: float
    before: float
    after: float
    level: float
    end: float
    recovered: int
    promoted: dict[str, int]
    seconds: float
    places: list[int]
    curve: list[float]
    rolling: list[float]


def result(name: str, judged: Sequence[Judged], promoted_at: Mapping[str, int], seconds: float) -> Result:
    """promoted_at: challenger -> instant (ms)."""
    regret = [one.best - one.chosen for one in judged]
    total, drift = [0.0, *accumulate(regret)], sum(not one.drifted for one in judged)
    count = len(judged)

    def rolling(end: int, start: int = 0) -> float:
        """Mean regret of the last `ROLLING` decisions up to `end`, from `start` on."""
        first = max(end - ROLLING, start)
        return (total[end] - total[first]) / max(end - first, 1)

    level = rolling(drift)
    near = (n for n in range(drift + ROLLING, count + 1) if rolling(n, drift) <= NEAR * level)
    places = sorted({round(count * i / POINTS) for i in range(1, POINTS + 1)})
    return Result(
        name=name, decisions=count, drift=drift,
        reward=round(sum(one.chosen for one in judged) / count, 4),
        oracle=round(sum(one.best for one in judged) / count, 4),
        random=round(sum(one.uniform for one in judged) / count, 4),
        before=round(total[drift], 1), after=round(total[count] - total[drift], 1),
        level=round(level, 4), end=round(rolling(count, drift), 4),
        recovered=next(near, drift - 1) - drift,
        promoted={who: sum(one.at < at for one in judged) for who, at in promoted_at.items()},
        seconds=round(seconds), places=places,
        curve=[round(total[n], 1) for n in places], rolling=[round(rolling(n), 4) for n in places],
    )  # fmt: skip


def row(one: Result) -> str:
    """A line of the table."""
    back = f"{one.recovered:,}" if one.recovered >= 0 else "never"
    promoted = "".join(f"; {who} promoted after {n:,} decisions" for who, n in one.promoted.items())
    return (
        f"{one.name:24} {one.decisions:,} decisions, {one.drift:,} before the drift; reward {one.reward:.4f} "
        f"(oracle {one.oracle:.4f}, random {one.random:.4f}); regret {one.before:,.0f} + {one.after:,.0f}; a decision "
        f"{one.level:.4f} -> {one.end:.4f}; recovered after {back}{promoted}; {one.seconds:.0f} s"
    )
