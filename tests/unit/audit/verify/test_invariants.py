"""An honest log has no violation; a forgery against an invariant is reported by that invariant."""

import pytest
from msgspec.structs import replace

from garbo.adapters.kafka.topics import DECIDE_CHANGELOG
from garbo.audit.verify import rules
from garbo.audit.verify.holdout import held_out
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.effects import DecisionRecord as Decision
from garbo.core.vocabulary.effects import Deliver
from garbo.core.vocabulary.events import (
    ActionOutcome,
    ConsentChange,
    PartyEvent,
    PartyMerged,
    RowMoved,
    Source,
    TimerFired,
    Touchpoint,
)
from garbo.core.vocabulary.reasons import DeadLetterReason, Disposition
from garbo.processors.dead_letters import OFFSET, PARTITION, REASON, REDRIVEN_FROM, TOPIC, headers_of
from garbo.processors.ports import ConsumerRecord
from garbo.testing.driver import Driver
from tests.golden.histories.playing import bank
from tests.unit.audit.verify.recorded import DAY, RULES, Recorded, populated, stories
from tests.unit.policy.bank import SAMPLE

HOUR = 3_600_000


def violated(run: Recorded, *, exactly_once: bool = True) -> set[str]:
    return {j.name for j in run.report(exactly_once=exactly_once).results if j.violations}


def offer(run: Recorded) -> tuple[Deliver, Decision]:
    """The last marketing contact by e-mail or SMS, and its decision."""
    made = [c for c in run.commands() if c.action_class == "marketing" and c.channel in ("email", "sms")][-1]
    return made, next(d for d in run.decisions() if d.decision_id == made.decision_id)


def later(made: Deliver, ms: int, name: str = "x") -> tuple[Deliver, PartyEvent]:
    """The same contact once more, as another action of another event."""
    again = replace(made, action_id=f"a-{name}", decision_id=f"d-{name}", at=made.at + ms)
    return again, PartyEvent(name, made.party, again.at, Touchpoint(Channel.WEB, "page_view"))


# ---- an honest log


@pytest.mark.parametrize("run", [populated, stories], ids=["world", "journeys"])
def test_honest_log_has_no_violation_and_every_check_saw_something(run) -> None:  # type: ignore[no-untyped-def]
    report = run().report()
    assert [] == [v for j in report.results for v in j.violations]
    assert {"I1", "I2", "I3", "I4", "I8"} <= {j.name for j in report.results if j.checked > 0}
    assert report.counts["decisions"] > 20 < report.counts["party events"]


def test_malformed_messages_are_counted_and_each_has_its_dead_letter() -> None:
    driver, good = Driver(bank()), stories()
    for topic in ("touchpoints", "party-events", "consents"):
        for value in (b"", None, b"{}", b"\x00GB\x01\x01", b"\x00\xff\xff\xff\xff...", b"x" * 70_000):
            driver.send_raw(topic, b"cookie:c", value)
        driver.send_raw(topic, None, b"no key")
    envelope = next(r for r in good.log["party-events"] if good.codec.party_event(r).source)
    driver.send_raw("party-events", b"somebody-else", envelope.value)
    report = Recorded(driver).report()
    assert [] == [v for j in report.results for v in j.violations]
    assert 22 == report.counts["dead letters"]
    assert report.of("I6").checked > 22


# ---- I1: nothing is lost


def test_decision_removed_is_seen() -> None:
    run = populated()
    run.remove("decisions", lambda r: r.offset == 100)
    assert "I1" in violated(run)


def test_fact_that_was_never_forwarded_is_seen() -> None:
    run = populated()
    gone = run.remove("party-events", lambda r: run.codec.party_event(r).source is not None)
    event = run.codec.party_event(gone)
    run.remove("decisions", lambda r: run.codec.decision(r.value or b"").event_id == event.event_id)
    report = run.report()
    assert event.source is not None
    assert any("neither forwarded" in v for v in report.of("I1").violations)


def test_event_called_a_duplicate_but_never_applied_is_seen() -> None:
    run = stories()
    quiet = next(d for d in run.decisions() if d.event_type == "touchpoint" and not d.chosen)
    forged = replace(quiet, disposition=Disposition.DUPLICATE)
    run.swap("decisions", lambda r: r.value == run.codec.encode(quiet), run.codec.encode(forged))
    assert any("never applied" in v for v in run.report().of("I1").violations)


def test_one_decision_too_many_is_seen() -> None:
    run = populated()
    one = run.log["decisions"][50]
    run.append("decisions", one.key, one.value)
    assert "I1" in violated(run)


