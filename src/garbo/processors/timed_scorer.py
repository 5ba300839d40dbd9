"""A model's answer has a deadline: what comes later is not used.

A call into a model cannot be interrupted in its thread, so the deadline works in two ways: an answer that took longer
than its cost is thrown away and the prior decides (the record says `fallback`), and that model is not asked again for
a pause, so that one slow model costs a worker one slow answer in a while and not one at each decision.

The deadline is shared: challengers and shadows are asked after the models that decide (`core.appraise`), and only while
all calls of the decision together have taken less than one answer may cost. A champion is always asked, so none of them
ever costs it its answer; the last call of a challenger may be slow, once in a pause. Its pause doubles each time that
it was late, so one that is always slow delays a decision a minute and not one a second; an answer in time ends that.

Only for live workers: a replay takes from the record which models answered in time.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final

from garbo.core.scoring.scorer import LATE, Estimate, Scorer

PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 64.0  # of a model that does not decide


class TimedScorer:
    """Implements `core.scoring.scorer.Scorer` over another one.

    limit_ms: what an answer may cost, asked at each call (a policy can change it). decides: is it a champion, or was it
    promoted to the place of one? clock: seconds, monotonic.
    """

    def __init__(
        self, scorer: Scorer, limit_ms: Callable[[], int], decides: Callable[[str], bool] = lambda model: True,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:  # fmt: skip
        self._scorer, self._limit_ms, self._decides, self._clock = scorer, limit_ms, decides, clock
        self._until: dict[str, float] = {}  # model -> when it is asked again
        self._pauses: dict[str, float] = {}  # model that does not decide -> its next pause (s)
        self._spent = 0.0  # seconds that this decision has waited for models

    def begin(self) -> None:
        """A decision begins."""
        self._spent = 0.0

    def estimate(self, model: str, features: Mapping[str, float]) -> Estimate | None:
        began, limit = self._clock(), self._limit_ms() / 1000
        if began < self._until.get(model, began):
            return LATE
        if self._spent > limit and not self._decides(model):
            return LATE
        answer = self._scorer.estimate(model, features)
        ended = self._clock()
        self._spent += ended - began
        if ended - began > limit:
            pause = PAUSE_S
            if not self._decides(model):
                pause = self._pauses.get(model, PAUSE_S)
                self._pauses[model] = min(2.0 * pause, LONGEST_PAUSE_S)
            self._until[model] = ended + pause
            return LATE
        if self._pauses:
            self._pauses.pop(model, None)
        return answer

    def update(self, snapshot: bytes) -> bool:
        return self._scorer.update(snapshot)

    def forget(self, model: str) -> None:
        self._scorer.forget(model)

    def promoted(self, champion: str) -> str:
        return self._scorer.promoted(champion)
