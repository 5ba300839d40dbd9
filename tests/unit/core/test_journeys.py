"""The engine on the map: what a decision reads of a journey, and what it tells about it."""

from msgspec.structs import replace

from garbo.core.party.state import encode
from garbo.core.policy.actions import Trigger
from garbo.core.policy.attributes import Attribute
from garbo.core.policy.contact_policy import ContactPolicy
from garbo.core.policy.journey import Goal, Journey, Move, StageDefinition, TouchpointKind
from garbo.core.policy.proactive import Proactive
from garbo.core.vocabulary.effects import Flow, FlowKind
from garbo.core.vocabulary.events import ProfileUpdate, RowMoved
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.policy.cel import compile_rule
from garbo.policy.cel_words import scope
from tests.unit.core.small import NOON, SMALL, Log, action, consent, known, outcome, touch, view, with_actions

VIEWED = (Trigger("touchpoint", "view"),)
CARD = Journey(
    "card",
    themes=("card",),
    ideal=("looking", "asking", "answered"),
    goal=Goal("answered"),
    stages={
        "looking": StageDefinition("looking", patience=10 * DAY, advance=("offer",)),
        "asking": StageDefinition("asking", patience=10 * DAY, advance=("offer",)),
        "answered": StageDefinition("answered", patience=10 * DAY),
    },
    moves=(
        Move("", "view", "looking"),
        Move("looking", "question", "asking"),
        Move("asking", "delivered", "answered"),
    ),
)
LOAN = replace(CARD, name="loan", themes=("loan",), goal=None, ideal=("looking",))


def bank(*actions: object, **changed: object) -> Log:
    journeys = changed.pop("journeys", {"card": CARD, "loan": LOAN})
    fields = {"contact": ContactPolicy(), "needs": {}, "journeys": journeys, **changed}
    return known(Log(with_actions(*actions, **fields)), "personal_data", "own_promotion", "profiling")  # type: ignore[arg-type]


def flows(log: Log, *kinds: FlowKind) -> list[Flow]:
    return [e for e in log.effects() if isinstance(e, Flow) and e.axis == "journey" and e.kind in kinds]


def test_a_party_stands_in_two_journeys_at_once() -> None:
    log = bank(action("offer", theme="card"))
    log.happen(view("card"))
    log.happen(view("loan"), HOUR)
    log.happen(touch("question", "card"), HOUR)
    assert {(i.journey, i.stage) for i in log.party().journeys} == {("card", "asking"), ("loan", "looking")}
    assert (log.party().journey, log.party().stage) == ("card", "asking")


def test_stages_speak_of_the_journey_of_the_actions_theme() -> None:
    log = bank(
        action("of_loan", theme="loan", stages=("asking",), when=VIEWED),
        action("of_card", theme="card", stages=("asking",), when=VIEWED),
        action("of_any", theme="", stages=("looking",), when=VIEWED),
    )
    log.happen(view("card"))
    log.happen(touch("question", "card"), HOUR)
    log.happen(view("loan"), HOUR)
    considered = {s.action for s in log.records()[-1].scored} | {b.action for b in log.records()[-1].blocked}
    assert considered == {"of_card", "of_any"}  # of the loan she only looks; the loan was touched last


def test_a_rule_reads_the_stage_in_its_actions_journey() -> None:
    rule = compile_rule('stage == "asking"', scope({}, {"stage": frozenset({"asking", "looking", ""})}))
    log = bank(
        action("of_loan", theme="loan", eligibility=rule, when=VIEWED),
        action("of_card", theme="card", eligibility=rule, when=VIEWED),
        variables=frozenset({"stage"}),
    )
    log.happen(view("card"))
    log.happen(touch("question", "card"), HOUR)
    log.happen(view("loan"), HOUR)
    record = log.records()[-1]
    assert ([s.action for s in record.scored], [b.action for b in record.blocked]) == (["of_card"], ["of_loan"])


def test_patience_speaks_of_the_journey_of_the_actions_theme() -> None:
    loan = replace(LOAN, stages={**LOAN.stages, "looking": StageDefinition("looking", patience=20 * DAY)})
    when = (Trigger("proactive", "patience"),)
    log = bank(
        action("of_card", theme="card", when=when), action("of_loan", theme="loan", when=when),
        action("of_any", theme="", when=when),
        journeys={"card": CARD, "loan": loan}, proactive=Proactive(),
    )  # fmt: skip
    log.happen(view("card"))
    log.happen(view("loan"))
    log.wait(11 * DAY)
    (record,) = (r for r in log.records() if r.event_kind == "patience")
    assert {s.action for s in record.scored} == {"of_card", "of_any"}


