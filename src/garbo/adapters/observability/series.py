"""What metrics are made of: the table of all of them, and counters and histograms that cost little to add to.

Adding is a plain number in a dict; Prometheus' own form is made when somebody scrapes. Measured: 0.1 to 0.25 us, where
a kept child of prometheus-client takes 0.45 us and its `labels()` 1.6 (and no lock to meet the scrape at).
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from typing import Final, Literal, NamedTuple, TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]
Labels: TypeAlias = tuple[str, ...]

# A label's values are bounded by what calls us, but a family's name comes off a topic: past this many, "other".
MOST_SERIES: Final = 256
OTHER: Final = "other"

_MOMENTS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5)  # a chunk, a commit
_WAITS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0)  # an event's age
_SIZES: Final = tuple(float(256 << n) for n in range(11))  # 256 B to 256 KiB


class Spec(NamedTuple):
    """One metric: its name as it is scraped, and its meaning."""

    name: str
    kind: Kind
    labels: Labels
    help: str
    bounds: tuple[float, ...] = ()


SPECS: Final = {
    spec.name: spec
    for spec in (
        Spec("garbo_decisions_total", "counter", ("disposition", "result"), "Decision records, silence included."),
        Spec("garbo_actions_total", "counter", ("channel", "class"), "Commands sent to a channel's dispatcher."),
        Spec("garbo_blocks_total", "counter", ("reason",), "Candidates held back, by the first reason."),
        Spec(
            "garbo_action_latency_seconds", "histogram", ("channel",), "Age of its event when an action left.", _WAITS
        ),
        Spec("garbo_budget_misses_total", "counter", ("channel",), "Actions older than their latency budget."),
        Spec("garbo_fallbacks_total", "counter", (), "Decisions by the prior, the time being too short for a model."),
        Spec("garbo_dead_letters_total", "counter", ("stage", "reason"), "Messages put aside."),
        Spec("garbo_row_bytes", "histogram", (), "Size of a party's row; one write in sixteen is measured.", _SIZES),
        Spec("garbo_model_updates_total", "counter", ("model",), "Snapshots of a model taken into use."),
        Spec("garbo_refused_total", "counter", ("what",), "Broken policies and snapshots refused."),
        Spec(
            "garbo_stage_latency_seconds",
            "histogram",
            ("stage",),
            "From a chunk's beginning to its commit, by record.",
            _MOMENTS,
        ),
        Spec("garbo_commits_total", "counter", ("stage",), "Units of work committed."),
        Spec("garbo_commit_seconds", "histogram", ("stage",), "What a commit took.", _MOMENTS),
        Spec("garbo_committed_records_total", "counter", ("stage",), "Records whose work was committed."),
        Spec("garbo_rollbacks_total", "counter", ("stage",), "Units of work aborted; their records come again."),
        Spec("garbo_failures_total", "counter", ("stage", "type"), "Bugs a processor raised, by exception type."),
        Spec("garbo_assigned_partitions", "gauge", ("stage",), "Partitions this worker has."),
        Spec("garbo_restored_rows_total", "counter", ("stage",), "Rows read back from the changelog."),
        Spec("garbo_lag", "gauge", ("topic", "partition"), "Records not committed yet, by an independent client."),
    )
}


class Counter:
    """A counter's series: label values -> number."""

    __slots__ = ("spec", "values")

    def __init__(self, name: str, start: Iterable[Labels] = ()) -> None:
        self.spec = SPECS[name]
        self.values: dict[Labels, int] = dict.fromkeys(start, 0)

    def add(self, key: Labels, number: int = 1) -> None:
        values = self.values
        try:
            values[key] += number
        except KeyError:
            key = key if len(values) < MOST_SERIES else (OTHER,) * len(key)
            values[key] = values.get(key, 0) + number

    def family(self) -> Metric:
        family = CounterMetricFamily(self.spec.name, self.spec.help, labels=self.spec.labels)
        for key, number in list(self.values.items()):
            family.add_metric(key, number)
        return family


class Histogram:
    """A histogram's one series: counts by bucket, the last one for what lies above all bounds, and the sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float, weight: int = 1) -> None:
        self.counts[bisect_left(self.bounds, value)] += weight  # a bound belongs to its bucket: "le"
        self.total += value * weight

    def buckets(self) -> list[tuple[str, float]]:
        names = [*map(str, self.bounds), "+Inf"]
        return list(zip(names, accumulate(self.counts), strict=True))


class Histograms:
    """A histogram's series: label values -> `Spread`."""

    __slots__ = ("spec", "values")

    def __init__(self, name: str, start: Iterable[Labels] = ()) -> None:
        self.spec = SPECS[name]
        self.values = {key: Histogram(self.spec.bounds) for key in start}

    def at(self, key: Labels) -> Histogram:
        found = self.values.get(key)
        if found is None:
            key = key if len(self.values) < MOST_SERIES else (OTHER,) * len(key)
            found = self.values.setdefault(key, Histogram(self.spec.bounds))
        return found

    def family(self) -> Metric:
        family = HistogramMetricFamily(self.spec.name, self.spec.help, labels=self.spec.labels)
        for key, spread in list(self.values.items()):
            family.add_metric(key, spread.buckets(), spread.total)
        return family


def gauge(name: str, values: Iterable[tuple[Labels, float]]) -> Metric:
    """A gauge's series as they are now."""
    spec = SPECS[name]
    family = GaugeMetricFamily(spec.name, spec.help, labels=spec.labels)
    for key, value in values:
        family.add_metric(key, value)
    return family