def test_record_of_a_second_reading_is_accepted_only_without_transactions() -> None:
    run = stories()
    made = run.decisions()[5]
    value = run.codec.encode(replace(made, disposition=Disposition.DUPLICATE, chosen="", action_id=""))
    run.append("decisions", made.party.encode(), value)
    run.append("decisions", made.party.encode(), run.codec.encode(made))
    assert ({"I1"}, set()) == (violated(run), violated(run, exactly_once=False))


def test_command_removed_and_command_without_a_decision_are_seen() -> None:
    run = stories()
    run.remove("actions.email", lambda r: True)
    assert any("has no command" in v for v in run.report().of("I1").violations)
    run = stories()
    run.command(replace(run.commands()[0], action_id="a-forged", decision_id="d-forged"))
    assert any("has no decision" in v for v in run.report().of("I1").violations)


def test_row_and_event_that_never_arrive_are_seen() -> None:
    run = populated()
    run.remove("party-events", lambda r: isinstance(run.codec.party_event(r).body, RowMoved))
    assert any("never arrived" in v for v in run.report().of("I1").violations)
    run = stories()
    like = run.decisions()[0]
    event = PartyEvent("onward", like.party, like.at, Touchpoint(Channel.WEB, "page_view"))
    run.event(event, like, disposition=Disposition.FORWARDED)
    assert any("never arrived" in v for v in run.report().of("I1").violations)


def test_fact_forwarded_with_a_dead_letter_is_seen() -> None:
    run = stories()
    fact = run.log["touchpoints"][0]
    letter = run.codec.encode_dead_letter(fact, "resolve", DeadLetterReason.INVALID, "", 1)
    run.append("dead-letters", fact.key, letter)
    assert any("has a dead letter" in v for v in run.report().of("I1").violations)


def test_message_under_another_key_is_accounted_for_by_its_copy() -> None:
    run = stories()
    fact = run.log["touchpoints"][0]
    run.append("touchpoints", b"cookie:other", fact.value)  # as it was first sent, before resolve gave it its key
    assert set() == violated(run)
    run.append("touchpoints", fact.key, fact.value)  # the producer's own second copy, lost
    assert {"I1"} == violated(run)


def test_output_that_cannot_be_read_is_seen() -> None:
    run = stories()
    run.append("decisions", b"0-x", b"\x00GB")
    assert any("cannot be read" in v for v in run.report().of("I1").violations)


# ---- I2: one effect


def test_copy_of_a_command_is_fine_and_one_with_another_byte_is_seen() -> None:
    run = stories()
    made = run.commands()[0]
    run.command(made)
    assert set() == violated(run)
    run.command(replace(made, message=made.message + "!"))
    assert {"I2"} == violated(run)


# ---- I3: caps


def test_command_above_a_cap_is_seen() -> None:
    run = populated()
    made, like = offer(run)
    run.acted(*_with(made, HOUR, like))
    assert {"I3"} == violated(run)
    assert any(made.party in v for v in run.report().of("I3").violations)


def test_contact_a_window_later_and_service_are_under_no_cap() -> None:
    run = populated()
    made, like = offer(run)
    run.acted(*_with(made, 91 * DAY, like))
    assert set() == violated(run)
    run = populated()
    again, decision, event = _with(replace(made, action_class="service", purpose="service_request"), HOUR, like)
    run.acted(again, decision, event)
    assert set() == violated(run)


def test_contacts_of_two_parties_that_became_one_are_counted_together() -> None:
    run = populated()
    made, like = offer(run)
    stronger = (f"0-{n:020}" for n in range(100))
    loser, winner = made.party, next(p for p in stronger if not held_out(RULES.hold_out, p, made.at))
    assert loser > winner
    again, event = later(replace(made, party=winner), HOUR)
    for name in ("own_promotion", "profiling", "third_party_promotion", "satisfaction"):
        run.event(PartyEvent(f"c-{name}", winner, made.at, ConsentChange(name, True)), like)
    run.event(PartyEvent("r-1", winner, made.at + 2, RowMoved(loser, b"")), replace(like, at=made.at + 2))
    run.acted(again, like, event)
    assert {"I3"} == violated(run)


