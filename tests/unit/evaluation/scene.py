"""A log of decisions whose truth is known: three offers of the bank, weighed by the engine's own arbitration.

The champion knows no person and expects .1 of everybody; the challenger knows who says yes. Both are drawn from as the
engine does: one draw from (1 - share) * champion + share * challenger.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from garbo.bootstrap.settings import packaged_example
from garbo.core.choice import arbitration
from garbo.core.choice.arbitration import Candidate
from garbo.core.choice.hold_out import held_out
from garbo.core.policy.actions import ActionClass
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord, Learn, Lineup
from garbo.core.vocabulary.instants import DAY, MINUTE
from garbo.core.vocabulary.reasons import Disposition
from garbo.policy.loader import load

START = 1_700_000_000_000
SHARE = 0.5
EPSILON = 0.2
CONVERSION = "form_submitted"


class Scene(NamedTuple):
    """worth: the true mean rewards of the champions and of the challenger, by these very decisions."""

    policy: Policy
    records: list[DecisionRecord]
    examples: list[Learn]
    worth: tuple[float, float]


def policy() -> Policy:
    """The bank's policy, which explores a fifth of the time."""
    bank = load(packaged_example())
    return msgspec.structs.replace(
        bank, arbitration=msgspec.structs.replace(bank.arbitration, exploration=EPSILON, pressure_weight=1.0)
    )


def scene(decisions: int, seed: int = 1) -> Scene:
    bank, rng = policy(), np.random.default_rng(seed)
    offers = [a for a in bank.actions.values() if a.action_class is ActionClass.MARKETING and a.treatments][:3]
    records: list[DecisionRecord] = []
    examples: list[Learn] = []
    worth = np.zeros(2)
    for number in range(decisions):
        party, at = f"p-{number % (decisions // 2)}", START + number * MINUTE
        x = rng.standard_normal(2)
        yes = 1.0 / (1.0 + np.exp(2.0 - 1.5 * np.array([x[0], x[1], -x[0]])))
        pressure = float(rng.uniform(0.0, 0.3))

        def candidates(propensity: np.ndarray, pressure: float = pressure) -> Iterator[Candidate]:
            for place, offer in enumerate(offers):
                one = Candidate(
                    action=offer, treatment=offer.treatments[0], placed_at=0, value_company=10.0,
                    value_customer=5.0 if place == 1 else 0.0, propensity=float(propensity[place]), evidence=100.0,
                    context=1.5 if place == 2 else 1.0,
                )  # fmt: skip
                arbitration.score(one, "", "", pressure, bank.arbitration)
                yield one

        base = list(candidates(np.full(3, 0.1)))
        other = list(candidates(yes))
        champions = arbitration.choose(base, bank.arbitration, 0)
        challenger = arbitration.choose(other, bank.arbitration, 0)
        mixed = [(1 - SHARE) * a.probability + SHARE * b.probability for a, b in zip(base, other, strict=True)]
        silence = (1 - SHARE) * champions.silence_probability + SHARE * challenger.silence_probability
        place = int((rng.random() > np.cumsum([*mixed, silence])).sum())
        value = np.array([c.value_company + bank.arbitration.customer_weight * c.value_customer for c in base])
        cost = np.array([c.treatment.cost for c in base])
        expected = yes * value - cost
        worth += [sum(c.probability * e for c, e in zip(side, expected, strict=True)) for side in (base, other)]
        chosen = base[place] if place < 3 else None
        ranked = {id(c): i for i, c in enumerate(base)}
        order = [ranked[id(c)] for c in champions.scored]
        champions.reasons = [None if c is chosen else r or arbitration.Reason.NOT_CHOSEN for c, r in
                             zip(champions.scored, champions.reasons, strict=True)]  # fmt: skip
        scored = tuple(
            msgspec.structs.replace(s, probability=mixed[i])
            for s, i in zip(arbitration.recorded(champions, pressure, bank.arbitration), order, strict=True)
        )
        lineups = (
            Lineup("", "champion", 1 - SHARE, champions.silence_probability, (0.1,) * 3, (100.0,) * 3,
                   tuple(base[i].probability for i in order)),
            Lineup("better@100", "challenger", SHARE, challenger.silence_probability,
                   tuple(float(yes[i]) for i in order),
                   (100.0,) * 3, tuple(other[i].probability for i in order)),
        )  # fmt: skip
        action_id = f"a-{number}" if chosen else ""
        records.append(
            DecisionRecord(
                decision_id=f"d-{number}", party=party, event_id=f"e-{number}", event_type="touchpoint",
                event_kind="page_view", occurred_at=at, at=at, disposition=Disposition.DECIDED,
                policy_version=bank.version, chosen=chosen.action.name if chosen else "", action_id=action_id,
                placed_at=at if chosen else 0, scored=scored, silence_probability=silence, lineups=lineups,
                numbers=(float(x[0]), float(x[1]), float("nan")), words=("blue" if x[0] > 0 else "red",),
                held_out=held_out(bank.hold_out, party, at), hold_out_share=bank.hold_out.share,
            )
        )  # fmt: skip
        if chosen is not None:
            examples.append(
                Learn(
                    model="better", example_id=f"{action_id}/{chosen.action.name}", party=party, at=at + DAY,
                    action=chosen.action.name, features={}, label=int(rng.random() < yes[place]),
                    probability=mixed[place], propensity=0.1, model_version="", kind="close",
                    champion_probability=base[place].probability, challenger_probability=other[place].probability,
                    value=float(value[place]), cost=float(cost[place]),
                )
            )  # fmt: skip
    return Scene(bank, records, examples, (float(worth[0]) / decisions, float(worth[1]) / decisions))
