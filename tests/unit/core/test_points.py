"""Decision points: when Garbo asks "what now?", and who competes. docs/decision-points.md has a row for each."""

import pytest
from msgspec.structs import replace

from garbo.core.policy.actions import Treatment, Trigger
from garbo.core.policy.attributes import Attribute
from garbo.core.policy.contact_policy import Cap, ContactPolicy, QuietHours, Spacing
from garbo.core.policy.journey import Move, TouchpointKind
from garbo.core.policy.proactive import DateBefore, Proactive
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import ProfileUpdate
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.core.vocabulary.reasons import Reason
from tests.unit.core.small import (
    NOON,
    SMALL,
    Log,
    action,
    consent,
    known,
    one_journey,
    outcome,
    touch,
    view,
    with_actions,
)

INBOUND, PROACTIVE = Trigger("inbound"), Trigger("proactive")
GREEDY = replace(SMALL.arbitration, exploration=0.0)
KINDS = {"ask": TouchpointKind("ask", asks=True, behaviour=False), "view": TouchpointKind("view", interest=1.0)}


def offer(name: str, *ways: Treatment, value: float = 10.0, **more: object) -> object:
    made = action(name, value_company=value, **{"when": (INBOUND, PROACTIVE), **more})
    return replace(made, treatments=ways or (Treatment("email"), Treatment("app", inbound=True)))


def bank(*actions: object, **changed: object) -> Log:
    given = {"arbitration": GREEDY, "contact": ContactPolicy(), "touchpoints": KINDS, **changed}
    return known(Log(with_actions(*actions, **given)), "own_promotion", "profiling")  # type: ignore[arg-type]


# ---- event ---------------------------------------------------------------------------------------------------------


def test_an_event_that_nothing_names_has_no_candidates() -> None:
    log = bank(offer("a"))
    log.happen(view())
    assert ("event", (), ()) == (log.records()[-1].point, log.records()[-1].scored, log.records()[-1].blocked)


@pytest.mark.parametrize(
    ("trigger", "body"),
    [
        (Trigger("touchpoint", "view"), view()),
        (Trigger("profile"), ProfileUpdate(attributes={"age": 41})),
        (Trigger("consent", "satisfaction"), consent("satisfaction")),
        (Trigger("outcome", "accepted"), outcome("accepted", action="x")),
    ],
)
def test_touchpoints_outcomes_profile_changes_and_grants_are_decision_points(trigger: Trigger, body: object) -> None:
    log = bank(offer("a", when=(trigger,)))
    log.happen(body)  # type: ignore[arg-type]
    assert ("event", "a") == (log.records()[-1].point, log.records()[-1].chosen)


def test_a_withdrawal_is_no_occasion_to_offer_something() -> None:
    log = bank(offer("a", when=(Trigger("consent", "satisfaction"),)))
    log.happen(consent("satisfaction", False))
    assert ("", ()) == (log.records()[-1].chosen, log.records()[-1].scored)


@pytest.mark.parametrize(("times", "chosen"), [(1, ""), (2, ""), (3, "a")])
def test_three_visits_in_seven_days(times: int, chosen: str) -> None:
    log = bank(offer("a", when=(Trigger("touchpoint", "view", theme="=", times=3, within=7 * DAY),)))
    log.happen(view())  # too long ago
    log.wait(7 * DAY)
    for _ in range(times):
        log.happen(view(), HOUR)
    assert chosen == log.records()[-1].chosen
    if not chosen:
        assert [("a", Reason.CONDITION, "times 3")] == [
            (b.action, b.reason, b.detail) for b in log.records()[-1].blocked
        ]


# ---- inbound -------------------------------------------------------------------------------------------------------


def test_who_asks_gets_the_best_treatment_of_that_channel_and_no_contact_is_made() -> None:
    """Not the e-mail, not the web page: what the app can show; at night too, whatever the caps on contacts."""
    log = bank(
        offer("small", value=5.0),
        offer("great", value=50.0),
        offer("elsewhere", Treatment("web", inbound=True), value=500.0),
        contact=ContactPolicy(
            caps=(Cap("none", DAY, 0),), spacings=(Spacing("gap", DAY),), quiet_hours={"app": QuietHours(0, 23 * 60)}
        ),
    )
    log.happen(touch("ask", channel=Channel.APP))
    (command,) = log.commands()
    record = log.records()[-1]
    assert ("great", "app", True, "") == (command.action, command.channel, command.inbound, command.address)
    assert ("inbound", "app", "app", 2) == (record.point, record.channel, record.chosen_channel, len(record.scored))
    assert [("great", True)] == [(c.action, c.rider) for c in log.party().contacts]
    assert 0.0 == log.party().pressure