def test_contact_that_failed_was_none() -> None:
    run = populated()
    made, like = offer(run)
    failed = ActionOutcome(OutcomeStatus.FAILED, made.action_id, made.action)
    run.event(PartyEvent("f", made.party, made.at + 1, failed), like)
    before = len(run.report().of("I3").violations)
    run.acted(*_with(made, HOUR, like))
    over = [v for v in run.report().of("I3").violations if "one_offer_a_topic" in v]
    assert (0, []) == (before, over)


# ---- I4: consent


def test_command_after_a_withdrawal_is_seen_and_not_after_a_new_grant() -> None:
    run = populated()
    made, like = offer(run)
    at = made.at + 91 * DAY
    out = PartyEvent("w", made.party, at, ConsentChange("own_promotion", False))
    run.event(out, like)
    run.event(PartyEvent("old", made.party, at - 1, ConsentChange("own_promotion", True)), like)  # undoes nothing
    run.acted(*_with(made, 92 * DAY, like))
    assert {"I4"} == violated(run)
    assert "own_promotion was withdrawn" in run.report().of("I4").violations[0]
    run = populated()
    run.event(out, like)
    run.event(PartyEvent("new", made.party, at, ConsentChange("own_promotion", True)), like)
    run.acted(*_with(made, 92 * DAY, like))
    assert set() == violated(run)


def test_unknown_consent_and_undeclared_purpose_are_denied() -> None:
    run = populated()
    made, like = offer(run)
    run.acted(*_with(replace(made, purpose="third_party_disclosure"), 91 * DAY, like))
    assert {"I4"} == violated(run)
    run = populated()
    run.acted(*_with(replace(made, purpose="because"), 91 * DAY, like))
    assert {"I4"} == violated(run)


# ---- I6: dead letters


def test_dead_letter_of_nothing_of_another_message_and_twice_is_seen() -> None:
    run = stories()
    for offset, value in ((10_000, b"?"), (run.log["profiles"][0].offset, b"?")):
        ghost = ConsumerRecord("profiles", run.log["profiles"][0].partition, offset, b"k", value, 1)
        run.append("dead-letters", b"k", run.codec.encode_dead_letter(ghost, "resolve", DeadLetterReason.EMPTY, "", 1))
    assert ["no message", "another message"] == [v.split("holds ")[1] for v in run.report().of("I6").violations]
    run = stories()
    bad = run.append("party-events", b"0-x", b"?")
    letter = run.codec.encode_dead_letter(bad, "decide", DeadLetterReason.NOT_AVRO, "", 1)
    run.append("dead-letters", b"0-x", letter)
    assert set() == violated(run)
    run.append("dead-letters", b"0-x", letter)
    assert ({"I6"}, set()) == (violated(run), violated(run, exactly_once=False))


@pytest.mark.parametrize("topic", ["touchpoints", "party-events"])
def test_malformed_message_without_dead_letter_is_seen(topic: str) -> None:
    run = stories()
    run.append(topic, b"k", b"not avro")
    assert {"I1", "I6"} == violated(run)


def test_dead_letter_whose_headers_say_something_else_is_seen() -> None:
    for name in (REASON, TOPIC, PARTITION, OFFSET):
        run = stories()
        bad = run.append("party-events", b"0-x", b"?")
        letter = run.codec.encode_dead_letter(bad, "decide", DeadLetterReason.NOT_AVRO, "", 1)
        record = run.append("dead-letters", b"0-x", letter)
        right = headers_of(bad, DeadLetterReason.NOT_AVRO)
        run.log["dead-letters"][-1] = record._replace(headers=right)
        assert set() == violated(run)
        wrong = tuple((n, b"7" if n == name else value) for n, value in right)
        run.log["dead-letters"][-1] = record._replace(headers=wrong)
        assert {"I6"} == violated(run)


def test_message_sent_again_for_a_dead_letter_that_does_not_exist_is_seen() -> None:
    run = stories()
    bad = run.append("touchpoints", b"cookie:k", b"?")
    letter = run.codec.encode_dead_letter(bad, "resolve", DeadLetterReason.NOT_AVRO, "", 1)
    run.append("dead-letters", b"cookie:k", letter)
    run.append("dead-letters", b"cookie:k", None)  # the mark
    again = run.append("touchpoints", b"cookie:k", b"?")
    letter = run.codec.encode_dead_letter(again, "resolve", DeadLetterReason.NOT_AVRO, "", 1)
    run.append("dead-letters", b"cookie:k", letter)
    for offset, found in ((bad.offset, set()), (bad.offset + 10_000, {"I6"})):
        source = f"touchpoints/{bad.partition}/{offset}".encode()
        run.log["touchpoints"][-1] = again._replace(headers=((REDRIVEN_FROM, source),))
        assert found == violated(run)


