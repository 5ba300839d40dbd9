"""How the exits of a stage change when one cause falls to what is usual.

For an obstacle: the share above the usual is freed, and a freed visit goes on like those of its channel and segment
that had no obstacle (the share effect of a standardisation: Kitagawa, Components of a difference between two rates,
Journal of the American Statistical Association 50, 1955). A record names the first gate that blocked, so a freed visit
meets the later gates too, then waits for the answer, and may leave before it.
For `slow`: answers come as usual, the stage keeps its own patience, and the two race.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from garbo.journeys import causes
from garbo.journeys.posterior import Posterior
from garbo.journeys.race import Answered, race
from garbo.journeys.tally import LEFT, ONWARD, OUT, Array, Tally
from garbo.journeys.usual import usual_hazards, usual_shares

_DROPS = np.eye(4)[OUT]
_LEAST_ANSWERED = 0.02
_PRIOR_VISITS = 1e-3


@dataclass(frozen=True)
class Assumptions:
    """What the data cannot say. The systematic band of a gain is its spread over several of them.

    reference: the quantile that counts as usual. odds: by which factor the odds of going on of a freed visit differ
    from those of an unobstructed one, for reasons nobody sees (the sensitivity parameter of Rosenbaum, Observational
    Studies, 2002, chapter 4).
    """

    reference: float = 0.5
    odds: float = 1.0


@dataclass(frozen=True)
class Relief:
    """One cause relieved at every stage, each by itself.

    change: of the exits, (draw, segment, stage, exit). share, usual: of the visits, (stage). excess: where the share
    above the usual lies, (stage, channel, segment). judged: the stages for which it says something.
    """

    cause: str
    change: Array
    share: Array
    usual: Array
    excess: Array
    judged: NDArray[np.bool_]


def tilt(exits: Array, odds: float) -> Array:
    """Exits whose odds of going on are `odds` times as high; the rest keeps its proportions."""
    if odds == 1.0:
        return exits
    onward = exits[..., ONWARD : ONWARD + 1]
    share = odds * onward / (odds * onward + 1 - onward)
    tilted = exits * ((1 - share) / np.maximum(1 - onward, 1e-12))
    tilted[..., ONWARD] = share[..., 0]
    return tilted


class Reliefs:
    """The stages as they are, and what a relief would change. One for a posterior and a set of assumptions."""

    def __init__(self, tally: Tally, posterior: Posterior, assumptions: Assumptions) -> None:
        self._tally, self._posterior, self._assumptions = tally, posterior, assumptions
        visits = tally.visits.sum(1)
        # Where nobody was answered or held back, who waited in vain says by which channels they come.
        by = np.where(visits[:, None] > 0, tally.visits, tally.waits.sum((3, 4)))
        self._channels: Array = by / np.maximum(by.sum(1), 1)[:, None]  # of a stage and segment
        self._weights: Array = tally.visits / np.maximum(visits.sum(1), 1)[:, None, None]  # of a stage
        left, unaided = tally.waits[..., LEFT].sum((1, 3)), tally.unaided
        total = np.maximum(visits + left + unaided.sum(-1), 1)
        self._reached: Array = visits / total  # answered or held back
        self._left: Array = left / total
        self._unaided: Array = unaided / total[..., None]  # went on by themselves, by exit: no relief changes that
        self._waits: NDArray[np.bool_] = tally.waits.sum((1, 2, 3, 4)) > 0
        self._holding = [k for k, cause in enumerate(tally.causes) if cause in causes.HOLDING]

    @cached_property
    def exits(self) -> Array:
        """(draw, segment, stage, exit), today."""
        mix = self._posterior.causes[..., None] * self._posterior.exits
        exits = self._by_segment(mix.sum(-2) * self._channels[..., None])
        exits[..., OUT] += self._left.T
        return exits + self._unaided.swapaxes(0, 1)

    def _by_segment(self, exits: Array) -> Array:
        """Of those answered or held back, by (draw, stage, channel, segment, exit): summed, and as shares of all."""
        summed: Array = exits.sum(2).swapaxes(1, 2) * self._reached.T[None, :, :, None]
        return summed

    @cached_property
    def _raced(self) -> tuple[Answered, Answered]:
        """(draw, stage, channel, segment): answers as they come, and as they would come if they came as usual."""
        answer, leave = self._posterior.answer, self._posterior.leave
        usual = usual_hazards(answer, self._tally.waits, self._assumptions.reference)
        return race(answer, leave), race(np.broadcast_to(usual, answer.shape), leave)

    @cached_property
    def _waiting(self) -> Array:
        """(stage, channel, segment): where those who wait are."""
        waits: Array = self._tally.waits.sum((3, 4))
        share: Array = waits / np.maximum(waits.sum((1, 2)), 1)[:, None, None]
        return share

    def _of_segment(self, share: Array) -> Array:
        """(draw, stage, channel, segment) -> (draw, stage, segment), of those who wait; 1 where nobody does."""
        some = self._waiting.sum(1)
        return np.where(some > 0, (self._waiting * share).sum(2) / np.maximum(some, 1e-9), 1.0)

    # ---- obstacles -------------------------------------------------------------------------------------------------

    def without(self, cause: str) -> Relief:
        """An obstacle of `tally.causes`, relieved to its usual share."""
        k = self._tally.causes.index(cause)
        shares = self._posterior.causes[..., k]
        usual, judged = self._usual(k, shares)
        excess = np.maximum(shares - usual, 0)
        freed = tilt(self._freed(k), self._assumptions.odds)
        gain = (excess * self._channels)[..., None] * (freed - self._posterior.exits[..., k, :])
        return Relief(
            cause,
            self._by_segment(gain),
            (shares * self._weights).sum((2, 3)).mean(0),
            (usual * self._weights).sum((2, 3)).mean(0),
            (self._weights * excess).mean(0),
            judged,
        )

    def _usual(self, k: int, shares: Array) -> tuple[Array, NDArray[np.bool_]]:
        cause, tally = self._tally.causes[k], self._tally
        due = [plan.due for _, plan in tally.stages]
        seen = tally.exits[..., k, :].sum((1, 2, 3)) > 0
        classes = sorted(set(due))
        groups = np.array([classes.index(d) if cause in causes.ALIKE else 0 for d in due], np.int64)
        owed = np.array([bool(d) for d in due])  # a stage that never had the cause is a reference too: it has none
        judged = seen & owed
        usual = usual_shares(shares, tally.visits, np.where(owed, groups, -1), self._assumptions.reference)
        for stage, (_, plan) in enumerate(tally.stages):
            if cause in plan.tolerate:
                usual[:, stage] = plan.tolerate[cause]
        return usual, judged

    def _freed(self, k: int) -> Array:
        """(draw, stage, channel, segment, exit): how a visit goes on once obstacle `k` is out of its way."""
        mix, exits = self._posterior.causes, self._posterior.exits
        if k not in self._holding:  # it meets the visit after the answer
            free: Array = exits[..., 0, :]
            return free
        later = [i for i in self._holding if i > k]
        waiting = [i for i in range(mix.shape[-1]) if i not in self._holding]
        ever = np.maximum(self._of_segment(self._raced[0].ever), _LEAST_ANSWERED)[:, :, None]
        waits = mix[..., waiting].sum(-1)
        gone = waits * (1 / ever - 1)  # `mix` knows the answered: for each of them so many left before
        freed = (mix[..., later, None] * exits[..., later, :]).sum(-2)
        freed = freed + (mix[..., waiting, None] * exits[..., waiting, :]).sum(-2) + gone[..., None] * _DROPS
        freed = freed + _PRIOR_VISITS * exits[..., 0, :]  # where all visits are held back, the prior speaks
        total: Array = (mix[..., later].sum(-1) + waits + gone)[..., None] + _PRIOR_VISITS
        shares: Array = freed / total
        return shares

    # ---- slow answers ----------------------------------------------------------------------------------------------

    def answered_as_usual(self) -> Relief:
        """The cause `slow`: answers come as quickly as usual, in multiples of what each stage promises."""
        now, then = self._raced
        answered = self._of_segment(now.ever)
        better = self._of_segment(np.maximum(then.ever, now.ever))
        late = self._of_segment(now.late) / np.maximum(answered, 1e-9)
        usual_late = self._of_segment(then.late) / np.maximum(self._of_segment(then.ever), 1e-9)
        sooner = (self._posterior.prompt - self._posterior.tardy)[:, :, None]
        less = np.maximum(late - usual_late, 0)[..., None]
        unheld = (self._posterior.exits[..., 0, :] * self._channels[..., None]).sum(2)  # as they are answered today
        fresh = tilt(np.clip(unheld + less * sooner, 0, 1), self._assumptions.odds)
        free = (1 - self._held() - self._unaided.sum(-1))[..., None]
        change = free * ((better - answered)[..., None] * (fresh - _DROPS) + answered[..., None] * less * sooner)
        return Relief(
            causes.SLOW,
            change.swapaxes(1, 2),
            1 - (self._waiting * now.in_time).sum((2, 3)).mean(0),
            1 - (self._waiting * then.in_time).sum((2, 3)).mean(0),
            np.maximum((then.in_time - now.in_time).mean(0), 0) * self._waiting,
            self._waits,
        )

    def _held(self) -> Array:
        """(draw, stage, segment): the share of all visits that is held back and so does not wait."""
        held = self._posterior.causes[..., self._holding].sum(-1)
        share: Array = (held * self._channels).sum(2) * self._reached
        return share
