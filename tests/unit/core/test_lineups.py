"""Champions, challengers and shadows: one draw from a mixture that the record has exactly."""

from collections import defaultdict
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from garbo.audit.recompute.recompute import RecordedScorer
from garbo.core.choice.arbitration import Candidate, Choice, choose
from garbo.core.choice.lineups import Other, View
from garbo.core.choice.strategies import Belief
from garbo.core.decide import Env, handle
from garbo.core.party.state import decode
from garbo.core.policy.actions import Placement, Trigger
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.contact_policy import ContactPolicy
from garbo.core.policy.exploration import Softmax, SquareCB, Strategy, Thompson
from garbo.core.policy.models import CHALLENGER, SHADOW, Feature, Model
from garbo.core.policy.policy import Arbitration
from garbo.core.scoring.scorer import LATE, Estimate, NoModels
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.instants import HOUR
from garbo.core.vocabulary.reasons import Reason
from tests.unit.core.small import SMALL, Log, action, known, view, with_actions

VIEW = (Trigger("touchpoint", "view"),)
CHAMPION = SMALL.models["f"]
PARTIES = 1500
# Of chi-square with four degrees of freedom, one run in 2,000 is above. The parties are fixed.
CRITICAL = 20.0


class Answers(NoModels):
    """Each model has one answer for everybody; the key is its id."""

    def __init__(self, answers: Mapping[str, Estimate], promoted: Mapping[str, str] | None = None) -> None:
        self.answers, self.places, self.asked = answers, promoted or {}, []  # type: ignore[var-annotated]

    def estimate(self, model: str, features: Mapping[str, float]) -> Estimate | None:
        self.asked.append(model)
        return self.answers.get(model)

    def promoted(self, champion: str) -> str:
        return self.places.get(champion, "")


def against(name: str, role: str = CHALLENGER, share: float = 0.3, starting: float = 0.02, of: str = "f") -> Model:
    return replace(
        CHAMPION, id=name, families=CHAMPION.scores if of == CHAMPION.id else (of,), role=role, of=of, share=share,
        starting_propensity=starting,
    )  # fmt: skip


def contested(*others: Model, strategy: Strategy | None = None, epsilon: float = 0.2) -> CompiledPolicy:
    """An offer at once and a deferred one, both of the family `f`, and one of a family without a model."""
    weights = Arbitration(exploration=epsilon, strategy=strategy, pressure_weight=0.0, explored_at_most=99)
    return with_actions(
        action("at_once", when=VIEW, value_company=10.0, theme="card"),
        action("deferred", when=VIEW, value_company=30.0, theme="loan", placement=Placement(delay=HOUR), channel="sms"),
        action("sure", when=VIEW, value_company=1.0, theme="insurance", channel="app", family=""),
        models={m.id: m for m in (CHAMPION, *others)},
        arbitration=weights,
        contact=ContactPolicy(),
    )


def look(policy: CompiledPolicy, scorer: NoModels | None = None, party: str = "p", profiling: bool = True) -> Log:
    log = known(Log(policy, scorer), "own_promotion", *(["profiling"] if profiling else []), party=party)
    log.happen(view("card"), party=party)
    return log


def mixture(record: DecisionRecord) -> list[float]:
    rows = [lineup.share * p for lineup in record.lineups for p in (*lineup.probabilities, lineup.silence)]
    width = len(record.scored) + 1
    return [sum(rows[place::width]) for place in range(width)]


