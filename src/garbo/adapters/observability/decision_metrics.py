"""The metrics of the decision itself: who competed, what came of it, and what stands open.

Rules
 1. Labels are the policy's words and the vocabulary's: points, channels, statuses, kinds of need, stages. A word of an
    earlier policy may still come from a row; `series.MOST_SERIES` bounds them all.
 2. A gauge of what stands open is the sum over this worker's partitions, as last handed over.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client.core import Metric

from garbo.adapters.observability.series import OTHER, Counter, Histogram, Histograms, gauge
from garbo.core.policy.models import families
from garbo.core.policy.policy import Policy
from garbo.core.policy.vocabulary import DEFAULT, Meaning
from garbo.core.vocabulary.effects import Blocked, DecisionRecord
from garbo.core.vocabulary.events import ActionOutcome, type_of
from garbo.core.vocabulary.points import Point
from garbo.core.vocabulary.reasons import Reason
from garbo.processors.competition import DROPPED, RESULTS, Competition
from garbo.processors.meters import NEED_ENDS, Standing

TONES: Final[Mapping[Meaning, str]] = {
    Meaning.POSITIVE: "positive",
    Meaning.INTERESTED: "positive",
    Meaning.NEUTRAL: "neutral",
    Meaning.SEEN: "neutral",
    Meaning.IGNORED: "neutral",
    Meaning.NEGATIVE: "negative",
    Meaning.SUPPRESSING: "negative",
    Meaning.OBJECTING: "negative",
    Meaning.FAILED: "failed",
}
NO_CHANNEL: Final = "unknown"  # another system's contact, of which nobody says where it was made
_OUTCOME: Final = type_of(ActionOutcome(""))


class DecisionMetrics:
    """Its methods are those of `processors.meters.Meter` that are about the decision."""

    def __init__(self) -> None:
        self.points = Counter("garbo_decision_points_total", [(p.value, r) for p in Point for r in RESULTS])
        self.candidates = Histograms("garbo_candidates", [(p.value,) for p in Point])
        reasons = [*(r.value for r in Reason), DROPPED]
        self.plans = Counter("garbo_plans_total", [("confirmed", ""), *(("cancelled", r) for r in reasons)])
        self.responses = Counter("garbo_responses_total")
        self.needs = Counter("garbo_needs_total")
        self.contacts = Histograms("garbo_contacts_per_week", [()])
        self.marketing = Counter("garbo_marketing_decisions_total", [("true",), ("false",)])
        self.unreported = Counter("garbo_unreported_commands_total")
        self.unlearnt = Counter("garbo_labels_dropped_total")
        self.rule_errors = Counter("garbo_rule_errors_total")
        self.metrics = (
            self.points, self.candidates, self.plans, self.responses, self.needs, self.contacts, self.marketing,
            self.unreported, self.unlearnt, self.rule_errors,
        )  # fmt: skip
        self._contacts = self.contacts.series(())
        self._candidates: dict[str, Histogram] = {p.value: self.candidates.series((p.value,)) for p in Point}
        self._standing: dict[int, Standing] = {}  # by partition
        self._versions: dict[str, str] = {}  # by processor
        self._words = DEFAULT
        self._families: frozenset[str] = frozenset()
        self._hold_out: float | None = None

    def decided(self, record: DecisionRecord, competition: Competition) -> None:
        self.points.add((record.point, competition.result))
        for plan in competition.plans:
            self.plans.add(plan)
        if not record.confirmation:
            self._candidates[record.point].add(competition.feasible)
            if competition.marketing:
                self.marketing.add(("true" if record.held_out else "false",))
        if record.event_type == _OUTCOME:
            status = record.event_kind
            self.responses.add((record.channel or NO_CHANNEL, TONES[self._words.meaning(status)], status))

    def rule_error(self, blocked: Blocked) -> None:
        """The detail of such a line is "field: type of the exception"."""
        self.rule_errors.add((f"{blocked.action}.{blocked.detail.partition(':')[0]}",))

    def contact(self, in_week: int) -> None:
        self._contacts.add(in_week)

    def standing(self, partition: int, standing: Standing | None) -> None:
        if standing is None:
            self._standing.pop(partition, None)
        else:
            self._standing[partition] = standing

    def policy_in_use(self, processor: str, policy: Policy) -> None:
        self._words = policy.vocabulary
        """What the policy names starts at 0, so that Prometheus sees the first one as an increase."""
        self._versions[processor] = policy.version
        self._hold_out = policy.hold_out.share
        for kind in policy.needs:
            for end in NEED_ENDS:
                self.needs.add((kind, end), 0)
        for action in policy.actions.values():
            for field in ("eligibility", "suitability", "value_company", "value_customer"):
                if callable(getattr(action, field)):
                    self.rule_errors.add((f"{action.name}.{field}",), 0)
        self._families = frozenset(families(policy.models))
        for family in self._families:
            for awaited in ("label", "yes"):
                self.unlearnt.add((family, awaited), 0)
        for channel in policy.channels.values():
            if channel.reports_within:
                self.unreported.add((channel.name,), 0)

    def dropped(self, family: str, awaited: str) -> None:
        """A contact left its row before its label. A family of an earlier policy counts as `other`."""
        self.unlearnt.add((family if family in self._families else OTHER, awaited))

    def gauges(self) -> Iterator[Metric]:
        """What stands open, and what is decided by."""
        silent: dict[str, int] = {}
        used: dict[str, int] = {}
        shares: dict[str, int] = {}
        for standing in list(self._standing.values()):
            for stage, parties in standing.silent.items():
                silent[stage] = silent.get(stage, 0) + parties
            for channel, (slots, share) in standing.capacity.items():
                used[channel] = used.get(channel, 0) + slots
                shares[channel] = shares.get(channel, 0) + share
        yield gauge("garbo_silent_parties", [((stage,), n) for stage, n in silent.items()])
        yield gauge("garbo_capacity_used", [((channel,), n) for channel, n in used.items()])
        yield gauge("garbo_capacity_share", [((channel,), n) for channel, n in shares.items()])
        yield gauge("garbo_policy_info", [(versions, 1) for versions in list(self._versions.items())])
        yield gauge("garbo_hold_out_share", [] if self._hold_out is None else [((), self._hold_out)])