def test_a_drop_out_comes_without_an_event_at_the_end_of_patience() -> None:
    log = bank()
    log.happen(view("card"))
    log.happen(touch("other", "card"), 4 * DAY)  # off the map, but a touch
    log.wait(9 * DAY)
    assert flows(log, FlowKind.DROP) == []
    log.wait(2 * DAY)
    (drop,) = flows(log, FlowKind.DROP)
    assert (drop.at, drop.origin, drop.dwell_ms) == (NOON + 14 * DAY, "looking", 14 * DAY)
    assert log.party().journeys == []


def test_a_late_visit_takes_the_drop_out_back() -> None:
    log = bank()
    log.happen(view("card"))
    log.wait(10 * DAY)
    log.happen(view("card"), MINUTE, late=HOUR)
    signs = [(f.sign, f.kind.value) for f in flows(log, FlowKind.DROP, FlowKind.OFF_MAP)]
    assert signs == [(1, "drop"), (-1, "drop"), (1, "off_map")]
    assert [i.stage for i in log.party().journeys] == ["looking"]


def test_the_first_obstacle_of_a_visit_is_told_with_its_exit() -> None:
    log = bank(action("offer", theme="card", when=VIEWED))
    log.happen(consent("own_promotion", False))
    log.happen(view("card"))
    log.happen(touch("question", "card"), HOUR)
    (move,) = flows(log, FlowKind.MOVE)
    assert (move.origin, move.obstacle, move.answered_ms) == ("looking", "consent:own_promotion", -1)


def test_an_action_for_others_does_not_hide_what_held_back_the_persons_own() -> None:
    """A segment may have an action of its own. Its rule says whose it is, and nothing about the visits of others."""
    rule = compile_rule("age < 30", scope({"age": "int"}, {}))
    asks = (*VIEWED, Trigger("touchpoint", "question"))
    advance = StageDefinition("asking", patience=10 * DAY, advance=("for_the_young", "offer"))
    log = bank(
        action("for_the_young", theme="card", eligibility=rule, when=asks),
        action("offer", theme="card", cooldown=30 * DAY, when=asks),
        journeys={"card": replace(CARD, stages={**CARD.stages, "asking": advance})},
        attributes={"age": Attribute("age", "int", 50)}, variables=frozenset({"age"}),
    )  # fmt: skip
    log.happen(view("card"))
    log.happen(touch("question", "card"), HOUR)
    log.happen(outcome("delivered", action="offer"), HOUR)
    _, move = flows(log, FlowKind.MOVE)
    assert (move.origin, move.obstacle) == ("asking", "cap:offer")


def test_the_time_to_the_first_answer_is_told_with_the_exit() -> None:
    log = bank(action("offer", theme="card", when=(Trigger("touchpoint", "other"),)))
    log.happen(view("card"))
    log.happen(touch("other", "card"), 2 * HOUR)
    assert log.names() == ["offer"]
    log.happen(touch("question", "card"), HOUR)
    (move,) = flows(log, FlowKind.MOVE)
    assert (move.obstacle, move.answered_ms) == ("", 2 * HOUR)
    (contact,) = flows(log, FlowKind.CONTACT)
    assert (contact.action, contact.channel, contact.journey, contact.origin) == ("offer", "email", "card", "looking")


def test_an_answer_of_the_person_is_a_response_where_she_stood() -> None:
    log = bank(action("offer", theme="card", when=VIEWED))
    log.happen(view("card"))
    log.happen(outcome("refused", action="offer"), HOUR)
    (response,) = flows(log, FlowKind.RESPONSE)
    assert (response.quality, response.implicit, response.action, response.origin) == (
        "negative", False, "offer", "looking",
    )  # fmt: skip
    log.happen(touch("question", "card"), HOUR)
    (move,) = flows(log, FlowKind.MOVE)
    assert move.obstacle == "negative:email"


def test_segments_and_conditions_are_judged_when_a_journey_starts() -> None:
    names = scope({"age": "int"}, {})
    grown = replace(CARD, enter=compile_rule("age >= 18", names), exit=compile_rule("age > 90", names))
    log = bank(
        journeys={"card": grown},
        attributes={"age": Attribute("age", "int", 0)},
        segments={"young": compile_rule("age < 30", names)},
        placing_variables=frozenset({"age"}),
    )
    log.happen(view("card", age=17))
    assert [f.kind for f in flows(log, *FlowKind)] == [FlowKind.OFF_MAP]
    log.happen(view("card", age=18), HOUR)
    log.happen(view("card", age=31), HOUR)
    assert [(i.stage, i.segment) for i in log.party().journeys] == [("looking", "young")]  # it was frozen
    log.happen(view("card", age=91), HOUR)
    assert log.party().journeys == []
    assert [f.kind for f in flows(log, FlowKind.END)] == [FlowKind.END]