@pytest.mark.parametrize("strategy", [None, Softmax(1.0), SquareCB(2.0), Thompson(0.05, 20)], ids=str)
def test_frequencies_equal_the_logged_mixture_deferred_treatments_included(strategy: Strategy | None) -> None:
    """What goes out, at once or an hour later, comes as often as the records say, with two challengers and a shadow."""
    policy = contested(
        against("low"), against("high", share=0.5, starting=0.4), against("shadow", SHADOW), strategy=strategy
    )
    expected: dict[str, float] = defaultdict(float)
    went_out: dict[str, int] = defaultdict(int)
    contests = set()
    for n in range(PARTIES):
        log = look(policy, party=f"p{n}")
        record = log.records()[-1]
        contests |= {lineup.model for lineup in record.lineups if lineup.share and lineup.model}
        for scored in record.scored:
            expected[scored.action] += scored.probability
        expected[""] += record.silence_probability
        log.wait(2 * HOUR)
        went_out[(log.names() or [""])[0]] += 1
    assert {"low", "high"} == contests
    assert sum(expected.values()) == pytest.approx(PARTIES)
    assert sum((went_out[name] - e) ** 2 / e for name, e in expected.items() if e) < CRITICAL


def test_a_record_has_every_lineup_and_their_mixture() -> None:
    scorer = Answers({"f": Estimate(0.3, 100.0, "f@100"), "low": Estimate(0.01, 300.0, "low@300")})
    policy = contested(against("low"), against("shadow", SHADOW))
    record = look(policy, scorer).records()[-1]
    champions, low, shadow = record.lineups
    assert ("", "champion", 0.7) == (champions.model, champions.role, champions.share)
    assert ("low@300", "challenger", 0.3) == (low.model, low.role, low.share)
    assert ("shadow", "shadow", 0.0) == (shadow.model, shadow.role, shadow.share)  # it has no snapshot: its prior
    assert ("f@100", "low@300") == record.models
    assert ["deferred", "at_once", "sure"] == [s.action for s in record.scored]
    assert ((0.3, 0.3, -1.0), (0.01, 0.01, -1.0), (-1.0, -1.0, -1.0)) == tuple(x.outputs for x in record.lineups)
    assert all(sum(x.probabilities) + x.silence == pytest.approx(1.0) for x in record.lineups)
    assert [*(s.probability for s in record.scored), record.silence_probability] == pytest.approx(mixture(record))
    assert champions.probabilities[0] > 0.8 > 0.1 > low.probabilities[0]  # `low` prefers what needs no model


def test_models_that_decide_are_asked_first_and_a_late_challenger_is_no_fallback() -> None:
    scorer = Answers({"f": Estimate(0.3, 100.0, "f@100"), "low": LATE})
    record = look(contested(against("low")), scorer).records()[-1]
    assert (["f", "low"], False) == (scorer.asked, record.fallback)
    assert ("low", -1.0) == (record.lineups[1].model, record.lineups[1].outputs[0])
    alone = look(contested(), Answers({"f": Estimate(0.3, 100.0, "f@100")})).records()[-1]
    assert () == alone.lineups
    assert [s.score for s in alone.scored] == [s.score for s in record.scored]


def test_without_profiling_there_is_no_lineup_and_the_champions_prior_decides() -> None:
    scorer = Answers({"low": Estimate(0.9, 9.0, "low@9")}, {"f": "low"})
    record = look(contested(against("low")), scorer, profiling=False).records()[-1]
    assert ((), [], 0.2) == (record.lineups, scorer.asked, record.scored[0].propensity)


def test_at_most_one_challenger_contests_and_each_in_its_turn() -> None:
    policy = contested(*(against(f"c{n}") for n in range(3)))
    seen: dict[str, int] = defaultdict(int)
    for n in range(600):
        shares = [x.model for x in look(policy, party=f"p{n}").records()[-1].lineups[1:] if x.share]
        assert 1 == len(shares)
        seen[shares[0]] += 1
    assert {"c0", "c1", "c2"} == set(seen)
    assert max(seen.values()) - min(seen.values()) < 4 * (600 * 2 / 9) ** 0.5


# ---- promotion and replay


