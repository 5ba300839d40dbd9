"""What a scrape shows after each call, with the names that the documents and the alerts use."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from garbo.adapters.observability import document
from garbo.adapters.observability.metrics import LAG_STALE_S, Metrics
from garbo.adapters.observability.series import MOST_SERIES
from garbo.adapters.observability.specs import SPECS
from garbo.core.policy.models import CHALLENGER, Model
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import Blocked, DecisionRecord, FlowKind, Lineup
from garbo.core.vocabulary.reasons import DeadLetterReason, Disposition, Reason
from garbo.learning.evaluation.figures import Figures
from garbo.processors.competition import Competition
from garbo.processors.meters import Meter, Standing
from garbo.runtime.observer import ProcessorObserver
from tests.unit.core.journeys.facts import fact

ROOT = Path(__file__).resolve().parents[4]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics(clock: Clock) -> Metrics:
    return Metrics(clock=clock)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def record(disposition: Disposition = Disposition.DECIDED, point: str = "event", **more: Any) -> DecisionRecord:
    return DecisionRecord("d", "p", "e", more.pop("event_type", "touchpoint"), more.pop("event_kind", "view"), 0, 0,
                          disposition, "v1", point=point, **more)  # fmt: skip


def test_it_is_a_meter_and_gives_observers(metrics: Metrics) -> None:
    """mypy proves the types here; at run time each method of the ports is there."""
    meter: Meter = metrics
    observer: ProcessorObserver = metrics.processor("decide")
    for port, given in ((Meter, meter), (ProcessorObserver, observer)):
        assert [name for name in vars(port) if not name.startswith("_") and not hasattr(given, name)] == []


def test_a_decision_counts_by_disposition_and_result(metrics: Metrics) -> None:
    metrics.decided(record(chosen="offer"), Competition("action", 1))
    metrics.decided(record(), Competition("nothing_competed"))
    metrics.decided(record(), Competition("nothing_competed"))
    metrics.decided(record(Disposition.DUPLICATE, point=""), None)
    actual = [value(metrics, "garbo_decisions_total", disposition="decided", result=r) for r in ("action", "silence")]
    assert actual == [1.0, 2.0]
    assert value(metrics, "garbo_decisions_total", disposition="duplicate", result="silence") == 1.0


def test_a_candidate_held_back_and_a_decision_by_the_prior_are_counted(metrics: Metrics) -> None:
    held = (Blocked("offer", Reason.COOLDOWN), Blocked("other", Reason.COOLDOWN))
    metrics.decided(record(blocked=held, fallback=True), Competition("all_blocked"))
    assert value(metrics, "garbo_blocks_total", reason="cooldown") == 2.0
    assert value(metrics, "garbo_fallbacks_total") == 1.0


def test_an_action_counts_its_age_in_seconds_and_a_miss_of_its_budget(metrics: Metrics) -> None:
    metrics.action("email", "service", age_ms=40, budget_ms=1000)
    metrics.action("email", "service", age_ms=1500, budget_ms=1000)
    assert value(metrics, "garbo_actions_total", **{"channel": "email", "class": "service"}) == 2.0
    assert value(metrics, "garbo_budget_misses_total", channel="email") == 1.0
    assert value(metrics, "garbo_action_latency_seconds_sum", channel="email") == pytest.approx(1.54)
    buckets = [value(metrics, "garbo_action_latency_seconds_bucket", channel="email", le=le) for le in ("0.05", "+Inf")]
    assert buckets == [1.0, 2.0]


def test_a_value_on_a_bound_belongs_to_its_bucket(metrics: Metrics) -> None:
    metrics.row(1024)
    metrics.row(1025)
    assert [value(metrics, "garbo_row_bytes_bucket", le=le) for le in ("512.0", "1024.0", "2048.0")] == [0.0, 1.0, 2.0]


def test_a_value_above_all_bounds_is_counted(metrics: Metrics) -> None:
    metrics.row(10_000_000)
    assert value(metrics, "garbo_row_bytes_bucket", le="+Inf") == 1.0
    assert value(metrics, "garbo_row_bytes_count") == 1.0


def test_what_is_known_starts_at_zero(metrics: Metrics) -> None:
    """The first dead letter is an increase Prometheus can see."""
    metrics.processor("decide")
    assert {value(metrics, "garbo_blocks_total", reason=r.value) for r in Reason} == {0.0}
    assert {
        value(metrics, "garbo_dead_letters_total", processor="decide", reason=r.value) for r in DeadLetterReason
    } == {0.0}
    assert value(metrics, "garbo_fallbacks_total") == 0.0


def test_a_processors_latency_runs_from_a_chunk_to_its_commit_weighted_by_records(
    metrics: Metrics, clock: Clock
) -> None:
    decide = metrics.processor("decide")
    decide.chunk(500, 0.04)
    clock.now += 0.02
    decide.chunk(1, 0.001)
    clock.now += 0.01
    decide.committed(0.01, 501)
    assert value(metrics, "garbo_stage_latency_seconds_count", processor="decide") == 501.0
    assert value(metrics, "garbo_stage_latency_seconds_sum", processor="decide") == pytest.approx(500 * 0.07 + 0.011)
    assert value(metrics, "garbo_committed_records_total", processor="decide") == 501.0
    assert value(metrics, "garbo_commits_total", processor="decide") == 1.0


def test_a_rolled_back_chunk_has_no_latency_until_it_is_done_again(metrics: Metrics) -> None:
    decide = metrics.processor("decide")
    decide.chunk(500, 0.04)
    decide.rolled_back("the assignment was lost")
    decide.chunk(2, 0.04)
    decide.committed(0.01, 2)
    assert value(metrics, "garbo_stage_latency_seconds_count", processor="decide") == 2.0
    assert value(metrics, "garbo_rollbacks_total", processor="decide") == 1.0


def test_lag_of_a_partition_that_went_away_is_not_told(metrics: Metrics) -> None:
    """It is another worker's; ours would stand still for ever."""
    decide, learn = metrics.processor("decide"), metrics.processor("learn")
    decide.assigned([0, 1])
    decide.lag("party-events", 0, 7)
    decide.lag("party-events", 1, 8)
    learn.lag("learning-examples", 1, 9)
    decide.assigned([0])
    actual = [value(metrics, "garbo_lag", topic="party-events", partition=p) for p in "01"]
    assert actual == [7.0, None]
    assert value(metrics, "garbo_lag", topic="learning-examples", partition="1") == 9.0
    assert value(metrics, "garbo_assigned_partitions", processor="decide") == 1.0


