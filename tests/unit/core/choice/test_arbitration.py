"""Arbitration: precedence, the formula, silence, and the probability with which each option was to be chosen."""

from collections import Counter
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.core.choice.arbitration import Candidate, Choice, choose, estimate, recorded, score
from garbo.core.policy.actions import ActionClass
from garbo.core.policy.models import Feature, Model
from garbo.core.policy.policy import Arbitration
from garbo.core.scoring.scorer import Estimate
from garbo.core.vocabulary.ids import fingerprint
from garbo.core.vocabulary.reasons import Reason
from tests.unit.core.small import action

GREEDY = Arbitration()


def candidate(name: str, worth: float = 1.0, held: str = "marketing") -> Candidate:
    made = action(name, held)
    return Candidate(made, made.treatments[0], 0, score=worth)


def chosen(choice: Choice) -> str:
    return choice.chosen.action.name if choice.chosen else "silence"


@pytest.mark.parametrize(("first", "second"), [(a, b) for a, b in product(ActionClass, ActionClass) if a is not b])
def test_class_comes_before_score(first: ActionClass, second: ActionClass) -> None:
    """Mandatory, service, transactional, marketing: the higher class wins however little it is worth."""
    order = list(ActionClass)
    choice = choose([candidate("a", 0.1, first.value), candidate("b", 99.0, second.value)], GREEDY, 1)
    assert ("a" if order.index(first) < order.index(second) else "b") == chosen(choice)
    if ActionClass.MARKETING is not min(first, second, key=order.index):
        assert ([None, Reason.OUTRANKED], 0.0) == (choice.reasons, choice.silence_probability)


def test_order_of_candidates_does_not_matter() -> None:
    """Equal scores: the name decides."""
    candidates = [("b", 2.0), ("a", 2.0), ("c", 1.0)]
    found = {chosen(choose([candidate(*c) for c in order], GREEDY, 7)) for order in permutations(candidates)}
    assert {"a"} == found


def test_nothing_feasible_is_silence_for_sure() -> None:
    assert Choice(None, [], [], 1.0) == choose([], GREEDY, 1)


@pytest.mark.parametrize(("worth", "expected"), [(0.51, "a"), (0.5, "silence"), (0.49, "silence"), (-3.0, "silence")])
def test_only_an_offer_worth_more_than_silence_is_made(worth: float, expected: str) -> None:
    choice = choose([candidate("a", worth)], Arbitration(silence_score=0.5), 1)
    assert expected == chosen(choice)
    assert [None if expected == "a" else Reason.BELOW_SILENCE] == choice.reasons


def test_service_is_not_weighed_against_silence() -> None:
    assert "a" == chosen(choose([candidate("a", -100.0, "service")], GREEDY, 1))


def test_score_is_the_formula() -> None:
    """P * C * L * (V_company + lambda * V_customer) - cost - mu * pressure; C by state and stage, else 1."""
    weights, one = Arbitration(customer_weight=2.0, pressure_weight=0.5), valued()
    score(one, "lead", "asking", 4.0, weights)
    assert 0.2 * (0.5 * 3.0) * 1.5 * (10.0 + 2.0 * 5.0) - 0.25 - 0.5 * 4.0 == one.score
    score(one, "customer", "", 0.0, weights)
    assert 0.2 * 1.0 * 1.5 * 20.0 - 0.25 == one.score


def valued() -> Candidate:
    made = action("a", lever=1.5, context={"lead": 0.5, "asking": 3.0}, cost=0.25)
    return Candidate(made, made.treatments[0], 0, value_company=10.0, value_customer=5.0, propensity=0.2)


def test_record_holds_every_factor_so_that_the_score_can_be_worked_out_again() -> None:
    weights, one = Arbitration(customer_weight=2.0, pressure_weight=0.5), valued()
    score(one, "lead", "", 4.0, weights)
    (row,) = recorded(choose([one], weights, 1), 4.0, weights)
    worth = row.propensity * row.context * row.lever * (row.value_company + row.customer_weight * row.value_customer)
    assert row.score == worth - row.cost - row.pressure_weight * row.pressure


