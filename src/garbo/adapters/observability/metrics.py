"""Metrics for Prometheus.

Rules
 1. Base units (seconds, bytes), and a closed set of values for each label: no ids, no personal data.
 2. A decision adds to plain numbers, without a lock (see `series.py`).
 3. A counter whose label values are known starts at 0, or Prometheus would not see the first event as an increase.
 4. A lag that was not measured for `LAG_STALE_S` is not shown: an old lag looks like a healthy one.

`decision_metrics.py` has those of the decision itself, `model_metrics.py` those of the models,
`journey_metrics.py` those of the journeys.

`specs.py` has the table of all metrics; docs/metrics.md shows it.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from garbo.adapters.observability.decision_metrics import DecisionMetrics
from garbo.adapters.observability.journey_metrics import JourneyMetrics
from garbo.adapters.observability.model_metrics import ModelMetrics
from garbo.adapters.observability.series import Counter, Histograms, gauge
from garbo.adapters.observability.specs import SPECS
from garbo.core.policy.models import Model
from garbo.core.policy.policy import Policy
from garbo.core.scoring.summary import Summary
from garbo.core.vocabulary.effects import DecisionRecord, Flow
from garbo.core.vocabulary.reasons import DeadLetterReason, Disposition, Reason
from garbo.processors.competition import Competition
from garbo.processors.meters import Standing
from garbo.processors.topics import INBOUND

LAG_STALE_S: Final = 30.0  # six of the lag meter's rounds
# What each processor can refuse: these counters start at 0 (rule 3).
REFUSES: Final = {
    "resolve": ("policy",),
    "decide": ("policy", "snapshot"),
    "learn": ("policy", "snapshot"),
    "journey_kpis": ("policy",),
}


class Metrics(Collector):
    """Implements `processors.meters.Meter`; `processor(name)` gives a `runtime.observer.ProcessorObserver`.

    Each method is called by one thread at a time (the event loop; for the lag, the lag meter), so there is no lock.

    Args:
        registry: where a scrape finds these metrics; a new one by default, so that two workers can share a process.
        clock: seconds, monotonic.
    """

    def __init__(self, registry: CollectorRegistry | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        results = [(d.value, "silence") for d in Disposition]
        self._decisions = Counter("garbo_decisions_total", [(Disposition.DECIDED.value, "action"), *results])
        self._actions = Counter("garbo_actions_total")
        self._blocks = Counter("garbo_blocks_total", [(r.value,) for r in Reason])
        self._ages = Histograms("garbo_action_latency_seconds")
        self._misses = Counter("garbo_budget_misses_total")
        self._fallbacks = Counter("garbo_fallbacks_total", [()])
        self._dead = Counter("garbo_dead_letters_total")
        self._rows = Histograms("garbo_row_bytes", [()])
        self._row = self._rows.series(())
        self._models = Counter("garbo_model_updates_total")
        self._misplaced = Counter("garbo_misplaced_total", [(name,) for name in INBOUND])
        self._duplicates = Counter("garbo_duplicates_total")
        self._refused = Counter("garbo_refused_total")
        self._shared = _Shared(clock)
        self._decision = DecisionMetrics()
        self._model = ModelMetrics()
        self._journey = JourneyMetrics()
        self._dispatchers: dict[tuple[str, str], tuple[int, float]] = {}  # group, topic -> records, when
        self._processors: dict[str, ProcessorMetrics] = {}
        self.registry = CollectorRegistry() if registry is None else registry
        self.registry.register(self)

    def decided(self, record: DecisionRecord, competition: Competition | None) -> None:
        # A member of these enums is a text, and a key like it; its `value` costs more than the addition.
        self._decisions.add((record.disposition, "action" if record.chosen else "silence"))
        for blocked in record.blocked:
            self._blocks.add((blocked.reason,))
            if blocked.reason is Reason.RULE_ERROR:
                self._decision.rule_error(blocked)
        if record.fallback:
            self._fallbacks.add(())
        if competition is not None:
            self._decision.decided(record, competition)
            if not record.confirmation:
                self._model.decided(record)

    def need_ended(self, kind: str, end: str) -> None:
        self._decision.needs.add((kind, end))

    def action(self, channel: str, action_class: str, age_ms: int, budget_ms: int) -> None:
        self._actions.add((channel, action_class))
        self._ages.series((channel,)).add(age_ms / 1000)
        self._misses.add((channel,), 1 if age_ms > budget_ms else 0)

    def contact(self, in_week: int) -> None:
        self._decision.contact(in_week)

    def unreported(self, channel: str) -> None:
        self._decision.unreported.add((channel,))

    def unlearnt(self, family: str, awaited: str) -> None:
        self._decision.dropped(family, awaited)

    def standing(self, partition: int, standing: Standing | None) -> None:
        self._decision.standing(partition, standing)

    def policy_in_use(self, processor: str, policy: Policy) -> None:
        self._decision.policy_in_use(processor, policy)

    def dispatcher_lag(self, group: str, topic: str, records: int) -> None:
        """Commands on `topic` that the dispatchers' `group` has not committed yet, by an independent client."""
        self._dispatchers[group, topic] = (records, self._shared.clock())

    def dead_letter(self, processor: str, reason: str) -> None:
        self._dead.add((processor, reason))

    def misplaced(self, topic: str) -> None:
        self._misplaced.add((topic,))

    def duplicate(self, processor: str) -> None:
        self._duplicates.add((processor,))

    def row(self, size: int) -> None:
        self._row.add(size)

    def model_updated(self, family: str) -> None:
        self._models.add((family,))

    def model(self, model: Model, summary: Summary | None) -> None:
        self._model.model(model, summary)

    def models(self, ids: Collection[str]) -> None:
        self._model.models(ids)

    def journey(self, fact: Flow, how: str) -> None:
        self._journey.journey(fact, how)

    def journeys(self, places: Collection[tuple[str, str]]) -> None:
        self._journey.journeys(places)

    def too_late(self) -> None:
        self._journey.too_late.add(())

    def refused(self, processor: str, what: str) -> None:
        self._refused.add((processor, what))

    @property
    def all_assigned(self) -> bool:
        """Every hosted processor has partitions."""
        return bool(self._processors) and all(self._shared.assigned.values())

    def processor(self, name: str) -> "ProcessorMetrics":
        """The observer of one processor; every call with the same name returns the same one."""
        found = self._processors.get(name)
        if found is None:
            for reason in DeadLetterReason:
                self._dead.add((name, reason.value), 0)
            for what in REFUSES.get(name, ()):
                self._refused.add((name, what), 0)
            if name == "learn":
                self._duplicates.add((name,), 0)
            found = self._processors[name] = ProcessorMetrics(name, self._shared)
        return found

    def collect(self) -> Iterator[Metric]:
        """All series as they are now; called by a scrape, in its thread."""
        own = (
            self._decisions, self._actions, self._blocks, self._ages, self._misses, self._fallbacks, self._dead,
            self._misplaced, self._duplicates, self._rows, self._models, self._refused,
        )  # fmt: skip
        for metric in (
            *own,
            *self._decision.metrics,
            *self._model.metrics,
            *self._journey.metrics,
            *self._shared.metrics,
        ):
            yield metric.family()
        yield from self._shared.gauges()
        yield from self._decision.gauges()
        yield from self._model.gauges()
        oldest = self._shared.clock() - LAG_STALE_S
        behind = [(key, n) for key, (n, measured) in list(self._dispatchers.items()) if measured >= oldest]  # rule 4
        yield gauge("garbo_dispatcher_lag", behind)

    def describe(self) -> Iterable[Metric]:
        """Names for the registry, which would otherwise collect everything to find them."""
        return [Metric(s.name.removesuffix("_total"), s.help, s.kind) for s in SPECS.values()]


