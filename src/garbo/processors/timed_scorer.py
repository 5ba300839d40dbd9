"""A model's answer has a deadline: what comes later is not used.

A call into a model cannot be interrupted in its thread, so the deadline works in two ways: an answer that took longer
than its cost is thrown away and the prior decides (the record says `fallback`), and that model is not asked again for
a pause, so that one slow model costs a worker one slow answer in a while and not one at each decision.

Only for live workers: a replay takes from the record which models answered in time.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final

from garbo.core.scoring.scorer import LATE, Estimate, Scorer

PAUSE_S: Final = 1.0


class TimedScorer:
    """Implements `core.scoring.scorer.Scorer` over another one.

    limit_ms: what an answer may cost, asked at each call (a policy can change it). clock: seconds, monotonic.
    """

    def __init__(
        self, scorer: Scorer, limit_ms: Callable[[], int], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._scorer, self._limit_ms, self._clock = scorer, limit_ms, clock
        self._until: dict[str, float] = {}  # family -> when it is asked again

    def estimate(self, family: str, features: Mapping[str, float]) -> Estimate | None:
        began = self._clock()
        if began < self._until.get(family, began):
            return LATE
        answer = self._scorer.estimate(family, features)
        ended = self._clock()
        if (ended - began) * 1000 > self._limit_ms():
            self._until[family] = ended + PAUSE_S
            return LATE
        return answer

    def update(self, snapshot: bytes) -> bool:
        return self._scorer.update(snapshot)

    def forget(self, family: str) -> None:
        self._scorer.forget(family)