def test_a_lag_nobody_measures_any_more_is_not_shown(metrics: Metrics, clock: Clock) -> None:
    metrics.processor("decide").lag("party-events", 0, 0)
    clock.now += LAG_STALE_S
    assert value(metrics, "garbo_lag", topic="party-events", partition="0") == 0.0
    clock.now += 1
    assert value(metrics, "garbo_lag", topic="party-events", partition="0") is None


def test_names_off_a_topic_cannot_make_series_without_end(metrics: Metrics) -> None:
    for n in range(MOST_SERIES + 50):
        metrics.model_updated(f"m{n}")
    assert value(metrics, "garbo_model_updates_total", model="other") == 50.0


def test_two_engines_in_one_process_count_apart() -> None:
    one, two = Metrics(), Metrics()
    one.decided(record(fallback=True), Competition("nothing_competed"))
    assert [value(one, "garbo_fallbacks_total"), value(two, "garbo_fallbacks_total")] == [1.0, 0.0]
    with pytest.raises(ValueError, match="Duplicated"):
        Metrics(one.registry)


def learnt(count: int = 40) -> Figures:
    figures = Figures()
    for n in range(count):
        figures.add_example(0.3 if n % 4 else 0.6, int(n % 5 == 0), {"x": float(n)})
    return figures


CHAMPION = Model("cards", (), 0.1, 10.0)
RIVAL = Model("rival", (), 0.1, 10.0, role=CHALLENGER, of="cards")