class _Shared:
    """Metrics with one series for each processor of the process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.latency = Histograms("garbo_stage_latency_seconds")
        self.commits = Counter("garbo_commits_total")
        self.commit_s = Histograms("garbo_commit_seconds")
        self.records = Counter("garbo_committed_records_total")
        self.rollbacks = Counter("garbo_rollbacks_total")
        self.failures = Counter("garbo_failures_total")
        self.restored = Counter("garbo_restored_rows_total")
        self.metrics = (
            self.latency, self.commits, self.commit_s, self.records, self.rollbacks, self.failures, self.restored,
        )  # fmt: skip
        self.assigned: dict[str, int] = {}
        self.lag: dict[tuple[str, str, int], tuple[int, float]] = {}  # processor, topic, partition -> records, when

    def gauges(self) -> Iterator[Metric]:
        yield gauge("garbo_assigned_partitions", [((processor,), n) for processor, n in list(self.assigned.items())])
        oldest = self.clock() - LAG_STALE_S
        fresh = [
            ((topic, str(partition)), records)
            for (_, topic, partition), (records, measured) in list(self.lag.items())
            if measured >= oldest  # rule 4
        ]
        yield gauge("garbo_lag", fresh)


class ProcessorMetrics:
    """Implements `runtime.observer.ProcessorObserver`."""

    def __init__(self, name: str, shared: _Shared) -> None:
        self._name, self._key, self._shared = name, (name,), shared
        self._latency, self._commit_s = shared.latency.series(self._key), shared.commit_s.series(self._key)
        for counter in (shared.commits, shared.records, shared.rollbacks, shared.restored):
            counter.add(self._key, 0)
        self._open: list[tuple[int, float]] = []  # of each chunk not committed yet: its records, when it began
        shared.assigned[name] = 0

    def chunk(self, records: int, seconds: float) -> None:
        """The chunk's latency ends with its commit: until then nobody else sees its work."""
        self._open.append((records, self._shared.clock() - seconds))

    def committed(self, seconds: float, records: int) -> None:
        """Latency is weighted by records, as a record meets it. The host takes no chunk during a commit."""
        chunks, self._open = self._open, []
        now = self._shared.clock()
        for number, began in chunks:
            self._latency.add(now - began, number)
        self._commit_s.add(seconds)
        self._shared.commits.add(self._key)
        self._shared.records.add(self._key, records)

    def rolled_back(self, reason: str) -> None:
        """The reason is a sentence for the log and no label: a label's values are a closed set."""
        self._open = []
        self._shared.rollbacks.add(self._key)

    def assigned(self, partitions: Collection[int]) -> None:
        """Drops the lag of partitions that went to another worker: that worker measures it now."""
        self._shared.assigned[self._name] = len(partitions)
        for place in list(self._shared.lag):
            if place[0] == self._name and place[2] not in partitions:
                self._shared.lag.pop(place, None)

    def restored(self, rows: int, seconds: float) -> None:
        self._shared.restored.add(self._key, rows)

    def lag(self, topic: str, partition: int, records: int) -> None:
        self._shared.lag[self._name, topic, partition] = (records, self._shared.clock())

    def failed(self, reason: str) -> None:
        self._shared.failures.add((self._name, reason))
