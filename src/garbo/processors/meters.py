"""What processors count. `garbo.adapters.observability.metrics` counts it for Prometheus, `Silent` does not count."""

from typing import Protocol


class Meter(Protocol):
    """All processors of a process share one meter; `processor` is the caller's name: resolve, decide or learn.

    A meter never raises: it is called when a record's rows and outputs are in the batch already.
    """

    def record(self, disposition: str, chosen: bool) -> None:
        """A decision record was made; `chosen` says whether it has an action."""

    def action(self, channel: str, action_class: str, age_ms: int, budget_ms: int) -> None:
        """A command was made; `age_ms` since its event was appended, against the action's latency budget."""

    def blocked(self, reason: str) -> None:
        """A candidate was held back."""

    def fallback(self) -> None:
        """The prior decided, because too little time was left for the model."""

    def dead_letter(self, processor: str, reason: str) -> None:
        """A message cannot be used and went to dead-letters."""

    def duplicate(self, processor: str) -> None:
        """A message was dropped because it was applied lately. Decide's duplicates have a decision record instead."""

    def row(self, size: int) -> None:
        """A party's row was written; `size` in bytes."""

    def model_updated(self, family: str) -> None:
        """A model's snapshot was taken into use."""

    def refused(self, processor: str, what: str) -> None:
        """A "policy" or a "snapshot" cannot be used; the last good one stays. Learn does not write such a snapshot."""


class Silent:
    """Counts nothing."""

    def record(self, disposition: str, chosen: bool) -> None: ...

    def action(self, channel: str, action_class: str, age_ms: int, budget_ms: int) -> None: ...

    def blocked(self, reason: str) -> None: ...

    def fallback(self) -> None: ...

    def dead_letter(self, processor: str, reason: str) -> None: ...

    def duplicate(self, processor: str) -> None: ...

    def row(self, size: int) -> None: ...

    def model_updated(self, family: str) -> None: ...

    def refused(self, processor: str, what: str) -> None: ...