def test_a_models_figures_are_those_of_its_row(metrics: Metrics) -> None:
    summary = learnt().summary()
    metrics.model(CHAMPION, summary)
    labels = {"model": "cards", "role": "champion"}
    assert value(metrics, "garbo_model_examples", **labels) == 40
    assert value(metrics, "garbo_model_evidence", **labels) == 8
    assert value(metrics, "garbo_model_mature", **labels) == 0
    assert value(metrics, "garbo_model_auc", **labels) == summary.auc
    assert value(metrics, "garbo_model_log_loss", **labels) == summary.log_loss
    assert value(metrics, "garbo_model_calibration_error", **labels) == summary.calibration_error
    assert value(metrics, "garbo_model_drift_total", **labels) == 0


def test_a_model_without_examples_shows_that_and_no_figures(metrics: Metrics) -> None:
    metrics.model(RIVAL, None)
    assert value(metrics, "garbo_model_examples", model="rival", role="challenger") == 0
    assert value(metrics, "garbo_model_auc", model="rival", role="challenger") is None


def test_a_model_that_the_policy_no_longer_has_is_not_shown_and_a_new_role_replaces_the_old(metrics: Metrics) -> None:
    metrics.model(CHAMPION, learnt().summary())
    metrics.model(RIVAL, learnt().summary())
    metrics.models({"rival"})
    assert value(metrics, "garbo_model_examples", model="cards", role="champion") is None
    metrics.model(msgspec.structs.replace(RIVAL, role="champion"), learnt().summary())
    shown = [value(metrics, "garbo_model_examples", model="rival", role=role) for role in ("challenger", "champion")]
    assert shown == [None, 40]


def test_choices_are_counted_for_the_champion_that_scored_and_the_challenger_that_had_a_share(metrics: Metrics) -> None:
    champions, rival = Lineup("", "champion", 0.9, 0, (), (), ()), Lineup("rival@7", "challenger", 0.1, 0, (), (), ())
    shadow = Lineup("shade@9", "shadow", 0.0, 0, (), (), ())
    chosen = record(chosen="offer", model_version="cards@12", lineups=(champions, rival, shadow))
    metrics.decided(chosen, Competition("action", 1))
    metrics.decided(record(chosen="offer", model_version="cards@13"), Competition("action", 1))
    metrics.decided(record(chosen="offer", model_version="cards@13", confirmation="confirmed"), Competition("action"))
    assert value(metrics, "garbo_model_decisions_total", model="cards", role="champion") == 2
    assert value(metrics, "garbo_model_decisions_total", model="rival", role="challenger") == 1
    assert value(metrics, "garbo_model_decisions_total", model="shade", role="shadow") is None


def full() -> Metrics:
    """Metrics in which everything was counted once."""
    metrics = Metrics(CollectorRegistry())
    failed = (Blocked("other", Reason.RULE_ERROR, "eligibility: KeyError"),)
    outcome = record(
        event_type="outcome", event_kind="accepted", channel="email", chosen="offer", blocked=failed,
        model_version="m@1",
    )  # fmt: skip
    metrics.decided(outcome, Competition("action", 1, True, (("confirmed", ""),)))
    metrics.need_ended("question", "answered")
    metrics.contact(1)
    metrics.unreported("email")
    metrics.unlearnt("cards", "label")
    metrics.standing(0, Standing({"discovery": 2}, {"call_centre": (3, 20)}))
    metrics.policy_in_use("decide", Policy("v1"))
    metrics.dispatcher_lag("email-senders", "actions.email", 4)
    metrics.action("email", "service", 1, 1)
    metrics.model_updated("m")
    metrics.model(Model("m", (), 0.1, 10.0), learnt().summary())
    metrics.refused("decide", "policy")
    metrics.duplicate("learn")
    metrics.journeys([("card", "interest"), ("card", "offer")])
    metrics.journey(fact(target="offer"), "onward")
    metrics.journey(fact(FlowKind.STAY), "stay")
    metrics.journey(fact(FlowKind.CONTACT), "contact")
    metrics.journey(fact(FlowKind.RESPONSE, quality="negative"), "response")
    metrics.journey(fact(FlowKind.STAY, sign=-1), "stay")
    metrics.too_late()
    decide = metrics.processor("decide")
    decide.assigned([0])
    decide.chunk(1, 0.1)
    decide.committed(0.1, 1)
    decide.failed("KeyError")
    decide.restored(1, 0.1)
    decide.lag("party-events", 0, 1)
    return metrics


