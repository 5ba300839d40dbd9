"""The gate on a challenger's examples: rules by the policy, and examples as decide writes them."""

import msgspec
import pytest

from garbo.core.policy.models import GateOptions, Model, Target
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import Learn
from garbo.core.vocabulary.instants import DAY
from garbo.learning.evaluation.contest import PRESSURE, rules_of, take
from garbo.learning.evaluation.gate import GateState, settle, verdict
from tests.policies import policy_of


@pytest.fixture(scope="module")
def bank() -> Policy:
    return policy_of("bank")


@pytest.fixture
def challenger(bank: Policy) -> Model:
    champion = bank.models["cards"]
    target = Target(window=14 * DAY, windows={"app": 3 * DAY, "letter": 30 * DAY})
    return msgspec.structs.replace(champion, id="cards2", role="challenger", of="cards", share=0.1, target=target)


MADE = 1_000 * DAY


def example(kind: str, label: int, at: int, channel: str = "app", *, b: float = 0.2, t: float = 0.7) -> Learn:
    return Learn(
        model="cards2", example_id=f"a-1/offer/{kind}", party="p", at=at, action="offer", features={}, label=label,
        probability=0.9 * b + 0.1 * t, propensity=0.1, model_version="", kind=kind, champion_probability=b,
        challenger_probability=t, value=40.0, cost=0.5, channel=channel, decided_at=MADE,
    )  # fmt: skip


def test_the_rules_are_those_of_the_policy(bank: Policy, challenger: Model) -> None:
    rules = rules_of(bank, challenger)
    offers = [a for a in bank.actions.values() if a.family == "cards"]
    numbers = [a.value_company for a in offers if isinstance(a.value_company, int | float)]
    assert rules.share == 0.1
    assert rules.most_value >= max(numbers) > 0.0
    assert rules.most_cost == max(t.cost for a in offers for t in a.treatments) + (
        bank.arbitration.pressure_weight * PRESSURE
    )
    assert rules.hold == 30 * DAY
    own = rules_of(bank, msgspec.structs.replace(challenger, gate=GateOptions(most_value=7.0, best_at=900)))
    assert (own.most_value, own.best_at, rules.best_at) == (7.0, 900, GateOptions().best_at)


def test_a_challenger_without_a_share_or_a_value_has_no_rules(bank: Policy, challenger: Model) -> None:
    with pytest.raises(ValueError, match="share"):
        rules_of(bank, msgspec.structs.replace(challenger, share=0.0))
    none = msgspec.structs.replace(challenger, families=("nothing",), of="")
    with pytest.raises(ValueError, match="most_value"):
        rules_of(bank, none)


def test_a_closed_window_counts_when_the_longest_one_has_closed(bank: Policy, challenger: Model) -> None:
    rules, state = rules_of(bank, challenger), GateState()
    take(state, rules, example("close", 1, MADE + 3 * DAY), MADE + 3 * DAY)
    take(state, rules, example("close", 0, MADE + 14 * DAY, "email"), MADE + 14 * DAY)
    settle(state, rules, MADE + 29 * DAY)
    assert (state.count, verdict(state, rules).held) == (0, 2)
    settle(state, rules, MADE + 32 * DAY)
    assert state.count == 2
    weight = 0.5 / 0.25
    assert state.total == pytest.approx(weight * 39.5 - weight * 0.5)


def test_early_labels_add_up_to_the_same_reward(bank: Policy, challenger: Model) -> None:
    rules, state = rules_of(bank, challenger), GateState()
    take(state, rules, example("early_no", 0, MADE), MADE)
    take(state, rules, example("early_yes", 1, MADE + DAY), MADE + DAY)
    settle(state, rules, MADE + 60 * DAY)
    assert state.count == 1
    assert state.total == pytest.approx(2.0 * 39.5)
    assert state.squares > 0.0


def test_an_early_yes_counts_with_its_contact_and_not_when_it_comes(bank: Policy, challenger: Model) -> None:
    """Two contacts of one day, one with a yes after 20 days: neither counts before the other."""
    rules, state = rules_of(bank, challenger), GateState()
    take(state, rules, example("early_no", 0, MADE), MADE)
    take(state, rules, example("early_yes", 1, MADE + 20 * DAY), MADE + 20 * DAY)
    settle(state, rules, MADE + 29 * DAY)
    assert (state.count, verdict(state, rules).held, len(state.held)) == (0, 1, 1)
    settle(state, rules, MADE + 32 * DAY)
    assert (state.count, state.total) == (1, pytest.approx(2.0 * 39.5))


def test_an_example_without_the_time_of_its_contact_does_not_count(bank: Policy, challenger: Model) -> None:
    rules, state = rules_of(bank, challenger), GateState()
    take(state, rules, msgspec.structs.replace(example("close", 1, MADE), decided_at=0), MADE + 90 * DAY)
    assert (state.count, state.held, state.other) == (0, [], 0)


@pytest.mark.parametrize("kind", ["late_yes", "outside"])
def test_what_is_no_contested_contact_within_its_window_does_not_count(
    bank: Policy, challenger: Model, kind: str
) -> None:
    rules, state = rules_of(bank, challenger), GateState()
    take(state, rules, example(kind, 1, MADE), MADE)
    settle(state, rules, 2_000 * DAY)
    assert (state.count, state.other) == (0, 0)
    bare = msgspec.structs.replace(example("close", 1, MADE), champion_probability=-1.0)
    take(state, rules, bare, MADE)
    assert (state.count, state.other) == (0, 1)
