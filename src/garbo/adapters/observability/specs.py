"""The table of all metrics. docs/metrics.md shows it; `document.py` writes it there.

Add a metric: a `Spec` here, a counter or a histogram in `metrics.py`, a panel on the dashboard; then run
`python -m garbo.adapters.observability.document`. A metric's name is a contract with dashboards and alerts outside this
repository, so it stays; `stage` in garbo_stage_latency_seconds is an old word for processor.
"""

from typing import Final

from garbo.adapters.observability.journey_specs import JOURNEYS
from garbo.adapters.observability.spec import Spec

_MOMENTS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5)  # a chunk, a commit
_WAITS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0)  # an event's age
_CANDIDATES: Final = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 50.0, 100.0)
_CONTACTS: Final = (1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0)  # of one party in seven days
_SIZES: Final = tuple(float(256 << n) for n in range(11))  # 256 B to 256 KiB


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
        "garbo_rule_errors_total",
        "counter",
        ("rule",),
        "Rules and values (action.field) that failed for a person; the action was held back as rule_error.",
        "GarboRuleErrors",
    ),
    Spec(
        "garbo_decision_points_total",
        "counter",
        ("point", "result"),
        "Decisions by point. result: action; nothing_competed; all_blocked, each candidate was held back; "
        "silence_chosen, some candidate was feasible; cancelled, what had been planned was not made.",
        "GarboNothingToSay",
    ),
    Spec(
        "garbo_candidates",
        "histogram",
        ("point",),
        "Feasible candidates of a choice, after every gate (optionality); the confirmation of a plan is no choice.",
        "below 2 at inbound or proactive, nothing is weighed",
        _CANDIDATES,
    ),
    Spec(
        "garbo_plans_total",
        "counter",
        ("result", "reason"),
        "Planned contacts confirmed, or cancelled: for a gate's reason, by what happened (cancelled), or because the "
        "policy no longer has the action (dropped).",
        "a reason that jumps after a policy change",
    ),
    Spec(
        "garbo_responses_total",
        "counter",
        ("channel", "tone", "status"),
        "Outcomes reported. tone: positive, neutral, negative or failed.",
        "GarboNegativeResponses",
    ),
    Spec(
        "garbo_needs_total",
        "counter",
        ("kind", "end"),
        "Needs that ended; answered_late came after what the policy promises (answer_within), or after the promised "
        "time. A need with a promise is counted twice: when it is promised, and when it ends.",
        "GarboNeedsUnanswered, GarboNeedsLate",
    ),
    Spec(
        "garbo_contacts_per_week",
        "histogram",
        (),
        "At each contact made: contacts of its party in the seven days before, this one counted, as far as "
        "the ledger remembers (the policy's longest window). What was shown to who was there, or rode along, is none.",
        "a tail that grows: too many contacts of few parties",
        _CONTACTS,
    ),
    *JOURNEYS,
    Spec(
        "garbo_marketing_decisions_total",
        "counter",
        ("held_out",),
        "Choices at which some marketing competed, by whether the party is in the control group.",
        "GarboHoldOutOff",
    ),
    Spec(
        "garbo_hold_out_share",
        "gauge",
        (),
        "Share of all parties that the policy in use holds out of marketing.",
        "GarboHoldOutOff",
    ),
    Spec(
        "garbo_silent_parties",
        "gauge",
        ("stage",),
        "Parties that have had no contact for longer than their stage's patience, in this worker's partitions.",
        "GarboSilentPartiesRise",
    ),
    Spec(
        "garbo_capacity_used",
        "gauge",
        ("channel",),
        "Slots of the channel used in the present hour or day, in this worker's partitions.",
        "GarboCapacityExhausted",
    ),
    Spec(
        "garbo_capacity_share",
        "gauge",
        ("channel",),
        "Slots of the channel that this worker's partitions have in the present hour or day.",
        "GarboCapacityExhausted",
    ),
    Spec(
        "garbo_unreported_commands_total",
        "counter",
        ("channel",),
        "Commands whose dispatcher reported nothing within the channel's reports_within.",
        "GarboDispatcherDead",
    ),
    Spec(
        "garbo_labels_dropped_total",
        "counter",
        ("family", "awaited"),
        "Contacts that left a full row before their label was known (label), or before a late yes (yes).",
        "GarboLabelsDropped",
    ),
    Spec(
        "garbo_dispatcher_lag",
        "gauge",
        ("group", "topic"),
        "Commands that the consumer group (GARBO_DISPATCHER_GROUPS) has not committed yet; every worker measures the "
        "same, so take the maximum.",
        "GarboDispatcherBehind",
    ),
    Spec(
        "garbo_policy_info",
        "gauge",
        ("processor", "version"),
        "1 for the version of the policy in use; there is one version at a time.",
        "GarboPolicyVersions",
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
        "garbo_misplaced_total",
        "counter",
        ("topic",),
        "Messages under a foreign key, or on a partition that is not their key's; resolve has sent them on.",
        "GarboMisplaced",
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
        "garbo_model_decisions_total",
        "counter",
        ("model", "role"),
        "Choices of an action by the score of this champion, and choices in which this challenger had its share.",
        "GarboChallengerIdle",
    ),
    Spec(
        "garbo_model_examples",
        "gauge",
        ("model", "role"),
        "Examples the model was tested on and has learnt; a worker shows 0 for a model that it does not learn, so "
        "take the maximum.",
        "GarboModelStarves, GarboChallengerIdle",
    ),
    Spec(
        "garbo_model_evidence",
        "gauge",
        ("model", "role"),
        "Of these, answers with yes.",
        "below 200 the other figures mean little",
    ),
    Spec(
        "garbo_model_mature",
        "gauge",
        ("model", "role"),
        "1 when there are 200 answers with yes.",
        "GarboModelMiscalibrated",
    ),
    Spec(
        "garbo_model_auc",
        "gauge",
        ("model", "role"),
        "AUC of all predictions, each made before its label was learnt.",
        "compare with garbo_model_block_auc: a rate that changes with time lifts it",
    ),
    Spec(
        "garbo_model_block_auc",
        "gauge",
        ("model", "role"),
        "AUC of pairs of examples that were learnt one soon after the other: how well people of the same weeks are "
        "distinguished.",
        "near 0.5 the model distinguishes nobody",
    ),
    Spec(
        "garbo_model_log_loss",
        "gauge",
        ("model", "role"),
        "Log loss of all predictions, in nats per example.",
        "compare a challenger with its champion",
    ),
    Spec(
        "garbo_model_calibration_error",
        "gauge",
        ("model", "role"),
        "Mean distance between prediction and truth, in groups of equal mass.",
        "GarboModelMiscalibrated",
    ),
    Spec(
        "garbo_model_calibration_noise",
        "gauge",
        ("model", "role"),
        "What a perfectly calibrated model would show there on so few examples.",
        "GarboModelMiscalibrated",
    ),
    Spec(
        "garbo_model_drift_total",
        "counter",
        ("model", "role"),
        "Times that the mean of label - prediction changed (ADWIN).",
        "GarboModelDrift",
    ),
    Spec(
        "garbo_model_stale_features",
        "gauge",
        ("model", "role"),
        "Features that the last 1,000 examples did not have.",
        "GarboModelFeatureGone",
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