def scraped() -> dict[str, tuple[str, frozenset[str]]]:
    """Name -> type and labels, from the text Prometheus reads."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for family in text_string_to_metric_families(generate_latest(full().registry).decode()):
        name = family.name + "_total" * (family.type == "counter")
        labels: set[str] = set().union(*(sample.labels for sample in family.samples))
        found[name] = family.type, frozenset(labels - {"le"})
    return found


def test_what_is_scraped_is_what_the_table_of_metrics_says() -> None:
    assert {name: (s.kind, frozenset(s.labels)) for name, s in SPECS.items()} == scraped()


def test_the_document_has_todays_table() -> None:
    """Stale? `python -m garbo.adapters.observability.document` writes it."""
    page = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    assert document.updated(page) == page


def test_a_document_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="table: metrics"):
        document.updated("# Metrics\n")


def test_the_table_names_the_alerts_that_use_each_metric() -> None:
    """Of a rule that uses several metrics, the table may name it at one only; it names no rule that does not exist."""
    text = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text("utf-8")
    rules = dict(re.findall(r"- alert: (\w+)\n\s+expr: ((?:.*\n)+?)\s+(?:for|labels):", text))
    named = {(alert, spec.name) for spec in SPECS.values() for alert in re.findall(r"\bGarbo[A-Z]\w+", spec.watch)}
    assert [(alert, name) for alert, name in sorted(named) if name not in rules.get(alert, "")] == []
    assert set(rules) - {"GarboWorkerDown"} == {alert for alert, _ in named}  # that one asks Prometheus' own `up`


def test_journeys_are_counted_by_the_words_of_the_map(metrics: Metrics) -> None:
    metrics.journeys([("card", "interest"), ("card", "offer")])
    assert value(metrics, "garbo_journey_exits_total", journey="card", stage="offer", exit="drop") == 0.0
    metrics.journey(fact(origin="interest", target="offer"), "onward")
    metrics.journey(fact(origin="offer", target="invented"), "aside")
    metrics.journey(fact(FlowKind.DROP, "offer", journey="invented"), "drop")
    metrics.journey(fact(FlowKind.GOAL, "offer"), "goal")
    metrics.journey(fact(FlowKind.CONTACT, "", journey="", channel="email"), "contact")
    metrics.journey(fact(FlowKind.RESPONSE, "offer", channel="email", implicit=True, quality="neutral"), "response")
    metrics.journey(fact(origin="interest", target="offer", sign=-1), "onward")
    metrics.journey(fact(origin="lead", target="prospect", axis="lifecycle", journey=""), "aside")
    for name, labels in (
        ("entries_total", {"journey": "card", "stage": "offer"}),
        ("entries_total", {"journey": "card", "stage": "other"}),
        ("exits_total", {"journey": "card", "stage": "interest", "exit": "onward"}),
        ("exits_total", {"journey": "other", "stage": "other", "exit": "drop"}),
        ("dwell_seconds_count", {"journey": "card", "stage": "interest"}),
        ("touches_total", {"journey": "card", "kind": "goal"}),
        ("touches_total", {"journey": "(lifecycle)", "kind": "move"}),
        ("contacts_total", {"journey": "none", "channel": "email"}),
        ("responses_total", {"journey": "card", "channel": "email", "quality": "implicit"}),
        ("corrections_total", {}),
    ):
        assert value(metrics, f"garbo_journey_{name}", **labels) == 1.0, (name, labels)
