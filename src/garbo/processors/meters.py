"""What processors count. `garbo.adapters.observability.metrics` counts it for Prometheus, `Silent` does not count."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple, Protocol

from garbo.core.policy.models import Model
from garbo.core.policy.policy import Policy
from garbo.core.scoring.summary import Summary
from garbo.core.vocabulary.effects import DecisionRecord, Flow
from garbo.core.vocabulary.reasons import ANSWERED_LATE, NeedEnd
from garbo.processors.competition import Competition

NEED_ENDS: Final = (*(end.value for end in NeedEnd), ANSWERED_LATE)


class Standing(NamedTuple):
    """What stands open in one partition of decide.

    silent: stage of the policy -> parties in it that have had no contact for longer than its patience. capacity:
    channel -> (slots used, the partition's share) in the period of now.
    """

    silent: Mapping[str, int]
    capacity: Mapping[str, tuple[int, int]]


class Meter(Protocol):
    """All processors of a process share one meter; `processor` is the caller's name: one of
    `topics.PROCESSORS`.

    A meter never raises: it is called when a record's rows and outputs are in the batch already.
    """

    def decided(self, record: DecisionRecord, competition: Competition | None) -> None:
        """A decision record was made. competition: None where nothing was decided."""

    def need_ended(self, kind: str, end: str) -> None:
        """A need ended; `end` is one of `NEED_ENDS`."""

    def action(self, channel: str, action_class: str, age_ms: int, budget_ms: int) -> None:
        """A command was made; `age_ms` since its event was appended, against the action's latency budget."""

    def contact(self, in_week: int) -> None:
        """A contact was made: the `in_week`-th of its party within seven days."""

    def unreported(self, channel: str) -> None:
        """The channel's time to report about a command is over, and nothing was reported."""

    def unlearnt(self, family: str, awaited: str) -> None:
        """A contact was given up before its label; `awaited` is "label", or "yes" when only that could come."""

    def standing(self, partition: int, standing: Standing | None) -> None:
        """What stands open in a partition now; None: the partition is another worker's."""

    def policy_in_use(self, processor: str, policy: Policy) -> None:
        """The processor decides by this policy from now on."""

    def dead_letter(self, processor: str, reason: str) -> None:
        """A message cannot be used and went to dead-letters."""

    def misplaced(self, topic: str) -> None:
        """A message of an inbound topic lay under a foreign key, or on a partition that is not its key's; resolve has
        sent it on."""

    def duplicate(self, processor: str) -> None:
        """A message was dropped because it was applied lately. Decide's duplicates have a decision record instead."""

    def row(self, size: int) -> None:
        """A party's row was written; `size` in bytes."""

    def model_updated(self, family: str) -> None:
        """A model's snapshot was taken into use."""

    def model(self, model: Model, summary: Summary | None) -> None:
        """The figures of a model of the policy that this worker learns; None: it has no example of it here."""

    def models(self, ids: Collection[str]) -> None:
        """The policy has these models and no others."""

    def journey(self, fact: Flow, how: str) -> None:
        """A fact of a journey was counted. how: the exit of a move, one of `cells.EXITS`; of others the kind."""

    def journeys(self, places: Collection[tuple[str, str]]) -> None:
        """The policy's map has these journeys and stages (pairs), and no others."""

    def too_late(self) -> None:
        """A fact was older than KPI cells are kept."""

    def refused(self, processor: str, what: str) -> None:
        """A "policy" or a "snapshot" cannot be used; the last good one stays. Learn does not write such a snapshot."""


class Silent:
    """Counts nothing."""

    def decided(self, record: DecisionRecord, competition: Competition | None) -> None: ...

    def need_ended(self, kind: str, end: str) -> None: ...

    def action(self, channel: str, action_class: str, age_ms: int, budget_ms: int) -> None: ...

    def contact(self, in_week: int) -> None: ...

    def unreported(self, channel: str) -> None: ...

    def unlearnt(self, family: str, awaited: str) -> None: ...

    def standing(self, partition: int, standing: Standing | None) -> None: ...

    def policy_in_use(self, processor: str, policy: Policy) -> None: ...

    def dead_letter(self, processor: str, reason: str) -> None: ...

    def misplaced(self, topic: str) -> None: ...

    def duplicate(self, processor: str) -> None: ...

    def row(self, size: int) -> None: ...

    def model_updated(self, family: str) -> None: ...

    def model(self, model: Model, summary: Summary | None) -> None: ...

    def models(self, ids: Collection[str]) -> None: ...

    def journey(self, fact: Flow, how: str) -> None: ...

    def journeys(self, places: Collection[tuple[str, str]]) -> None: ...

    def too_late(self) -> None: ...

    def refused(self, processor: str, what: str) -> None: ...
