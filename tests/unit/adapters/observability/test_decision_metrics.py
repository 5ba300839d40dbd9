"""What a scrape shows of the decision itself."""

import pytest

from garbo.adapters.observability.decision_metrics import TONES
from garbo.adapters.observability.metrics import LAG_STALE_S, Metrics
from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.channels import ChannelPolicy
from garbo.core.policy.models import Model
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.policy import HoldOut, Policy
from garbo.core.policy.vocabulary import Meaning
from garbo.core.vocabulary.effects import Blocked
from garbo.core.vocabulary.reasons import Reason
from garbo.processors.competition import Competition
from garbo.processors.meters import NEED_ENDS, Standing
from tests.unit.adapters.observability.test_metrics import Clock, record, value

OFFER = Action(
    "offer", ActionClass.MARKETING, "own_promotion", "card", (), eligibility=lambda _: True, value_company=lambda _: 1.0
)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(clock=Clock())


def test_a_decision_counts_by_point_and_result(metrics: Metrics) -> None:
    metrics.decided(record(point="inbound"), Competition("silence_chosen", 3))
    metrics.decided(record(point="inbound"), Competition("nothing_competed"))
    results = ("silence_chosen", "nothing_competed", "action")
    assert [value(metrics, "garbo_decision_points_total", point="inbound", result=r) for r in results] == [1, 1, 0]


def test_candidates_are_counted_at_a_choice_and_not_at_a_confirmation(metrics: Metrics) -> None:
    metrics.decided(record(point="proactive"), Competition("action", 4))
    metrics.decided(record(point="planned", confirmation="confirmed"), Competition("action", 1))
    assert value(metrics, "garbo_candidates_sum", point="proactive") == 4.0
    assert [value(metrics, "garbo_candidates_bucket", point="proactive", le=le) for le in ("3.0", "5.0")] == [0.0, 1.0]
    assert value(metrics, "garbo_candidates_count", point="planned") == 0.0


def test_hold_out_is_counted_where_marketing_competed(metrics: Metrics) -> None:
    metrics.decided(record(held_out=True), Competition("all_blocked", marketing=True))
    metrics.decided(record(), Competition("action", 1, marketing=True))
    metrics.decided(record(held_out=True), Competition("action", 1))  # a service message
    metrics.decided(record(point="planned", confirmation="confirmed"), Competition("action", 1, marketing=True))
    assert [value(metrics, "garbo_marketing_decisions_total", held_out=h) for h in ("true", "false")] == [1.0, 1.0]


def test_plans_are_counted_by_result_and_reason(metrics: Metrics) -> None:
    plans = (("cancelled", "cancelled"), ("cancelled", "consent_denied"))
    metrics.decided(record(confirmation="cancelled"), Competition("cancelled", plans=plans))
    reasons = ("cancelled", "consent_denied", "dropped")
    assert [value(metrics, "garbo_plans_total", result="cancelled", reason=r) for r in reasons] == [1.0, 1.0, 0.0]
    assert value(metrics, "garbo_plans_total", result="confirmed", reason="") == 0.0


def test_a_response_counts_by_channel_and_tone(metrics: Metrics) -> None:
    for status, channel in (("refused", "sms"), ("delivered", "sms"), ("accepted", "")):
        outcome = record(event_type="outcome", event_kind=status, channel=channel)
        metrics.decided(outcome, Competition("nothing_competed"))
    metrics.decided(record(event_kind="refused"), Competition("nothing_competed"))  # a touchpoint of that name
    found = [("sms", "negative", "refused"), ("sms", "neutral", "delivered"), ("unknown", "positive", "accepted")]
    counted = [value(metrics, "garbo_responses_total", channel=c, tone=t, status=s) for c, t, s in found]
    assert counted == [1.0, 1.0, 1.0]


def test_every_status_has_a_tone() -> None:
    assert set(TONES) == set(Meaning)


def test_what_stands_open_is_summed_over_the_partitions_that_are_here(metrics: Metrics) -> None:
    metrics.standing(0, Standing({"discovery": 2}, {"call_centre": (3, 20)}))
    metrics.standing(1, Standing({"discovery": 5}, {"call_centre": (20, 20)}))
    assert value(metrics, "garbo_silent_parties", stage="discovery") == 7.0
    names = ("garbo_capacity_used", "garbo_capacity_share")
    assert [value(metrics, name, channel="call_centre") for name in names] == [23.0, 40.0]
    metrics.standing(1, None)
    assert value(metrics, "garbo_silent_parties", stage="discovery") == 2.0
    assert [value(metrics, name, channel="call_centre") for name in names] == [3.0, 20.0]


def test_a_policy_shows_its_version_and_share_and_its_words_start_at_zero(metrics: Metrics) -> None:
    kinds = {"question": NeedKind("question", ("post",), 0, 0)}
    channels = {"email": ChannelPolicy("email", reports_within=1), "push": ChannelPolicy("push")}
    metrics.policy_in_use("decide", Policy("v1"))
    metrics.policy_in_use("decide", Policy("v2", needs=kinds, channels=channels, hold_out=HoldOut(0.05)))
    versions = [value(metrics, "garbo_policy_info", processor="decide", version=v) for v in ("v1", "v2")]
    assert versions == [None, 1.0]
    assert value(metrics, "garbo_hold_out_share") == 0.05
    assert {value(metrics, "garbo_needs_total", kind="question", end=e) for e in NEED_ENDS} == {0.0}
    assert [value(metrics, "garbo_unreported_commands_total", channel=c) for c in ("email", "push")] == [0.0, None]


def test_a_dispatchers_lag_nobody_measures_any_more_is_not_shown() -> None:
    clock = Clock()
    metrics = Metrics(clock=clock)
    metrics.dispatcher_lag("senders", "actions.sms", 7)
    assert value(metrics, "garbo_dispatcher_lag", group="senders", topic="actions.sms") == 7.0
    clock.now += LAG_STALE_S + 1
    assert value(metrics, "garbo_dispatcher_lag", group="senders", topic="actions.sms") is None


def test_a_rule_that_fails_is_counted_by_its_name(metrics: Metrics) -> None:
    """Every rule and value of the policy starts at 0; a number is none."""
    metrics.policy_in_use("decide", Policy("v1", actions={"offer": OFFER}))
    lines = (Blocked("offer", Reason.RULE_ERROR, "value_company: KeyError"), Blocked("offer", Reason.NOT_ELIGIBLE, "x"))
    metrics.decided(record(blocked=lines), Competition("all_blocked"))
    fields = ("eligibility", "suitability", "value_company", "value_customer")
    counted = [value(metrics, "garbo_rule_errors_total", rule=f"offer.{field}") for field in fields]
    assert counted == [0.0, None, 1.0, None]


def test_labels_that_were_given_up_count_by_the_families_of_the_models() -> None:
    """The family of an earlier policy, still on some rows, gets no series of its own."""
    champion = Model("cards", (), 0.1, 10.0, families=("cards", "loans"))
    rival = Model("rival", (), 0.1, 10.0, role="challenger", of="cards")
    metrics = Metrics()
    metrics.policy_in_use("decide", Policy("v1", models={"cards": champion, "rival": rival}))
    metrics.unlearnt("loans", "label")
    metrics.unlearnt("pension", "label")
    counted = {f: value(metrics, "garbo_labels_dropped_total", family=f, awaited="label")
               for f in ("cards", "loans", "rival", "pension", "other")}  # fmt: skip
    assert counted == {"cards": 0, "loans": 1, "rival": None, "pension": None, "other": 1}
