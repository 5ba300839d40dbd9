"""Cells: what each kind of fact adds, and that no order, split, repetition or correction changes the bytes."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from garbo.core.journeys.cells import (
    COUNTS,
    HELD,
    LIFE_CYCLE,
    Cell,
    CellKey,
    Waited,
    add,
    decode,
    encode,
    exit_of,
    fold,
    merge,
    waited,
)
from garbo.core.journeys.histogram import bucket
from garbo.core.vocabulary.effects import Flow, FlowKind
from garbo.core.vocabulary.instants import HOUR
from tests.unit.core.journeys.facts import AT, IDEAL, PATHS, fact, facts, folded

WINDOW = AT // HOUR
logs = st.lists(facts, max_size=40)


def one(found: Flow) -> dict[tuple[str, str], dict[str, int]]:
    """(stage, channel) -> its counts by name."""
    cells = folded([(0, found)])
    return {
        (key.stage, key.channel): {COUNTS[i]: count for i, count in cell.counts.items()} for key, cell in cells.items()
    }


def counted(log: list[Flow]) -> dict[CellKey, bytes]:
    """The bytes of each cell without its offset; cells that say nothing are left out."""
    cells = folded(list(enumerate(log)))
    return {key: raw for key, cell in cells.items() if (raw := encode(replace(cell, upto=0))) != encode(Cell(0))}


# ---- what each kind adds ---------------------------------------------------------------------------------------------


def test_a_move_is_an_exit_and_an_entry() -> None:
    move = fact(origin="interest", target="proposal", to_channel="email", obstacle="cap", answered_ms=1000)
    cells = folded([(7, move)])
    left, entered = (cells[WINDOW, "card", *place, "all"] for place in (("interest", "web"), ("proposal", "email")))
    assert (left.count("onward"), left.upto, left.targets) == (1, 7, {"proposal": 1})
    assert (left.dwell, left.answer) == ({bucket(HOUR) * 4: 1}, {bucket(1000) << 6 | HELD: 1})
    assert {"cap|onward": 1} == left.held
    assert (entered.count("enter"), entered.upto) == (1, 7)


@pytest.mark.parametrize(
    ("origin", "target", "expected"),
    [
        ("interest", "enquiry", "onward"),
        ("interest", "active", "onward"),
        ("active", "interest", "back"),
        ("interest", "complaint", "aside"),
        ("complaint", "enquiry", "onward"),
        ("complaint", "elsewhere", "aside"),
    ],
)
def test_how_a_move_leaves(origin: str, target: str, expected: str) -> None:
    assert expected == exit_of(PATHS["card"], origin, target)
    assert "aside" == exit_of({}, origin, target)
    assert one(fact(origin=origin, target=target))[origin, "web"] == {expected: 1}


@pytest.mark.parametrize("kind", [FlowKind.DROP, FlowKind.END, FlowKind.MERGED])
def test_who_leaves_the_journey(kind: FlowKind) -> None:
    cells = folded([(0, fact(kind, obstacle="rule:young"))])
    (cell,) = cells.values()
    assert {kind.value: 1} == {COUNTS[i]: n for i, n in cell.counts.items()}
    assert {f"rule:young|{kind.value}": 1} == cell.held
    end = {FlowKind.DROP: "drop", FlowKind.END: "end"}
    assert ([Waited(bucket(HOUR), end[kind], False, True, False)] if kind in end else []) == list(
        map(waited, cell.answer)
    )
    assert ({bucket(HOUR) * 4 + 3: 1} if kind is FlowKind.DROP else {}) == cell.dwell


@pytest.mark.parametrize(("obstacle", "held", "refused"), [("", False, False), ("negative", False, True),
                                                         ("cap:weekly", True, False)])  # fmt: skip
def test_a_visit_that_was_answered_keeps_its_exit_and_what_it_met(obstacle: str, held: bool, refused: bool) -> None:
    move = fact(origin="proposal", target="interest", to_channel="email", obstacle=obstacle, answered_ms=1000)
    (coded,) = folded([(0, move)])[WINDOW, "card", "proposal", "web", "all"].answer
    assert Waited(bucket(1000), "back", True, held, refused) == waited(coded)


@pytest.mark.parametrize("kind", [FlowKind.STAY, FlowKind.OFF_MAP, FlowKind.TOO_LATE])
def test_what_happens_at_a_stage(kind: FlowKind) -> None:
    assert one(fact(kind)) == {("interest", "web"): {kind.value: 1}}


@pytest.mark.parametrize("kind", [FlowKind.ENTER, FlowKind.RETURN, FlowKind.SKIP, FlowKind.GOAL])
def test_what_is_about_the_target(kind: FlowKind) -> None:
    assert one(fact(kind, target="active", to_channel="branch")) == {("active", "branch"): {kind.value: 1}}
    assert one(fact(kind, "", "active")) == {("active", "web"): {kind.value: 1}}


def test_contacts_and_responses_are_counted_by_channel_and_action() -> None:
    log = [
        fact(FlowKind.CONTACT, action="call", value_customer=12_345),
        fact(FlowKind.RESPONSE, action="call", quality="negative", value_customer=-345),
        fact(FlowKind.RESPONSE, action="call", quality="neutral", implicit=True),
    ]
    (cell,) = folded(list(enumerate(log))).values()
    assert [1, 0, 1, 1, 1] == [cell.count(n) for n in ("contact", "positive", "negative", "neutral", "implicit")]
    counted = {"call|contact": 1, "call|negative": 1, "call|neutral": 1, "call|implicit": 1}
    assert {**counted, "call|value_customer": 12_000} == cell.treated
    assert 12_000 == cell.count("value_customer")


def test_what_held_those_back_who_came_and_those_who_passed_over() -> None:
    skip = fact(FlowKind.SKIP, "interest", "enquiry", to_channel="", obstacle="consent")
    move = fact(origin="interest", target="proposal", to_channel="web", obstacle="consent")
    cells = folded([(0, move), (1, skip)])
    held = {key.stage: cell.held for key, cell in cells.items()}
    assert {"interest": {"consent|onward": 1}, "enquiry": {"consent|skip": 1}, "proposal": {"consent|enter": 1}} == held


@pytest.mark.parametrize(
    ("end", "expected"),
    [("answered", "need_in_time"), ("resolved", "need_in_time"), ("answered_late", "need_late"),
     ("unanswered", "need_unanswered")],
)  # fmt: skip
def test_needs_are_counted_by_their_end(end: str, expected: str) -> None:
    assert one(fact(FlowKind.NEED, obstacle=end)) == {("interest", "web"): {expected: 1}}


def test_a_promise_is_no_end_of_a_need() -> None:
    assert one(fact(FlowKind.NEED, obstacle="promised")) == {("interest", "web"): {}}


def test_the_life_cycle_has_a_journey_of_its_own() -> None:
    step = Flow("p", AT, "lifecycle", "lead", "prospect", "visit", HOUR)
    ((key, cell),) = folded([(0, step)]).items()
    assert CellKey(WINDOW, LIFE_CYCLE, "lead", "", "") == key
    assert (1, {"prospect": 1}) == (cell.count("lifecycle"), cell.targets)


def test_an_old_message_is_a_move_in_a_journey_without_a_name() -> None:
    assert one(Flow("p", AT, "journey", "interest", "offer", "question", HOUR)) == {
        ("interest", ""): {"aside": 1},
        ("offer", ""): {"enter": 1},
    }


def test_a_fact_without_origin_only_enters_and_without_target_only_leaves() -> None:
    assert one(fact(origin="", target="enquiry", to_channel="web")) == {("enquiry", "web"): {"enter": 1}}
    assert one(fact(origin="enquiry", target="")) == {("enquiry", "web"): {"aside": 1}}


# ---- the algebra -----------------------------------------------------------------------------------------------------


@given(logs, st.randoms(use_true_random=False))
def test_any_order_gives_the_same_bytes(log: list[Flow], order: random.Random) -> None:
    shuffled = order.sample(log, len(log))
    assert counted(log) == counted(shuffled)


@given(logs, st.lists(st.integers(0, 3), min_size=40, max_size=40))
def test_any_split_over_partitions_merges_to_the_same_bytes(log: list[Flow], of: list[int]) -> None:
    parts = [folded([(i, f) for i, f in enumerate(log) if of[i] == n]) for n in range(4)]
    keys = {key for part in parts for key in part}
    merged = {key: merge([part[key] for part in reversed(parts) if key in part]) for key in keys}
    assert {key: encode(cell) for key, cell in folded(list(enumerate(log))).items()} == {
        key: encode(cell) for key, cell in merged.items()
    }


@given(logs)
def test_corrections_cancel_to_nothing(log: list[Flow]) -> None:
    taken_back = [replace(f, sign=-f.sign) for f in log]
    assert {} == counted([*log, *taken_back]) == counted([*taken_back, *log])


@given(logs, st.integers(0, 40))
def test_facts_that_are_in_already_are_ignored(log: list[Flow], again: int) -> None:
    """The log is read again from any place, as after a crash: also where only some of the rows were kept."""
    numbered = list(enumerate(log))
    cells = folded(numbered)
    once = {key: encode(cell) for key, cell in cells.items()}
    assert once == {key: encode(cell) for key, cell in folded(numbered[again:], cells).items()}


@given(logs, st.integers(0, 40), st.sets(st.integers(0, 200)))
def test_half_written_rows_are_made_whole(log: list[Flow], kept: int, lost: set[int]) -> None:
    numbered = list(enumerate(log))
    whole = {key: encode(cell) for key, cell in folded(numbered).items()}
    old = folded(numbered[: kept // 2])
    new = folded(numbered[:kept])
    keys = sorted(new)
    mixed = {key: old[key] if i in lost and key in old else new[key] for i, key in enumerate(keys) if
             i not in lost or key in old}  # fmt: skip
    assert whole == {key: encode(cell) for key, cell in folded(numbered[kept // 2 :], mixed).items()}


@given(logs, logs)
def test_subtracting_undoes_adding(some: list[Flow], others: list[Flow]) -> None:
    mine, theirs = (merge(folded(list(enumerate(log))).values()) for log in (some, others))
    before = encode(replace(mine, upto=0))
    add(mine, theirs)
    add(mine, theirs, -1)
    assert before == encode(replace(mine, upto=0))


@given(logs)
def test_bytes_and_back(log: list[Flow]) -> None:
    for cell in folded(list(enumerate(log))).values():
        assert encode(decode(encode(cell))) == encode(cell)
        assert 0 not in cell.counts.values()


@pytest.mark.parametrize("raw", [b"", b"\xc1", b"\x90", b"\x92\x01\x02"])
def test_what_is_no_cell_says_so(raw: bytes) -> None:
    if raw == b"\x90":  # every field has a default: an older, shorter cell is read
        assert decode(raw) == Cell()
        return
    with pytest.raises(ValueError, match="no cell"):
        decode(raw)


def test_entries_minus_exits_are_those_present() -> None:
    log = [
        fact(FlowKind.ENTER, "", "interest"),
        fact(FlowKind.ENTER, "", "interest"),
        fact(origin="interest", target="enquiry", to_channel="email"),
        fact(FlowKind.DROP, "enquiry", channel="email"),
    ]
    cells = folded(list(enumerate(log)))
    exits = ("onward", "back", "aside", "drop", "end", "merged")
    present = {
        stage: sum(c.count("enter") - sum(map(c.count, exits)) for key, c in cells.items() if key.stage == stage)
        for stage in IDEAL["card"]
    }
    assert {"interest": 1, "enquiry": 0, "proposal": 0, "active": 0} == present


def test_a_cell_is_asked_for_once_a_key_and_fact() -> None:
    asked: list[CellKey] = []

    def cell_of(key: CellKey) -> Cell:
        asked.append(key)
        return Cell()

    fold(cell_of, fact(origin="interest", target="interest", to_channel="web"), 0, PATHS)
    assert 1 == len(asked)
