"""The table of all metrics. docs/metrics.md shows it; `document.py` writes it there.

Add a metric: a `Spec` here, a counter or a histogram in `metrics.py`, a panel on the dashboard; then run
`python -m garbo.adapters.observability.document`. A metric's name is a contract with dashboards and alerts outside this
repository, so it stays; `stage` in garbo_stage_latency_seconds is an old word for processor.
"""

from typing import Final, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]

_MOMENTS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5)  # a chunk, a commit
_WAITS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0)  # an event's age
_SIZES: Final = tuple(float(256 << n) for n in range(11))  # 256 B to 256 KiB


class Spec(NamedTuple):
    """One metric.

    name: as Prometheus shows it. help: what one unit of it is. watch: the alert rules that use it, or what an operator
    looks at. bounds: a histogram's buckets, in the metric's unit.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    watch: str
    bounds: tuple[float, ...] = ()


_TABLE: Final = (
    Spec(
        "garbo_decisions_total",
        "counter",
        ("disposition", "result"),
        "Decision records; result is action or silence, disposition tells decisions from duplicates, forwarded events "
        "and moved rows.",
        "GarboNoDecisions, GarboBudgetMisses",
    ),
    Spec(
        "garbo_actions_total",
        "counter",
        ("channel", "class"),
        "Commands sent to a channel's dispatcher.",
        "GarboSilentChannel, GarboModelStale",
    ),
    Spec(
        "garbo_blocks_total",
        "counter",
        ("reason",),
        "Candidates held back, by the first gate that held them.",
        "a reason that jumps after a policy change",
    ),
    Spec(
        "garbo_action_latency_seconds",
        "histogram",
        ("channel",),
        "Age of the event when its action was decided, since the event's append to party-events.",
        "rises with garbo_lag",
        _WAITS,
    ),
    Spec(
        "garbo_budget_misses_total",
        "counter",
        ("channel",),
        "Actions that were older than their latency budget when they were sent.",
        "GarboBudgetMisses",
    ),
    Spec(
        "garbo_fallbacks_total",
        "counter",
        (),
        "Decisions by the prior, because too little time was left for a model.",
        "rises with garbo_lag",
    ),
    Spec(
        "garbo_dead_letters_total",
        "counter",
        ("processor", "reason"),
        "Messages that cannot be used and went to dead-letters.",
        "GarboDeadLetters, GarboBug",
    ),
    Spec(
        "garbo_duplicates_total",
        "counter",
        ("processor",),
        "Learning examples dropped because they were learnt already; decide counts duplicate events in "
        "garbo_decisions_total.",
        "growth while no worker restarts",
    ),
    Spec(
        "garbo_row_bytes",
        "histogram",
        (),
        "Size of a party's row; one write in sixteen is measured.",
        "GarboLargeRows",
        _SIZES,
    ),
    Spec(
        "garbo_model_updates_total",
        "counter",
        ("model",),
        "Snapshots of a model taken into use by this worker.",
        "GarboModelStale",
    ),
    Spec(
        "garbo_refused_total",
        "counter",
        ("processor", "what"),
        "Policies and snapshots that cannot be used; the last good one stays in use.",
        "GarboRefused",
    ),
    Spec(
        "garbo_stage_latency_seconds",
        "histogram",
        ("processor",),
        "Time from the start of a record's chunk to the commit of its work, weighted by record; the wait in the topic "
        "is not in it.",
        "GarboSlowDecisions",
        _MOMENTS,
    ),
    Spec(
        "garbo_commits_total",
        "counter",
        ("processor",),
        "Checkpoints committed.",
        "none while garbo_lag stands: the watchdog ends the worker after 60 s",
    ),
    Spec(
        "garbo_commit_seconds",
        "histogram",
        ("processor",),
        "Duration of a commit.",
        "the broker's part of garbo_stage_latency_seconds",
        _MOMENTS,
    ),
    Spec(
        "garbo_committed_records_total",
        "counter",
        ("processor",),
        "Records whose work was committed: the throughput.",
        "compare with what producers send",
    ),
    Spec(
        "garbo_rollbacks_total",
        "counter",
        ("processor",),
        "Checkpoints aborted; their records are read again.",
        "more than the rebalances explain",
    ),
    Spec(
        "garbo_failures_total",
        "counter",
        ("processor", "type"),
        "Exceptions out of a processor that are not about one record, by type; a bug in one record is a dead letter.",
        "any increase",
    ),
    Spec(
        "garbo_assigned_partitions",
        "gauge",
        ("processor",),
        "Partitions this worker has; 0 during a rebalance, or if there are more workers than partitions.",
        "0 for long",
    ),
    Spec(
        "garbo_restored_rows_total",
        "counter",
        ("processor",),
        "Rows read back from the changelog when the worker got partitions.",
        "growth without rebalances",
    ),
    Spec(
        "garbo_lag",
        "gauge",
        ("topic", "partition"),
        "Records on the log that are not committed yet, measured by an independent client.",
        "GarboLagGrows, GarboNoDecisions",
    ),
)
SPECS: Final = {spec.name: spec for spec in _TABLE}
