"""The summary: each decision without an action has one reason, and the text fits 80 columns whatever the numbers."""

from collections import Counter

from msgspec.structs import replace

from garbo.core.vocabulary.effects import Blocked, DecisionRecord, NeedClosed, Scored
from garbo.core.vocabulary.points import Point
from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason
from garbo.simulation.summary import NOTHING, SILENCE, Summary, why_silent
from garbo.simulation.summary_text import lines

RECORD = DecisionRecord(
    "d",
    "0-a",
    "e",
    "touchpoint",
    "page_view",
    0,
    0,
    Disposition.DECIDED,
    "v",
    point=Point.INBOUND,
    lifecycle="customer",
)


def scored(action: str, reason: Reason | None) -> Scored:
    numbers = dict.fromkeys(
        ("propensity", "model_output", "evidence", "context", "lever", "value_company", "value_customer",
         "customer_weight", "pressure", "pressure_weight", "score", "probability"), 0.0,
    )  # fmt: skip
    return Scored(action, placed_at=0, reason=reason, **numbers)


def test_silence_has_one_reason() -> None:
    spaced = Blocked("a", Reason.SPACING), Blocked("b", Reason.SPACING), Blocked("c", Reason.CONSENT_DENIED)
    low = (scored("a", Reason.BELOW_SILENCE),)
    assert why_silent(RECORD) == NOTHING
    assert why_silent(replace(RECORD, blocked=spaced)) == "blocked: spacing"
    assert why_silent(replace(RECORD, blocked=spaced[1:])) == "blocked: consent_denied"  # among equals, by name
    assert why_silent(replace(RECORD, scored=low, blocked=spaced)) == SILENCE
    assert why_silent(replace(RECORD, scored=(scored("a", Reason.CANCELLED),))) == "blocked: cancelled"


def test_feasible_actions_are_counted_once_each_by_point() -> None:
    summary = Summary()
    twice = (scored("a", None), scored("a", Reason.OUTRANKED), scored("b", Reason.OUTRANKED))
    summary.decision(replace(RECORD, scored=twice, chosen="a"), consenting=True)
    summary.decision(RECORD, consenting=False)
    summary.decision(replace(RECORD, held_out=True), consenting=True)  # the control group is nobody's target
    summary.decision(replace(RECORD, lifecycle=""), consenting=True)  # a cookie that nobody knows as theirs yet
    summary.decision(replace(RECORD, disposition=Disposition.DUPLICATE), consenting=True)
    point = summary.data(Counter(), 1.0, 0)["points"]["inbound"]
    assert (point["decisions"], point["feasible_actions"]["2-4"], point["without_action"]) == (4, 1, 0.75)
    assert (point["consenting_customers"]["decisions"], point["consenting_customers"]["without_action"]) == (1, 0.0)
    assert point["consenting_customers"]["feasible_actions_median"] == 2


def test_a_need_without_an_answer_says_why() -> None:
    summary = Summary()
    closed = (
        NeedClosed("question", "token", NeedEnd.UNANSWERED, "consent_denied"),
        NeedClosed("question", "token", NeedEnd.ANSWERED),
    )
    summary.decision(replace(RECORD, needs_closed=closed), consenting=True)
    data = summary.data(Counter(), 1.0, 0)
    assert data["needs"] == {"question": {"answered": 1, "unanswered": 1}}
    assert data["needs_unanswered"] == {"question": {"consent_denied": 1}}


def test_the_text_fits_80_columns_whatever_the_numbers() -> None:
    summary = Summary()
    for reason in Reason:
        summary.silence["proactive"][f"blocked: {reason.value}"] = 1_234_567
    for point in Point:
        for feasible in (0, 1, 3, 7, 25):
            summary.points[point.value][feasible] = summary.consenting[point.value][feasible] = 1_234_567
        summary.silent[point.value] = [2_000_000, 2_000_000]
    for status in ("accepted", "clicked", "delivered", "refused"):
        summary.answers["call_centre", status] = 10**9
    town = Counter({"persons": 10**7, "customers_at_start": 10**6, "customers_lost/annoyed": 10**5})
    assert max(map(len, lines(summary.data(town, 10_000.0, 3)))) <= 80
