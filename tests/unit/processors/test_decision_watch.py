"""What decide counts, seen through the metrics: each test plays events and reads what a scrape would show."""

from msgspec.structs import replace

from garbo.adapters.observability.metrics import Metrics
from garbo.core.policy.actions import Trigger
from garbo.core.policy.channels import Capacity, ChannelPolicy
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.contact_policy import Cap, ContactPolicy
from garbo.core.policy.policy import Arbitration, Policy
from garbo.core.vocabulary.events import PartyMerged
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.processors.decision_watch import WEEK
from tests.unit.core.small import SMALL, action, one_journey, outcome, touch, view
from tests.unit.processors.processor import DecideHost, known

ALL = ("profiling", "own_promotion")
OFFER = action("offer_email", when=(Trigger("touchpoint", "view"),))


def policy(*actions: object, **changed: object) -> CompiledPolicy:
    """The small policy almost without contact rules: e-mail reports within four hours, calls are scarce."""
    channels = {
        "email": ChannelPolicy("email", reports_within=4 * HOUR),
        "call_centre": ChannelPolicy("call_centre", capacity=Capacity(20, "hour")),
    }
    contact = ContactPolicy(caps=(Cap("all", WEEK, 50),))  # so that the ledger remembers a week
    fields: dict[str, object] = {"contact": contact, "channels": channels, "arbitration": Arbitration(), **changed}
    if actions:
        fields["actions"] = {a.name: a for a in actions}  # type: ignore[attr-defined]
    return compiled(replace(SMALL, **fields))


class Watched(DecideHost):
    """A party that is known, and what is scraped about it."""

    def __init__(self, rules: CompiledPolicy) -> None:
        self.metrics = Metrics()
        super().__init__(rules, meter=self.metrics)
        known(self, *ALL)

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)

    def wait(self, span: int) -> None:
        """Time passes, and timers fire at their own instants, as they do live."""
        until = self.now + span
        while True:
            due = self.processor._timers[0].next_due
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            self.fire()
        self.now = until
        self.fire()

    def reopen(self) -> None:
        """A rebalance: the partition is closed and opened again from its rows."""
        self.processor.close(0)
        self.processor.open(0, self.rows)
        self.fire()


# ---- decisions -----------------------------------------------------------------------------------------------------


def test_an_offer_made_is_a_candidate_an_action_and_a_contact() -> None:
    host = Watched(policy(OFFER))
    before = host.value("garbo_candidates_count", point="event") or 0.0
    host.happen(view("card"))
    assert ["offer_email"] == [c.action for c in host.commands()]
    assert host.value("garbo_decision_points_total", point="event", result="action") == 1.0
    assert host.value("garbo_candidates_sum", point="event") == 1.0
    assert host.value("garbo_candidates_count", point="event") == before + 1
    assert host.value("garbo_marketing_decisions_total", held_out="false") == 1.0


def test_contacts_of_one_party_in_a_week_are_counted_with_each_contact() -> None:
    """The second within seven days is the second; eight days later it is the first again."""
    host = Watched(policy(OFFER))
    for wait in (0, DAY, 8 * DAY):
        host.wait(wait)
        host.happen(view("card"))
    assert 3 == len(host.commands())
    assert host.value("garbo_contacts_per_week_sum") == 1.0 + 2.0 + 1.0


def test_an_outcome_is_a_response_with_the_channel_of_its_command() -> None:
    host = Watched(policy(OFFER))
    host.happen(view("card"))
    (command,) = host.commands()
    host.happen(outcome("refused", command.action_id))
    assert host.value("garbo_responses_total", channel="email", tone="negative", status="refused") == 1.0


# ---- needs ---------------------------------------------------------------------------------------------------------

REPLY = action(
    "reply", "service", "service_request", theme="card", answers=("question",),
    when=(Trigger("need", "question", theme="="),),
)  # fmt: skip


def test_an_answer_that_arrives_in_time_is_answered_and_one_that_does_not_is_late() -> None:
    """The question is owed an answer within 25 minutes; the e-mail leaves after five."""
    for report, end in ((10 * MINUTE, "answered"), (HOUR, "answered_late")):
        host = Watched(policy(REPLY))
        host.happen(touch("post", "card"))
        host.wait(5 * MINUTE)
        (command,) = host.commands()
        host.wait(report)
        host.happen(outcome("delivered", command.action_id))
        assert host.value("garbo_needs_total", kind="question", end=end) == 1.0


def test_a_need_that_nothing_fits_ends_unanswered() -> None:
    host = Watched(policy(OFFER))
    host.happen(touch("post", "card"))
    host.wait(HOUR)
    assert host.value("garbo_needs_total", kind="question", end="unanswered") == 1.0