# ---- I8: order


def test_event_applied_twice_or_backwards_is_seen() -> None:
    run = populated()
    like = next(d for d in run.decisions() if d.event_type == "touchpoint" and not d.chosen)
    event = next(e for e in run.events() if e.event_id == like.event_id and e.party == like.party)
    run.append("decisions", event.party.encode(), run.codec.encode(replace(like, **run.arrived(event))))
    assert {"I8"} == violated(run)
    run = stories()
    for offset in (900, 899):
        source = Source("profiles", 0, offset)
        run.event(
            PartyEvent(f"o{offset}", like.party, like.at, Touchpoint(Channel.WEB, "page_view"), source=source), like
        )
    assert "I8" in violated(run)


def test_decisions_out_of_the_logs_order_are_seen() -> None:
    run = stories()
    like = run.decisions()[0]
    for name in ("one", "two"):
        run.event(PartyEvent(name, like.party, like.at, TimerFired(name, like.at)), like)
    a, b = run.log["decisions"][-2:]
    run.log["decisions"][-2:] = [a._replace(value=b.value), b._replace(value=a.value)]
    assert {"I8"} == violated(run)


def test_event_of_a_producer_applied_twice_is_seen() -> None:
    run = stories()
    like = run.decisions()[0]
    for _ in range(2):
        run.event(PartyEvent("again", like.party, like.at, Touchpoint(Channel.WEB, "page_view")), like)
    assert {"I8"} == violated(run)


# ---- I7: rows


def test_row_lost_between_two_decisions_is_seen() -> None:
    run = populated()
    party = next(d for d in run.decisions() if d.prior_state)
    run.swap(
        "decisions", lambda r: r.value == run.codec.encode(party), run.codec.encode(replace(party, prior_state=""))
    )
    assert {"I7"} == violated(run)
    assert set() == violated(run, exactly_once=False)


def test_older_row_in_the_changelog_is_seen() -> None:
    run = populated()
    run.log[DECIDE_CHANGELOG][3] = run.log[DECIDE_CHANGELOG][3]._replace(value=b"as it was")
    assert {"I7"} == violated(run)


def test_row_missing_or_of_nobody_is_seen() -> None:
    run = populated()
    del run.log[DECIDE_CHANGELOG][5]
    run.append(DECIDE_CHANGELOG, b"nobody", b"row")
    assert 2 == len(run.report().of("I7").violations)


def test_record_about_another_event_than_the_one_that_lies_there_is_seen() -> None:
    run = populated()
    one, other = (d for d in run.decisions()[40:42])
    run.swap(
        "decisions", lambda r: r.value == run.codec.encode(one), run.codec.encode(replace(one, offset=other.offset))
    )
    assert "I1" in violated(run)


# ---- the report


def test_report_says_what_was_counted_and_what_was_not_checked() -> None:
    run = stories()
    for _ in range(7):
        run.append("touchpoints", b"k", b"not avro")
    report = run.report()
    text = "\n".join(report.lines())
    assert "7 VIOLATIONS" in text
    assert "and 2 more" in text
    assert "I5" in text
    assert 14 == report.as_dict()["violations"]


def test_merge_into_a_weaker_id_needs_no_row() -> None:
    run = stories()
    like = run.decisions()[0]
    merge = PartyEvent("m", "0-1", like.at, PartyMerged("5-1"))
    run.event(merge, like, disposition=Disposition.MOVED)
    assert set() == violated(run)


def test_rules_are_read_from_the_files_themselves() -> None:
    read = rules.read(SAMPLE)
    caps = {c.name: c for c in read.caps}
    assert (2, 30 * DAY, frozenset({"sms"})) == caps["two_marketing_sms_a_month"][1:4]
    assert frozenset({"pension"}) == caps["one_offer_a_topic_in_five_days:pension"].themes
    assert frozenset({"service", "transactional", "marketing"}) == caps["six_contacts_of_any_kind_a_week"].counts
    assert (frozenset({"cards"}), True) == (caps["one_card_a_household"].groups, caps["one_card_a_household"].household)
    assert read.actions["brief_branch_family"].internal
    needed = read.needed("third_party_disclosure", "any")
    assert {"personal_data", "third_party_disclosure", "third_party_promotion"} == needed


def _with(made: Deliver, ms: int, like: Decision) -> tuple[Deliver, Decision, PartyEvent]:
    again, event = later(made, ms)
    return again, like, event
