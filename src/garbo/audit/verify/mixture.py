"""I21: the recorded probability of a choice is the one that it was drawn with, whoever decided.

Rules
 1. Over the candidates of a choice, and silence, the probabilities sum to 1; what was chosen had one above 0. Riders
    are chosen beside it, with their own silence, and are left out of the sum.
 2. Where several lineups are recorded, each sums to 1 alike, at most one besides the champions' has a share, and the
    recorded probability of every candidate and of silence is the mixture: the sum weighted by the shares.
 3. A lineup that only looks on (a shadow) has no share; a challenger has that of models.yaml, or none.
 4. A confirmation draws nothing: I18 compares its probability with that of the choice.
"""

from collections.abc import Sequence
from math import isclose
from typing import Final

from garbo.audit.verify.history import DECIDED, History
from garbo.audit.verify.log import Decision
from garbo.audit.verify.report import InvariantResult
from garbo.audit.verify.rules import Rules
from garbo.core.vocabulary.effects import Lineup

NEAR: Final = 1e-9
CHALLENGER: Final = "challenger"


def check(past: History, rules: Rules) -> InvariantResult:
    """Check I21."""
    result = InvariantResult("I21", "the recorded probability is that of the one draw, over all lineups")
    for step in past.steps():
        decision = step.decision
        if decision is None or decision.disposition != DECIDED or decision.confirmation or not decision.scored:
            continue
        result.checked += 1
        result.violations += [f"{decision.place}: {decision.decision_id}: {fault}" for fault in faults(decision, rules)]
    return result


def faults(decision: Decision, rules: Rules) -> list[str]:
    """What is wrong with the probabilities of one choice."""
    known = [rules.actions.get(s.action) for s in decision.scored]
    main = [place for place, action in enumerate(known) if action is None or not action.rides]
    recorded, silence = [s.probability for s in decision.scored], decision.silence_probability
    found = []
    if main and None not in known and not _whole([recorded[p] for p in main], silence):
        found.append(f"its probabilities sum to {sum(recorded[p] for p in main) + silence}")
    chance = decision.probability if decision.chosen else silence
    if main and not chance > 0.0:
        found.append(f"{decision.chosen or 'silence'} was chosen with probability {chance}")
    if decision.lineups:
        found += _lineups(decision.lineups, recorded, silence, main if None not in known else ())
        found += _shares(decision.lineups, rules)
    return found


def _shares(lineups: Sequence[Lineup], rules: Rules) -> list[str]:
    """A challenger that contests does so with the share of models.yaml."""
    found = []
    for lineup in lineups[1:]:
        wanted = rules.shares.get(lineup.model.rpartition("@")[0] or lineup.model)
        if lineup.share and wanted is not None and not isclose(lineup.share, wanted, abs_tol=NEAR):
            found.append(f"{lineup.model} had a share of {lineup.share}, models.yaml says {wanted}")
    return found


def _lineups(lineups: Sequence[Lineup], recorded: Sequence[float], silence: float, main: Sequence[int]) -> list[str]:
    if any(len(lineup.probabilities) != len(recorded) for lineup in lineups):
        return ["a lineup has not one probability for each candidate"]
    found = [
        f"the probabilities of {lineup.model or 'the champions'} do not sum to 1"
        for lineup in lineups
        if main and not _whole([lineup.probabilities[p] for p in main], lineup.silence)
    ]
    contests = [lineup for lineup in lineups[1:] if lineup.share]
    if len(contests) > 1 or any(lineup.role != CHALLENGER for lineup in contests):
        found.append(f"a share went to {', '.join(lineup.model for lineup in contests)}")
    if not isclose(sum(lineup.share for lineup in lineups), 1.0, abs_tol=NEAR):
        found.append("the shares of its lineups do not sum to 1")
    for place, probability in enumerate(recorded):
        mixed = sum(lineup.share * lineup.probabilities[place] for lineup in lineups)
        if not isclose(mixed, probability, abs_tol=NEAR):
            found.append(f"candidate {place + 1} has probability {probability}, its lineups give {mixed}")
    mixed = sum(lineup.share * lineup.silence for lineup in lineups)
    if main and not isclose(mixed, silence, abs_tol=NEAR):
        found.append(f"silence has probability {silence}, its lineups give {mixed}")
    return found


def _whole(probabilities: Sequence[float], silence: float) -> bool:
    return isclose(sum(probabilities) + silence, 1.0, abs_tol=NEAR)
