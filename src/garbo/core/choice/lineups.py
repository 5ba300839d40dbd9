"""Who decides: the champions, and beside them each challenger and shadow with what it would have done.

Rules
 1. A lineup is the champions with at most one of them replaced. Each lineup has its own scores of the candidates, and
    by the same strategy of exploration its own probabilities, which sum to 1 with that of silence.
 2. At most one challenger contests a decision: the seed picks it, each of those that have a candidate alike. One draw
    is then made from the mixture (1 - share) * champions + share * challenger, and that is the recorded probability.
 3. Where a class above marketing goes first, every lineup makes the same choice. Riders are chosen by the champions
    alone: the other lineups have their probabilities there, and their models are not asked.
 4. A model without a snapshot, or without an answer in time, decides by its prior: its lineup is named by its id alone.
 5. A promoted challenger is one of the champions, and the model it displaced looks on.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from garbo.core.choice.strategies import Belief, probabilities
from garbo.core.policy.models import CHALLENGER, CHAMPION
from garbo.core.policy.policy import Arbitration
from garbo.core.vocabulary.effects import Lineup
from garbo.core.vocabulary.ids import fingerprint


class View(NamedTuple):
    """What one model makes of one candidate. output: what it said, -1 when it did not. evidence: examples it has learnt
    from. belief: the smoothed propensity behind the score."""

    output: float
    evidence: float
    belief: Belief
    score: float


class Other(Struct):
    """A model beside the champions, at one decision. name: of its snapshot's version, or its id where none answered.
    role: `CHALLENGER` or `SHADOW`. share: by the policy. views: by action; the champions' hold for the others."""

    model: str
    role: str
    share: float
    name: str
    answered: bool = False
    views: dict[str, View] = {}


class Stand(Struct):
    """A lineup's own distribution over the ranked candidates and silence. share: with which it decided."""

    other: Other
    probabilities: list[float]
    silence: float
    share: float = 0.0
    favourite: str = ""  # the action that is best by its scores; empty: silence


class Entry(NamedTuple):
    """A candidate as the champions see it. output and evidence as in `View`."""

    action: str
    output: float
    evidence: float
    belief: Belief
    score: float


def stand(ranked: Sequence[Entry], other: Other, weights: Arbitration, seed: int, *, explore: bool) -> Stand:
    """What the lineup with `other` makes of the candidates."""
    views = other.views
    scores = [views[e.action].score if e.action in views else e.score for e in ranked]
    above = [place for place, score in enumerate(scores) if score > weights.silence_score]
    above.sort(key=lambda place: (-scores[place], ranked[place].action))
    beliefs = [views[ranked[p].action].belief if ranked[p].action in views else ranked[p].belief for p in above]
    found = probabilities([scores[place] for place in above], beliefs, weights, seed, explore=explore)
    own = [0.0] * len(ranked)
    for place, probability in zip(above, found, strict=False):
        own[place] = probability
    return Stand(other, own, found[-1], favourite=ranked[above[0]].action if above else "")


def contestant(stands: Sequence[Stand], seed: int) -> Stand | None:
    """The challenger that contests this decision; None where there is none with a share."""
    able = [s for s in stands if s.other.role == CHALLENGER and s.other.share > 0.0]
    if len(able) < 2:
        return able[0] if able else None
    return able[fingerprint(f"{seed}|contest") % len(able)]


class Row(NamedTuple):
    """A scored candidate in the record's order. probability: the champions'. rider: no lineup but theirs judged it."""

    action: str
    output: float
    evidence: float
    probability: float
    rider: bool


def recorded(
    rows: Sequence[Row], stands: Sequence[Stand], promoted: Sequence[str], silence: float
) -> tuple[Lineup, ...]:
    """The lineups as the decision record keeps them; nothing where the champions were alone and none was promoted.

    promoted: versions of promoted challengers among the champions. silence: its probability under the champions.
    """
    if not stands and not promoted:
        return ()
    champions = Lineup(
        model=" ".join(promoted),
        role=CHAMPION,
        share=1.0 - sum(s.share for s in stands),
        silence=silence,
        outputs=tuple([r.output for r in rows]),
        evidence=tuple([r.evidence for r in rows]),
        probabilities=tuple([r.probability for r in rows]),
    )
    return (champions, *(_lineup(rows, s) for s in stands))


def _lineup(rows: Sequence[Row], stand: Stand) -> Lineup:
    seen: Mapping[str, View] = stand.other.views
    own = stand.probabilities
    judged = [(None if r.rider else seen.get(r.action), r) for r in rows]
    return Lineup(
        model=stand.other.name,
        role=stand.other.role,
        share=stand.share,
        silence=stand.silence,
        outputs=tuple([v.output if v else -1.0 if r.rider else r.output for v, r in judged]),
        evidence=tuple([v.evidence if v else 0.0 if r.rider else r.evidence for v, r in judged]),
        probabilities=(*own, *(r.probability for r in rows[len(own) :])),
    )
