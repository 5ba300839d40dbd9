"""The gate on a challenger's learning examples: its rules by the policy, and what each example adds.

Rules
 1. `close` is a whole contact. Learnt early, a contact is `early_no` first, which has its cost, and `early_yes` adds
    the value. (Their signs differ, so the sum of their squares is at least the square of their sum: still valid.)
 2. `late_yes` came after the window, and `outside` is another system's contact: neither counts.
 3. Each example counts with the period of its contact, early ones too: a fast channel is never ahead. An example
    that does not say when its contact was decided (of an older writer) does not count.
"""

from collections.abc import Mapping
from math import prod
from typing import Final

from garbo.core.policy.feedback import MOST
from garbo.core.policy.models import Model
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import Learn
from garbo.learning.evaluation.gate import GateRules, GateState, observe

PRESSURE: Final = 1.0  # a pressure over this counts as this


def rules_of(policy: Policy, model: Model) -> GateRules:
    """The rules for a challenger.

    Where the model's gate has no `most_value`, it is the largest value that a number in the policy gives to an offer of
    the model's families, with its lever and its largest weights, feedback's among them; a value by a rule is not known
    beforehand, and counts up to this.

    Raises:
        ValueError: the model has no share, or no offer of its families has a value that is a number over 0.
    """
    families = set(model.families or (model.id,))
    if model.of:
        champion = policy.models.get(model.of)
        families |= set(champion.families or (champion.id,)) if champion is not None else set()
    offers = [action for action in policy.actions.values() if action.family in families]
    weights, weighed = policy.arbitration, _weighed(policy)
    values = [
        (_number(a.value_company) + weights.customer_weight * _number(a.value_customer))
        * a.lever
        * _most(a.context)
        * (MOST if a.name in weighed else 1.0)
        for a in offers
    ]
    most = model.gate.most_value or max(values, default=0.0)
    if most <= 0.0:
        raise ValueError(f"no offer for `{model.id}` has a value that is a number over 0: give the gate a most_value")
    cost = max((t.cost for a in offers for t in a.treatments), default=0.0) + weights.pressure_weight * PRESSURE
    longest = max((model.target.window, *model.target.windows.values()))
    return GateRules(model.share, most, cost, best_at=model.gate.best_at, hold=longest, against=model.of)


def take(state: GateState, rules: GateRules, example: Learn, now: int) -> None:
    """Give one example to the gate. now: how far the examples have come, by their own time (ms)."""
    if example.kind not in ("close", "early_no", "early_yes") or not example.decided_at:
        return
    again = example.kind == "early_yes"
    observe(
        state, rules,
        champion=example.champion_probability, challenger=example.challenger_probability, mixture=example.probability,
        label=example.label, value=example.value, cost=0.0 if again else example.cost,
        decided_at=example.decided_at, now=now, contacts=0 if again else 1,
    )  # fmt: skip


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _weighed(policy: Policy) -> frozenset[str]:
    """The actions that feedback may weigh one week or another."""
    return frozenset(name for stage in policy.stages for name in stage.advance) if policy.feedback.week else frozenset()


def _most(context: Mapping[str, float]) -> float:
    """The largest product of a life-cycle state's weight and a stage's, each at least 1 as where there is none."""
    return prod(sorted((weight for weight in context.values() if weight > 1.0), reverse=True)[:2])
