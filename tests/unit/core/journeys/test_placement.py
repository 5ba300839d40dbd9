"""One step of the fold: on the map and off it, stay, skip, return, drop-out, end, goal."""

from garbo.core.journeys.instance import Fact
from garbo.core.journeys.journal import Placed, place
from garbo.core.policy.journey_map import ANSWERED, HELD, PATIENCE
from garbo.core.vocabulary.instants import HOUR, MINUTE
from tests.unit.core.journeys.maps import MAP, happened, played

T = 500 * HOUR


def facts(*happenings: object) -> list[Fact]:
    return [fact for _, fact in played(list(happenings))[1]]  # type: ignore[arg-type]


def shown(*happenings: object) -> list[tuple[str, str, str]]:
    return [(f.kind.value, f.origin, f.target) for f in facts(*happenings)]


def test_an_entry_and_a_move() -> None:
    entered, moved = facts(happened(T, "visit"), happened(T + HOUR, "ask", channel="social"))
    assert (entered.kind, entered.target, entered.channel, entered.segment) == ("enter", "look", "web", "all")
    assert moved == Fact(
        T + HOUR, moved.kind, "card", "look", "enquiry", "ask", HOUR, "web", "social", "all", "", -1
    )  # fmt: skip


def test_a_foreseen_touch_stays_and_another_is_off_the_map() -> None:
    said = shown(happened(T, "visit"), happened(T + 1, "visit"), happened(T + 2, "visit", channel="branch"))
    assert said[1:] == [("stay", "look", ""), ("off_map", "look", "")]


def test_a_touch_of_a_journey_that_cannot_start_is_off_the_map() -> None:
    assert shown(happened(T, "call")) == [("off_map", "", "")]
    assert shown(happened(T, "visit", enters=False)) == [("off_map", "", "")]
    assert shown(happened(T, "delivered")) == []


def test_what_never_arrived_is_no_touch() -> None:
    placed, said = played([happened(T, "ask"), happened(T + HOUR, "failed")])
    assert [s.fact.kind for s in said] == ["enter"]
    assert placed.now[0].touched == T


def test_a_stage_passed_over_is_a_skip_unless_it_is_optional_or_was_visited() -> None:
    said = shown(happened(T, "buy"))
    assert said == [("enter", "", "start"), ("skip", "", "enquiry"), ("skip", "", "proposal"), ("goal", "", "start")]
    said = shown(happened(T, "ask"), happened(T + 1, "delivered"), happened(T + 2, "refused"), happened(T + 3, "buy"))
    assert said[-2:] == [("move", "look", "start"), ("goal", "look", "start")]


def test_a_return_is_said_beside_its_move() -> None:
    said = shown(happened(T, "ask"), happened(T + 1, "delivered"), happened(T + 2, "ask"))
    assert said[-2:] == [("move", "proposal", "enquiry"), ("return", "proposal", "enquiry")]


def test_patience_that_is_over_is_a_drop_at_its_own_instant_also_without_an_event() -> None:
    drop = facts(happened(T, "ask"), happened(T + MINUTE, "call"), happened(T + 5 * HOUR + MINUTE, PATIENCE, "", ""))[
        -1
    ]
    assert (drop.kind, drop.at, drop.origin, drop.dwell_ms) == (
        "drop",
        T + 5 * HOUR + MINUTE,
        "enquiry",
        5 * HOUR + MINUTE,
    )
    drop = facts(happened(T, "ask"), happened(T + 30 * HOUR, "call"))[1]
    assert (drop.kind, drop.at, drop.trigger) == ("drop", T + 5 * HOUR, "patience")


def test_from_the_goal_a_journey_ends_and_does_not_start_again_at_once() -> None:
    end, again = facts(happened(T, "buy"), happened(T + 5 * HOUR, "visit"))[-2:]
    assert (end.kind, end.at, end.origin) == ("end", T + 4 * HOUR, "start")
    assert (again.kind, again.origin) == ("off_map", "")
    assert (
        shown(happened(T, "buy"), happened(T + 5 * HOUR, "visit"), happened(T + 10 * HOUR, "visit"))[-1][0] == "enter"
    )


def test_an_exit_condition_ends_a_journey() -> None:
    said = shown(happened(T, "ask"), happened(T + 1, "visit", "token", exits=1 << MAP.by_name["card"].number))
    assert said[1:] == [("end", "enquiry", ""), ("off_map", "", "")]


def test_what_is_about_no_theme_goes_where_it_means_a_move_or_to_the_rest() -> None:
    said = facts(happened(T, "visit", "pension"), happened(T + 1, "ask"), happened(T + 2, "call", ""))
    assert (said[-1].journey, said[-1].target) == ("pension", "decision")
    assert facts(happened(T, "complain", ""))[0].journey == "service"
    assert facts(happened(T, "complain", "*"))[0].journey == "service"


def test_the_first_obstacle_and_the_first_answer_of_a_visit_count() -> None:
    move = facts(
        happened(T, "ask"),
        happened(T + 1, HELD, "card", "", detail="cap:weekly"),
        happened(T + 2, HELD, "card", "", detail="consent"),
        happened(T + 3, ANSWERED, "card", "", detail="offer"),
        happened(T + 4, ANSWERED, "card", "", detail="reply"),
        happened(T + 5, ANSWERED, "card", "", detail="reply"),
        happened(T + 6, "delivered", channel="email"),
    )[-1]
    assert (move.obstacle, move.answered_ms) == ("cap:weekly", 4)


def test_a_no_holds_the_visit_back_in_which_it_is_said() -> None:
    move = facts(happened(T, "ask"), happened(T + 1, "delivered"), happened(T + 2, "refused", channel="sms"))[-1]
    assert (move.kind, move.origin, move.obstacle) == ("move", "proposal", "negative:sms")


def test_a_late_visit_takes_back_a_drop() -> None:
    placed = Placed()
    for one in (happened(T, "ask"), happened(T + 5 * HOUR, PATIENCE, "", "")):
        place(MAP, placed, one)
    assert not placed.now
    back = place(MAP, placed, happened(T + HOUR, "call"))
    assert [(s.sign, s.fact.kind) for s in back] == [(-1, "drop"), (1, "stay")]
    assert placed.now[0].touched == T + HOUR
