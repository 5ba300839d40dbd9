"""Drift: a stage whose conversion or dwell in the last ripe period is not what it was in the period before.

Rules
 1. Two periods of whole weeks, next to each other, so that both have the same days of the week: the longest that fit
    into the ripe windows, 28 days at most. With less than two ripe weeks nothing is said.
 2. Conversion is the share of exits that lead onward. Dwell is the geometric mean of how long the visits lasted that
    went on to another stage: a drop lasts as long as patience. What changes is the logarithm of either.
 3. A drift is claimed if the change is material, both periods have enough exits, and its interval leaves out 0. The
    interval is a jackknife over partitions (`jackknife.py`), because a party's visits hang together; its confidence is
    Bonferroni's: 1 - .05 / (number of figures looked at).

Source of rule 3: Dunn, Multiple Comparisons Among Means, Journal of the American Statistical Association 56 (1961).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from garbo.core.journeys.cells import EXIT_CODE, Cell
from garbo.core.journeys.histogram import middle
from garbo.core.vocabulary.instants import DAY, HOUR, SECOND
from garbo.journeys.drop_off import exits_of
from garbo.journeys.jackknife import LEAST_PARTITIONS, Estimate, jackknife
from garbo.journeys.merged import PartitionCell, ripe_cells
from garbo.journeys.plan import JourneyPlan
from garbo.journeys.tally import Array

CONVERSION, DWELL = "conversion", "dwell"
LEAST: Final = {CONVERSION: 0.10, DWELL: 0.25}
"""The least change that counts, relative, up or down: .10 is from 1 to 1.1, or from 1.1 to 1."""
LEAST_EXITS: Final = 200
"""Of each period."""
LONGEST: Final = 28 * DAY
_WEEK: Final = 7 * DAY
_FALSE_ALARM: Final = 0.05
_NEVER: Final = 1e-4
"""Instead of a conversion of zero, which has no logarithm."""


@dataclass(frozen=True, slots=True)
class Period:
    """Two spans of equal length: from `since` to `turn`, and from there to `until` (ms)."""

    since: int
    turn: int
    until: int


@dataclass(frozen=True, slots=True)
class Drift:
    """figure: CONVERSION (a share) or DWELL (ms), `before` and `after`. change: relative, with its interval at
    `confidence` (rule 3). exits: of the later period."""

    journey: str
    stage: str
    figure: str
    before: float
    after: float
    change: Estimate
    confidence: float
    exits: int
    period: Period


def drifts(plans: Sequence[JourneyPlan], cells: Sequence[PartitionCell], until: int, since: int = 0) -> list[Drift]:
    """The drifts of all journeys, the largest first. until: the end of the last final window (ms)."""
    looked = [found for plan in plans for found in _figures(plan, cells, until, since)]
    confidence = 1 - _FALSE_ALARM / max(len(looked), 1)
    drifted = [d for one in looked if (d := one.drift(confidence)) is not None]
    return sorted(drifted, key=lambda d: (-abs(math.log1p(d.change.value)), d.journey, d.stage, d.figure))


def period_of(since: int, until: int) -> Period | None:
    """The two periods within the windows from `since` to `until` (ms); None if they are too short (rule 1)."""
    weeks = min((until - since) // 2, LONGEST) // _WEEK
    span = weeks * _WEEK
    return Period(until - 2 * span, until - span, until) if weeks > 0 else None


@dataclass(frozen=True, slots=True)
class _Figure:
    """One figure of one stage. parts: by (partition, period, [sum, exits]). The sum of DWELL is of logarithms."""

    journey: str
    stage: str
    figure: str
    parts: Array
    period: Period

    def drift(self, confidence: float) -> Drift | None:
        """What may be claimed of it; None if it has not drifted for sure."""
        found = jackknife(self.parts, self._change, confidence)
        if found.low is None or found.high is None or found.low <= 0 <= found.high:
            return None
        if abs(found.value) < math.log1p(LEAST[self.figure]):
            return None
        sums = self.parts.sum(0)
        before, after = (math.exp(self._logarithm(pair)) for pair in sums)
        change = Estimate(*(math.expm1(x) for x in (found.value, found.low, found.high)))
        return Drift(
            self.journey, self.stage, self.figure, before, after, change, confidence, int(sums[1, 1]), self.period
        )

    def _change(self, sums: Array) -> float:
        return self._logarithm(sums[1]) - self._logarithm(sums[0])

    def _logarithm(self, pair: Array) -> float:
        mean = float(pair[0]) / max(float(pair[1]), 1.0)
        return mean if self.figure == DWELL else math.log(max(mean, _NEVER))


def _figures(plan: JourneyPlan, cells: Sequence[PartitionCell], until: int, since: int) -> list[_Figure]:
    """The figures of the stages with enough exits in both periods, and in enough partitions."""
    first, mine = ripe_cells(plan, cells, until, since)
    period = period_of(-(-first // HOUR) * HOUR, until)
    if period is None:
        return []
    partitions = sorted({c.partition for c in mine})
    if len(partitions) < LEAST_PARTITIONS:
        return []
    place = {partition: i for i, partition in enumerate(partitions)}
    sums = {s.stage: np.zeros((3, len(partitions), 2)) for s in plan.open_stages}  # onward, exits, time
    timed = {s.stage: np.zeros((len(partitions), 2)) for s in plan.open_stages}
    for partition, key, cell in mine:
        at = key.window * HOUR
        if at < period.since or key.stage not in sums:
            continue
        here = (place[partition], int(at >= period.turn))
        found = sums[key.stage]
        found[0][here] += cell.count("onward")
        found[1][here] += exits_of(cell)
        lasted, visits = _time(cell)
        found[2][here] += lasted
        timed[key.stage][here] += visits
    looked = []
    for stage, (onward, exits, time) in sums.items():
        if (exits.sum(0) < LEAST_EXITS).any():
            continue
        if onward.sum() > 0:
            looked.append(_Figure(plan.journey, stage, CONVERSION, np.stack([onward, exits], 2), period))
        if (timed[stage].sum(0) >= LEAST_EXITS).all():
            looked.append(_Figure(plan.journey, stage, DWELL, np.stack([time, timed[stage]], 2), period))
    return looked


def _time(cell: Cell) -> tuple[float, int]:
    """Of visits that went on: the sum of the logarithms of their dwell (ms, at least a second), and their number."""
    total, visits = 0.0, 0
    for coded, count in cell.dwell.items():
        if coded % 4 != EXIT_CODE["drop"]:
            total += count * math.log(max(middle(coded // 4), SECOND))
            visits += count
    return total, visits