def test_a_promise_kept_at_its_time_is_not_late() -> None:
    """The call comes the next morning, as promised: long after the 25 minutes, and not late."""
    host = Watched(policy())
    host.happen(touch("post", "card"))
    host.wait(DAY)
    assert ["reply_promise", "promised_call"] == [c.action for c in host.commands()]
    ends = {end: host.value("garbo_needs_total", kind="question", end=end) for end in ("promised", "answered_late")}
    assert ends == {"promised": 1.0, "answered_late": 0.0}
    assert host.value("garbo_plans_total", result="confirmed", reason="") == 1.0


# ---- reports -------------------------------------------------------------------------------------------------------


def unreported(host: Watched) -> float | None:
    return host.value("garbo_unreported_commands_total", channel="email")


def test_a_dead_dispatcher_is_seen_though_nothing_happens() -> None:
    host = Watched(policy(OFFER))
    host.happen(view("card"))
    host.wait(4 * HOUR - 1)
    assert unreported(host) == 0.0
    host.wait(1)
    assert unreported(host) == 1.0
    host.wait(DAY)
    assert unreported(host) == 1.0


def test_a_report_in_time_is_the_end_of_it_also_after_a_rebalance() -> None:
    """The row remembers the report: delivered, and nothing else is known of it."""
    host = Watched(policy(OFFER))
    host.happen(view("card"))
    (command,) = host.commands()
    host.happen(outcome("delivered", command.action_id))
    host.reopen()
    host.wait(DAY)
    assert unreported(host) == 0.0


def test_a_rebalance_does_not_forget_what_is_awaited_nor_count_it_twice() -> None:
    host = Watched(policy(OFFER))
    host.happen(view("card"))
    host.wait(HOUR)
    host.reopen()
    host.wait(3 * HOUR)
    assert unreported(host) == 1.0
    host.reopen()
    host.wait(DAY)
    assert unreported(host) == 1.0


def test_a_row_that_moves_takes_what_it_awaits_along() -> None:
    """The outcome will come to the winner's partition; here it would be missed for ever."""
    host = Watched(policy(OFFER))
    host.happen(view("card"))
    host.batch([host.event(PartyMerged("a"))])
    host.wait(DAY)
    assert unreported(host) == 0.0


# ---- what stands open ----------------------------------------------------------------------------------------------

PATIENT = one_journey({"looking": 14 * DAY, "asking": 0})


def silent(host: Watched) -> float | None:
    host.now += 10_000  # gauges are handed over every five seconds
    host.fire()
    return host.value("garbo_silent_parties", stage="looking")


def quiet_policy() -> CompiledPolicy:
    """Nobody contacts those who look; who comes to the branch gets an e-mail."""
    greeting = action("greeting", when=(Trigger("touchpoint", "branch_visit"),))
    return policy(greeting, journeys=PATIENT)


def test_a_party_beyond_its_stages_patience_is_silent_until_a_contact_is_made() -> None:
    host = Watched(quiet_policy())
    host.happen(view("card"))
    assert silent(host) == 0.0
    host.wait(14 * DAY)
    assert silent(host) == 1.0
    host.wait(20 * DAY)
    assert silent(host) == 1.0
    host.happen(touch("branch_visit", "card"))
    assert ["greeting"] == [c.action for c in host.commands()]
    assert silent(host) == 0.0


def test_a_party_that_leaves_the_stage_is_no_longer_silent_in_it() -> None:
    host = Watched(quiet_policy())
    host.happen(view("card"))
    host.wait(14 * DAY)
    host.happen(touch("post", "card"))
    assert (host.party().stage, silent(host)) == ("asking", 0.0)


def test_the_silent_are_counted_again_from_the_rows_and_leave_with_the_partition() -> None:
    host = Watched(quiet_policy())
    host.happen(view("card"))
    host.wait(14 * DAY)
    host.reopen()
    assert silent(host) == 1.0
    host.batch([host.event(view("card"))], commit=False)  # rolled back
    assert silent(host) == 1.0
    host.processor.close(0)
    assert host.value("garbo_silent_parties", stage="looking") is None


def test_capacity_used_is_shown_for_the_present_hour_and_restored_from_the_row() -> None:
    call = action("call", channel="call_centre", when=(Trigger("touchpoint", "view"),))
    host = Watched(policy(call))
    host.happen(view("card"))
    names = ("garbo_capacity_used", "garbo_capacity_share")

    def capacity() -> list[float | None]:
        host.now += 10_000
        host.fire()
        return [host.value(name, channel="call_centre") for name in names]

    assert capacity() == [1.0, 20.0]
    host.reopen()
    assert capacity() == [1.0, 20.0]
    host.now += HOUR
    assert capacity() == [0.0, 20.0]


# ---- the policy in use ---------------------------------------------------------------------------------------------


def test_the_version_in_use_follows_the_broadcast() -> None:
    metrics = Metrics()
    host = DecideHost(meter=metrics, load_policy=lambda raw: Policy(raw.decode()))
    host.processor.broadcast("t.policy-versions", b"bank", b"v2")
    versions = [("small", None), ("v2", 1.0)]
    for version, shown in versions:
        labels = {"processor": "decide", "version": version}
        assert metrics.registry.get_sample_value("garbo_policy_info", labels) == shown
