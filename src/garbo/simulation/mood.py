"""What the company's contacts do to a person's mood, in numbers.

`annoyance` grows with each contact and halves every `half_life`. `strain` is annoyance over the person's own tolerance:
below 1 the person answers less, above it they refuse, complain, withdraw a consent and finally leave. The weights are
plausible, not measured: a call weighs three times an e-mail, a contact about something unwanted half as much again,
and a contact about a mere look twice as much where profiling was not allowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from garbo.core.vocabulary.instants import decayed

WEIGHTS: Final[Mapping[str, float]] = {
    "call_centre": 1.0, "sms": 0.7, "push": 0.45, "email": 0.35, "social": 0.4,
    "app": 0.15, "web": 0.15, "ebanking": 0.15, "atm": 0.1, "branch": 0.1,
}  # fmt: skip
UNWANTED: Final = 1.6
STALKED: Final = 2.0  # about what was merely looked at, without profiling
LOOKED_AT: Final = 1.2  # the same with profiling
SHOWN: Final = 0.1  # the person came to us; nobody contacted them
RIDER: Final = 0.3  # an offer within a service call
MISSED_CALL: Final = 0.2
UNANSWERED: Final = 1.0  # a question that waits beyond the person's patience
CALMED, EASED = 0.6, 0.9  # what is left of the annoyance after an awaited answer, after another service contact


@dataclass(slots=True)
class Mood:
    """tolerance: the annoyance at which patience ends. half_life: in milliseconds. since: the last change's instant."""

    tolerance: float
    half_life: int
    annoyance: float = 0.0
    since: int = 0

    def annoy(self, weight: float, at: int) -> None:
        self._at(at)
        self.annoyance += weight

    def calm(self, left: float, at: int) -> None:
        """Keep the share `left` of the annoyance."""
        self._at(at)
        self.annoyance *= left

    def strain(self, at: int) -> float:
        """Annoyance over tolerance at the instant `at`."""
        return decayed(self.annoyance, self.since, at, self.half_life) / self.tolerance

    def _at(self, at: int) -> None:
        self.annoyance = decayed(self.annoyance, self.since, at, self.half_life)
        self.since = max(self.since, at)


def contact_weight(channel: str, *, wanted: bool, looked: bool, profiling: bool, inbound: bool) -> float:
    """How much one marketing contact annoys. looked: its theme is one the person looked at lately."""
    weight = WEIGHTS.get(channel, 0.3) * (1.0 if wanted else UNWANTED)
    if looked:
        weight *= LOOKED_AT if profiling else STALKED
    return weight * SHOWN if inbound else weight


def chance(slope: float, strain: float, threshold: float, most: float) -> float:
    """A probability that is 0 up to `threshold`, grows by `slope` with each unit of strain, and stops at `most`."""
    return min(max(slope * (strain - threshold), 0.0), most)