def test_a_promoted_challenger_decides_and_the_champion_looks_on() -> None:
    answers = {"f": Estimate(0.3, 100.0, "f@100"), "low": Estimate(0.01, 300.0, "low@300")}
    record = look(contested(against("low")), Answers(answers, {"f": "low"})).records()[-1]
    champions, displaced = record.lineups
    assert ("low@300", "champion", 1.0, 0.01) == (
        champions.model, champions.role, champions.share, record.scored[-1].model_output
    )  # fmt: skip
    assert ("f@100", "shadow", 0.0) == (displaced.model, displaced.role, displaced.share)


class Slower(Answers):
    """`low` answers for its first candidate in time, and then no more."""

    def estimate(self, model: str, features: Mapping[str, float]) -> Estimate | None:
        again = model == "low" and model in self.asked
        answer = super().estimate(model, features)
        return LATE if again else answer


def test_a_challenger_that_was_late_for_one_candidate_has_answered_for_none() -> None:
    """It is asked for each action, because it reads the action. A replay, which is never late, decides the same."""
    reads = (*CHAMPION.features, Feature("action.theme", "category", "action"))
    policy = contested(replace(against("low"), features=reads))
    answers = {"f": Estimate(0.3, 900.0, "f@1"), "low": Estimate(0.6, 900.0, "low@1")}
    scorer = Slower(answers)
    record = look(policy, scorer).records()[-1]
    assert scorer.asked.count("low") == 2
    low = record.lineups[1]
    assert (low.model, set(low.outputs[:2])) == ("low", {-1.0})


@pytest.mark.parametrize("promoted", [{}, {"f": "low"}], ids=["contest", "promoted"])
@pytest.mark.parametrize("late", ["", "f", "low"])
def test_a_replay_takes_who_decided_from_the_record(promoted: dict[str, str], late: str) -> None:
    """The models of today answer in time, and nobody is promoted today: the record knows better."""
    answers = {"f": Estimate(0.3, 100.0, "f@100"), "low": Estimate(0.01, 300.0, "low@300")}
    policy = contested(against("low"), epsilon=0.5)
    for n in range(40):
        log = look(policy, Answers(answers | {late: LATE}, promoted), f"p{n}")
        log.wait(2 * HOUR)
        assert all(again(policy, log, place, answers) for place in range(len(log.history)))


def again(policy: CompiledPolicy, log: Log, place: int, answers: Mapping[str, Estimate]) -> bool:
    """Is the event decided alike, by the models that the record names?"""
    event, effects = log.history[place]
    record = next(e for e in effects if isinstance(e, DecisionRecord))
    loaded = {name: answer for name, answer in answers.items() if answer.version in record.models}
    env = Env(policy, RecordedScorer(Answers(loaded), record, policy), record.at)
    row = _row_before(policy, log, place)
    made = handle(decode(row) if row else None, event, env)
    return [record] == [e for e in made.effects if isinstance(e, DecisionRecord)]


def _row_before(policy: CompiledPolicy, log: Log, place: int) -> bytes | None:
    replayed = Log(policy, log.scorer)
    for (event, _), at in zip(log.history[:place], log.clock, strict=False):
        replayed.at = at
        replayed.take(event)
    party = log.history[place][0].party
    return replayed.rows.get(party)


# ---- a planned contact


def test_a_confirmation_keeps_the_numbers_of_the_choice_and_asks_its_challenger() -> None:
    """The champions hold the offer for worthless; the challenger that chose it still wants it: it stands."""
    policy = contested(against("high", share=0.5, starting=0.4), epsilon=0.0)
    worthless = {"f": Estimate(0.0001, 1e9, "f@9"), "high": Estimate(0.4, 100.0, "high@1")}
    confirmed = 0
    for n in range(30):
        log = look(policy, Answers(worthless), f"p{n}")
        choice = log.records()[-1]
        log.wait(2 * HOUR)
        later = log.records()[-1]
        if not later.confirmation:
            continue
        confirmed += 1
        (plan,) = [s for s in choice.scored if s.action == "deferred"]
        assert ("confirmed", plan.probability) == (later.confirmation, later.scored[0].probability)
        (pending,) = log.party(f"p{n}").pending
        assert ("high", 0.0, 1.0) == (pending.contest, pending.champion_probability, pending.challenger_probability)
        assert (30.0, 0.0) == (pending.value, pending.cost)
        assert ["", "high@1"] == [x.model for x in later.lineups]
        assert [1.0, 0.0] == [x.share for x in later.lineups]  # nothing was drawn
    assert confirmed > 5


