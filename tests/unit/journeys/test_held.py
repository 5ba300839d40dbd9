"""Whom an obstacle held, and the decision that says so."""

from msgspec.structs import replace

from garbo.core.vocabulary.effects import Blocked, DecisionRecord, Flow, FlowKind, Scored
from garbo.core.vocabulary.reasons import Disposition, Reason
from garbo.journeys.held import Held, held_visits, holding, masked

ADVANCE = ("offer", "reminder")


def exit_(party: str, at: int, dwell: int = 100, kind: FlowKind = FlowKind.DROP, **more: object) -> Flow:
    known = {"journey": "card", "obstacle": "cap:weekly", "sign": 1, **more}
    return Flow(party, at, "journey", "enquiry", "", "", dwell, kind, **known)  # type: ignore[arg-type]


def visits(*facts: Flow, obstacle: str = "cap:weekly", most: int = 10) -> list[Held]:
    return held_visits(facts, "card", "enquiry", obstacle, since=0, until=10_000, most=most)


def record(party: str, at: int, *blocked: Blocked, **more: object) -> tuple[str, DecisionRecord]:
    return party, DecisionRecord(f"d-{party}-{at}", party, "e", "touchpoint", "visit", at, at, Disposition.DECIDED, "p",
                                 blocked=blocked, **more)  # type: ignore[arg-type]  # fmt: skip


CAPPED = Blocked("offer", Reason.CAP_REACHED, "weekly")


def test_the_latest_visits_one_a_party() -> None:
    found = visits(exit_("a", 500), exit_("b", 900), exit_("a", 800), exit_("c", 700), most=2)
    assert found == [Held("b", 800, 900, "drop", ""), Held("a", 700, 800, "drop", "")]


def test_what_was_taken_back_or_is_about_something_else_is_no_visit() -> None:
    assert visits(exit_("a", 500), exit_("a", 500, sign=-1)) == []
    assert visits(exit_("a", 500, obstacle="cap"), exit_("b", 600, journey="pension"), exit_("c", 10_000)) == []
    assert visits(exit_("a", 500, kind=FlowKind.STAY), exit_("b", 500, kind=FlowKind.MERGED)) == []


def test_slow_are_those_who_left_unanswered_and_unhindered() -> None:
    left = exit_("a", 500, obstacle="")
    moved, answered = exit_("b", 500, kind=FlowKind.MOVE, obstacle=""), exit_("c", 500, obstacle="", answered_ms=7)
    assert [v.party for v in visits(left, moved, answered, exit_("d", 500), obstacle="slow")] == ["a"]


def test_the_decision_is_the_first_of_the_visit_that_met_the_obstacle() -> None:
    (visit,) = visits(exit_("a", 500))
    records = [
        record("a", 399, CAPPED), record("a", 460, CAPPED), record("a", 430, CAPPED), record("b", 410, CAPPED),
        record("a", 410, replace(CAPPED, action="other")), record("a", 420, replace(CAPPED, detail="monthly")),
        record("a", 501, CAPPED),
    ]  # fmt: skip
    assert holding(records, [visit], ADVANCE, "cap:weekly", ())[visit].decision_id == "d-a-430"
    assert holding(records[:1], [visit], ADVANCE, "cap:weekly", ()) == {}, "before the visit"


def test_what_lost_against_another_action_or_silence() -> None:
    (visit,) = visits(exit_("a", 500, obstacle="outranked:guide"), obstacle="outranked:guide")
    scored = (Scored("reminder", 0.1, 0.1, 9.0, 1.0, 1.0, 5.0, 0.0, 1.0, 0.0, 1.0, 0.5, 0.0, 460),)
    lost, silent = record("a", 450, scored=scored, chosen="guide"), record("a", 420, scored=scored)
    found = holding([lost, silent], [visit], ADVANCE, "outranked:guide", ())
    assert found[visit].decision_id == "d-a-450"
    assert holding([lost, silent], [visit], ADVANCE, "outranked:silence", ())[visit].at == 420


def test_a_refusal_and_a_slow_answer() -> None:
    (visit,) = visits(exit_("a", 500, obstacle="negative:email"), obstacle="negative:email")
    _, refusal = record("a", 450)
    records = [record("a", 440), ("a", replace(refusal, event_kind="refused")), record("a", 470)]
    assert holding(records, [visit], ADVANCE, "negative:email", ("refused",))[visit].at == 450
    assert holding(records, [visit], ADVANCE, "slow", ())[visit].at == 470, "the last one before it left"


def test_a_mask_shows_no_part_of_the_id_and_is_the_same_for_the_same_party() -> None:
    assert masked("customer-4711") == masked("customer-4711") != masked("customer-4712")
    assert "4711" not in masked("customer-4711")