MODEL = Model("f", (Feature("age", "number"),), 0.1, 100.0)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, (0.1, -1.0, 0.0, "")),
        (Estimate(0.9, 0.0, "v1"), (0.1, 0.9, 0.0, "v1")),
        (Estimate(0.9, 100.0, "v2"), (0.5, 0.9, 100.0, "v2")),
        (Estimate(0.9, 300.0, "v3"), (0.7, 0.9, 300.0, "v3")),
    ],
)
def test_propensity_is_smoothed_by_the_models_evidence(
    answer: Estimate | None, expected: tuple[float, float, float, str]
) -> None:
    """No evidence: the starting propensity. As much as the start's: halfway. Then the model."""
    one = candidate("a")
    estimate(one, MODEL, answer)
    assert expected == (pytest.approx(one.propensity), one.model_output, one.evidence, one.version)


def test_action_without_a_model_has_propensity_one() -> None:
    assert 1.0 == candidate("a").propensity


weights = st.builds(Arbitration, silence_score=st.floats(-5, 5), exploration=st.sampled_from([0.0, 0.02, 0.5, 1.0]))
offers = st.lists(st.floats(-10, 10), max_size=6)


def test_exploration_spends_only_its_budget() -> None:
    """Without budget the best offer is made for sure, and the record says so."""
    seeds = [fingerprint(f"b|{n}") for n in range(200)]
    kept = [
        choose([candidate("a", 3.0), candidate("b", 2.0)], Arbitration(exploration=1.0), s, explore=False)
        for s in seeds
    ]
    assert {("a", 1.0, False)} == {(chosen(c), c.scored[0].probability, c.explored) for c in kept}


@settings(max_examples=300, derandomize=True)
@given(offers, weights, st.integers(0, 2**63 - 1))
def test_probabilities_sum_to_one_and_keep_the_floor(
    scores: list[float], given_weights: Arbitration, seed: int
) -> None:
    """Over the offers above silence and silence; each keeps epsilon / (n + 1); what was chosen had a chance; what is
    worth no more than silence has none."""
    choice = choose([candidate(f"a{n}", s) for n, s in enumerate(scores)], given_weights, seed)
    probabilities = [c.probability for c in choice.scored] + [choice.silence_probability]
    assert 1.0 == pytest.approx(sum(probabilities))
    above = [c for c in choice.scored if c.score > given_weights.silence_score]
    floor = given_weights.exploration / (len(above) + 1) - 1e-12
    assert min([choice.silence_probability, *(c.probability for c in above)]) >= floor
    assert all(c.probability == 0.0 for c in choice.scored if c not in above)
    assert (choice.chosen.probability if choice.chosen else choice.silence_probability) > 0.0
    assert [c is choice.chosen for c in choice.scored] == [r is None for r in choice.reasons]


def test_frequencies_are_the_recorded_probabilities() -> None:
    """Twenty thousand seeds, as events give them: each option comes as often as its record says."""
    weights_ = Arbitration(exploration=0.3)
    found: Counter[str] = Counter()
    told: dict[str, float] = {}
    draws = 20_000
    for n in range(draws):
        choice = choose(
            [candidate("a", 3.0), candidate("b", 2.0), candidate("c", -1.0)], weights_, fingerprint(f"s|{n}")
        )
        found[chosen(choice)] += 1
        told = {c.action.name: c.probability for c in choice.scored} | {"silence": choice.silence_probability}
    assert told == {name: pytest.approx(found[name] / draws, abs=0.01) for name in told}


def test_same_seed_same_choice() -> None:
    picks = {
        chosen(choose([candidate("a", 3.0), candidate("b", 2.9)], Arbitration(exploration=1.0), 12345))
        for _ in range(5)
    }
    assert 1 == len(picks)
