"""READ FIRST: the narrowing of a journey, as on a motorway: the stage and the cause that limit all of it.

 1. `tally`: arrays of finished visits, ripe ones only (`merged.py`).
 2. `posterior`: shares and hazards, with how sure they are.
 3. `usual`: what they are elsewhere, or what the map tolerates.
 4. `relief`: how a stage's exits change if one cause falls to that.
 5. `chain`: what this does to the journey's completions: the gain.
 6. Here: the cause with the largest gain is claimed if P(gain >= least) >= confidence. Else there is a ranking only.

The same tally and the same seed give the same findings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from garbo.journeys import causes
from garbo.journeys.chain import completion
from garbo.journeys.finding import Finding, Narrowing
from garbo.journeys.posterior import Posterior, draw_posterior, mean_posterior
from garbo.journeys.relief import Assumptions, Relief, Reliefs
from garbo.journeys.tally import Array, Tally

SENSITIVITY: Final = (
    Assumptions(),
    Assumptions(odds=1.5),
    Assumptions(odds=2 / 3),
    Assumptions(reference=0.35),
    Assumptions(reference=0.65),
)
"""The assumptions over which the systematic band is taken; the first are those of the estimate."""

_MOST_OF_CHANNEL, _MOST_OF_SEGMENT = 0.5, 0.6
"""A finding names a channel (a segment) if so much of the excess is there."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a finding must pass to be claimed.

    least: the least gain that counts (material, not merely significant). confidence: P(gain >= least) must reach it.
    stricter: for an association, `least` is so many times as high. visits: the stage must have seen so many. draws:
    from the posteriors. seed: of the draws.
    """

    least: float = 0.08
    confidence: float = 0.95
    stricter: float = 1.5
    visits: int = 200
    draws: int = 300
    seed: int = 0


def find(tally: Tally, bar: Bar) -> Narrowing:
    """All causes at all stages, ranked by gain, and those that may be claimed."""
    drawn = _Gains(tally, draw_posterior(tally, bar.draws, bar.seed), SENSITIVITY[0])
    means = mean_posterior(tally)
    spread = [_Gains(tally, means, assumptions).by_cause for assumptions in SENSITIVITY]
    best: dict[str, Array] = {}
    for (stage, cause), gain in drawn.by_cause.items():
        journey = tally.stages[stage][0]
        if cause not in causes.ASSOCIATED:
            best[journey] = np.maximum(best.get(journey, gain), gain)
    found = []
    for (stage, cause), gain in drawn.by_cause.items():
        visits = int(tally.finished[stage])
        if visits >= bar.visits:
            band = [gains[stage, cause] for gains in spread]
            others = best.get(tally.stages[stage][0], gain)
            found.append(_finding(tally, drawn.reliefs[cause], stage, gain, others, band, visits, bar))
    ranking = tuple(sorted(found, key=lambda f: (-f.gain, f.journey, f.stage, f.cause)))
    return Narrowing(tuple(f for f in ranking if f.sure >= bar.confidence), ranking)


class _Gains:
    """The gain of each cause at each stage, draw by draw."""

    def __init__(self, tally: Tally, posterior: Posterior, assumptions: Assumptions) -> None:
        stages = Reliefs(tally, posterior, assumptions)
        reliefs = [stages.without(cause) for cause in tally.causes[1:]]
        self.reliefs: Mapping[str, Relief] = {r.cause: r for r in [*reliefs, stages.answered_as_usual()]}
        self.by_cause: dict[tuple[int, str], Array] = {}
        for mine in tally.journeys().values():
            routes = tally.routes[np.ix_(mine, range(tally.routes.shape[1]), [*mine, tally.routes.shape[2] - 1])]
            now, starts = stages.exits[:, :, mine], tally.starts[mine].T
            base = np.maximum(completion(now, routes, starts).sum(-1), 1e-9)
            for cause, relief in self.reliefs.items():
                for place, stage in enumerate(mine):
                    if relief.judged[stage]:
                        then = now.copy()
                        then[:, :, place] += relief.change[:, :, stage]
                        self.by_cause[stage, cause] = completion(then, routes, starts).sum(-1) / base - 1


def _finding(
    tally: Tally,
    relief: Relief,
    stage: int,
    gain: Array,
    best: Array,
    band: Sequence[Array],
    visits: int,
    bar: Bar,
) -> Finding:
    low, high = (float(x) for x in np.quantile(gain, (0.025, 0.975)))
    mean, centre = float(gain.mean()), float(band[0][0])
    shifts = [float(b[0]) - centre for b in band]
    association = relief.cause in causes.ASSOCIATED
    least = bar.least * (bar.stricter if association else 1.0)
    journey, plan = tally.stages[stage]
    excess = relief.excess[stage]
    details = tally.details.get((stage, relief.cause), {})
    return Finding(
        journey, plan.stage, relief.cause, mean, low, high,
        band_low=low + min(shifts), band_high=high + max(shifts),
        sure=float((gain >= least).mean()), first=float((gain >= best).mean()),
        share=float(relief.share[stage]), usual=float(relief.usual[stage]),
        channel=_most(excess.sum(1), tally.channels, _MOST_OF_CHANNEL),
        segment=_most(excess.sum(0), tally.segments, _MOST_OF_SEGMENT),
        detail=min(details, key=lambda name: (-details[name], name)) if details else "",
        visits=visits, association=association,
    )  # fmt: skip


def _most(excess: Array, names: Sequence[str], most: float) -> str:
    """The name that holds `most` of the excess, if there are several."""
    if len(names) < 2 or excess.sum() <= 0:
        return ""
    place = int(excess.argmax())
    return names[place] if excess[place] >= most * excess.sum() else ""