def test_shown_offers_count_for_caps_on_their_theme() -> None:
    """Who has refused to hear of cards is not shown cards at the counter either."""
    rules = ContactPolicy(caps=(Cap("cards", 7 * DAY, 1, themes=("card",)),))
    log = bank(offer("a"), contact=rules)
    for _ in range(2):
        log.happen(touch("ask", channel=Channel.APP), HOUR)
    assert (["a"], [Reason.CAP_REACHED]) == (log.names(), [b.reason for b in log.records()[-1].blocked])


def test_inbound_needs_the_same_consents() -> None:
    log = bank(offer("a"))
    log.happen(consent("own_promotion", False))
    log.happen(touch("ask", channel=Channel.APP))
    assert ([], [(Reason.CONSENT_DENIED, "own_promotion")]) == (
        log.names(), [(b.reason, b.detail) for b in log.records()[-1].blocked],
    )  # fmt: skip


# ---- proactive -----------------------------------------------------------------------------------------------------

CLOCK = Proactive(after_stage=2 * HOUR, silence=21 * DAY, dates=(DateBefore("contract_end", 60 * DAY),))
STAGES = {
    "journeys": one_journey({"looking": 10 * DAY}, (Move("", "view", "looking"),)),
    "attributes": {**SMALL.attributes, "contract_end": Attribute("contract_end", "date", "")},
    "proactive": CLOCK,
}  # fmt: skip


def struck(log: Log) -> list[tuple[str, int]]:
    """(cause, hours since noon) of each proactive decision."""
    return [(r.event_kind, (r.at - NOON) // HOUR) for r in log.records() if r.point == "proactive"]


def test_entering_a_stage_and_the_end_of_its_patience_ask_what_now() -> None:
    log = bank(offer("a", value=0.0), **STAGES)
    log.happen(view())
    log.wait(20 * DAY + HOUR)
    assert [("stage", 2), ("patience", 240), ("patience", 480)] == struck(log)


def test_patience_counts_from_the_last_contact() -> None:
    """Hearing from us is what patience waits for; a contact on day 4 moves the point to day 14."""
    log = bank(offer("a", when=(Trigger("touchpoint", "other"),)), **{**STAGES, "proactive": Proactive()})
    log.happen(view())
    log.happen(touch("other", "card"), 4 * DAY)
    assert ["a"] == log.names()
    log.wait(11 * DAY)
    assert [("patience", 14 * 24)] == [s for s in struck(log) if s[0] == "patience"]


def test_so_many_days_without_a_decision_ask_what_now() -> None:
    log = bank(offer("a", value=0.0), **{**STAGES, "journeys": {}})
    log.wait(45 * DAY)
    assert [("silence", 21 * 24), ("silence", 42 * 24)] == struck(log)


def test_a_date_minus_its_offset_asks_once() -> None:
    log = bank(
        offer("a", value=0.0), **{**STAGES, "proactive": replace(CLOCK, silence=0, after_stage=0), "journeys": {}}
    )
    log.happen(ProfileUpdate(attributes={"contract_end": "2024-06-04"}))  # 92 days after the 4th of March
    log.wait(100 * DAY)
    assert ["date_contract_end"] == [cause for cause, _ in struck(log)]
    assert 32 == (log.records()[-1].at - NOON) // DAY + 1  # midnight UTC, 60 days before
    log.happen(ProfileUpdate(attributes={"contract_end": "2025-06-04"}))  # renewed: the next year's date asks again
    log.wait(365 * DAY)
    assert ["date_contract_end"] * 2 == [cause for cause, _ in struck(log)]


@pytest.mark.parametrize("value", ["soon", "", "2024-13-40", 12])
def test_what_is_no_date_asks_nothing(value: str | int) -> None:
    log = bank(offer("a"), **{**STAGES, "proactive": replace(CLOCK, silence=0), "journeys": {}})
    log.happen(ProfileUpdate(attributes={"contract_end": value}))
    log.wait(400 * DAY)
    assert [] == struck(log)


def test_all_whose_when_allows_it_compete_at_a_proactive_point() -> None:
    """Those for any cause, those for this one, not those for another, and the treatments that make a contact."""
    log = bank(
        offer("any"),
        offer("this", when=(Trigger("proactive", "silence"),)),
        offer("another", when=(Trigger("proactive", "stage"),)),
        offer("shown", Treatment("app", inbound=True)),
        offer("asked", when=(INBOUND,)),
        **{**STAGES, "journeys": {}},
    )
    log.wait(22 * DAY)
    assert {"any", "this"} == {s.action for s in log.records()[-1].scored}


def test_only_those_of_the_state_and_the_stage_compete() -> None:
    log = bank(
        offer("everybody"),
        offer("leads", lifecycle=("lead",)),
        offer("customers", lifecycle=("customer",)),
        offer("lookers", stages=("looking",)),
        offer("askers", stages=("asking",)),
        **STAGES,
    )
    log.happen(view())
    log.wait(3 * HOUR)
    assert {"everybody", "leads", "lookers"} == {s.action for s in log.records()[-1].scored}