def test_a_plan_that_nobody_wants_any_more_is_cancelled() -> None:
    policy = contested(against("high", share=0.5, starting=0.4), epsilon=0.0)
    scorer = Answers({"f": Estimate(0.0001, 1e9, "f@9"), "high": Estimate(0.4, 100.0, "high@1")})
    seen = set()
    for n in range(20):
        log = look(policy, scorer, f"p{n}")
        arbitration = replace(policy.policy.arbitration, silence_score=1000.0)
        log.policy = replace(policy, policy=replace(policy.policy, arbitration=arbitration))
        log.wait(2 * HOUR)
        later = log.records()[-1]
        if later.confirmation:
            seen.add((later.confirmation, later.scored[0].reason))
    assert {("cancelled", Reason.BELOW_SILENCE)} == seen


# ---- properties of the choice


def candidate(name: str, worth: float) -> Candidate:
    made = action(name)
    return Candidate(made, made.treatments[0], 0, score=worth, value=10.0, starting_evidence=50.0, propensity=0.2)


scores = st.lists(st.floats(-10, 10), min_size=1, max_size=5)
strategies = st.sampled_from([None, Softmax(1.0), SquareCB(2.0), Thompson(0.05, 10)])


def chosen_with(
    ours: list[float], theirs: list[list[float]], strategy: Strategy | None, share: float, seed: int
) -> tuple[Choice, Arbitration]:
    weights = Arbitration(exploration=0.2, strategy=strategy, silence_score=0.5)
    others = [
        Other(
            f"m{n}", CHALLENGER if n % 2 else SHADOW, share, f"m{n}@1", True,
            {f"a{i}": View(0.1, 5.0, Belief(0.2, 50.0, 10.0), s) for i, s in enumerate(own[: len(ours)])},
        )
        for n, own in enumerate(theirs)
    ]  # fmt: skip
    return choose([candidate(f"a{i}", s) for i, s in enumerate(ours)], weights, seed, others=others), weights


@settings(max_examples=200, derandomize=True, deadline=None)
@given(scores, st.lists(scores, max_size=4), strategies, st.floats(0.01, 0.5), st.integers(0, 2**63 - 1))
def test_each_lineup_sums_to_one_and_nothing_below_silence_is_offered(
    ours: list[float], theirs: list[list[float]], strategy: Strategy | None, share: float, seed: int
) -> None:
    choice, weights = chosen_with(ours, theirs, strategy, share, seed)
    total = sum(c.probability for c in choice.scored) + choice.silence_probability
    assert total == pytest.approx(1.0)
    for stand in choice.stands:
        assert sum(stand.probabilities) + stand.silence == pytest.approx(1.0)
        for c, p in zip(choice.scored, stand.probabilities, strict=True):
            view_ = stand.other.views.get(c.action.name)
            assert p == 0.0 or (view_.score if view_ else c.score) > weights.silence_score
    challengers = [stand for stand in choice.stands if stand.other.role == CHALLENGER]
    assert bool(challengers) == sum(stand.share > 0 for stand in choice.stands)
    wanted = {
        c.action.name
        for c in choice.scored
        if c.score > weights.silence_score
        or any(s.share and s.probabilities[i] for s in choice.stands for i, x in enumerate(choice.scored) if x is c)
    }
    if choice.chosen is not None:
        assert choice.chosen.probability > 0.0
        assert choice.chosen.action.name in wanted
    else:
        assert choice.silence_probability > 0.0