def test_an_exit_condition_is_judged_when_an_attribute_or_a_consent_changes() -> None:
    names = scope({"age": "int"}, {"consent": frozenset({"own_promotion"})})
    left = replace(CARD, exit=compile_rule("age > 90", names))
    objected = replace(LOAN, exit=compile_rule('!("own_promotion" in consents)', names))
    log = bank(
        journeys={"card": left, "loan": objected},
        attributes={"age": Attribute("age", "int", 0)},
        placing_variables=frozenset({"age", "consents"}),
    )
    log.happen(view("card"))
    log.happen(view("loan"), HOUR)
    log.happen(ProfileUpdate((), {"age": 91}), HOUR)
    log.happen(consent("own_promotion", False), HOUR)
    ends = [(f.journey, f.origin, f.trigger, f.dwell_ms) for f in flows(log, FlowKind.END)]
    assert ends == [("card", "looking", "changed", 2 * HOUR), ("loan", "looking", "changed", 2 * HOUR)]
    assert log.party().journeys == []


def test_without_an_exit_condition_that_holds_a_new_attribute_is_no_happening() -> None:
    names = scope({"age": "int"}, {})
    log = bank(
        journeys={"card": replace(CARD, exit=compile_rule("age > 90", names))},
        attributes={"age": Attribute("age", "int", 0)},
        placing_variables=frozenset({"age"}),
    )
    log.happen(view("card"))
    before = log.party().journal
    log.happen(ProfileUpdate((), {"age": 40}), HOUR)
    assert log.party().journal == before


def test_after_a_drop_out_no_rule_sees_the_stage_and_patience_still_speaks_of_it() -> None:
    """Her last contact is later than her last touch: she drops out first, and has then been forgotten as well."""
    when = (Trigger("proactive", "patience"),)
    log = bank(
        action("greeting", "service", "contract", when=(Trigger("touchpoint", "other"),)),
        action("of_stage", theme="card", stages=("looking",), when=when), action("of_card", theme="card", when=when),
        proactive=Proactive(),
    )  # fmt: skip
    log.happen(view("card"))
    log.happen(touch("other"), DAY)
    assert log.names() == ["greeting"]
    log.wait(10 * DAY)
    assert [f.at for f in flows(log, FlowKind.DROP)] == [NOON + 10 * DAY]
    (record,) = (r for r in log.records() if r.event_kind == "patience")
    assert {s.action for s in record.scored} == {"of_card"}


def test_patience_comes_before_the_drop_out_of_the_same_instant() -> None:
    when = (Trigger("proactive", "patience"),)
    log = bank(action("offer", theme="card", stages=("looking",), when=when), proactive=Proactive())
    log.happen(view("card"))
    log.wait(10 * DAY)
    assert log.names() == ["offer"]
    assert [f.at for f in flows(log, FlowKind.DROP)] == [NOON + 10 * DAY]


def test_a_correction_by_staff_is_not_on_the_map() -> None:
    """Neither as a touch, nor as a move, nor as time at which patience is over."""
    known_kinds = {**SMALL.touchpoints, "correction": TouchpointKind("correction", corrects=True)}
    moves = (*CARD.moves, Move("looking", "correction", "asking"))
    log = bank(journeys={"card": replace(CARD, moves=moves)}, touchpoints=known_kinds)
    log.happen(view("card"))
    before = log.party()
    log.happen(touch("correction", "card"), HOUR)
    after = log.party()
    assert (after.journeys, after.journal, after.stage) == (before.journeys, before.journal, before.stage)
    assert len(flows(log, *FlowKind)) == 1


def test_a_journey_starts_only_in_its_life_cycle() -> None:
    log = bank(journeys={"card": replace(CARD, lifecycle=("customer",))})
    log.happen(view("card"))
    assert log.party().journeys == []


def test_after_a_merge_the_map_of_the_two_rows_adds_up() -> None:
    one, other = bank(), bank()
    one.happen(view("card"))
    other.happen(view("card"), MINUTE)
    other.happen(touch("question", "card"), MINUTE)
    other.happen(view("loan"), MINUTE)
    loser = replace(other.party(), id="q")

    one.happen(RowMoved("q", encode(loser)), HOUR)
    assert {(i.journey, i.stage) for i in one.party().journeys} == {("card", "asking"), ("loan", "looking")}
    balance: dict[tuple[str, str], int] = {}
    for log in (one, other):
        for f in flows(log, FlowKind.ENTER, FlowKind.MOVE, FlowKind.DROP, FlowKind.END, FlowKind.MERGED):
            if f.kind in (FlowKind.ENTER, FlowKind.MOVE):
                balance[f.journey, f.target] = balance.get((f.journey, f.target), 0) + f.sign
            if f.kind is not FlowKind.ENTER:
                balance[f.journey, f.origin] = balance.get((f.journey, f.origin), 0) - f.sign
    assert {at: n for at, n in balance.items() if n} == {("card", "asking"): 1, ("loan", "looking"): 1}


def test_a_policy_without_journeys_places_nobody() -> None:
    log = bank(journeys={})
    log.happen(view("card"))
    assert flows(log, *FlowKind) == []
    party = log.party()
    assert (party.journeys, party.journal, party.journey_base) == ([], b"", b"")
