"""The decisions that an evaluation can use, each with what its contact earned; and why the others were left out.

Rules
 1. A decision counts when something was drawn: several options had a probability. Service contacts, confirmations, and
    decisions that could not explore say nothing about other choices.
 2. It counts only with a vector, thus with `profiling`: without, there is no example, and the reward is not known.
 3. Reward = label * value - cost, from the example of `action_id/action`. Silence earns 0. So does a contact without an
    example: it was cancelled or not made.
 4. A decision counts when all outcomes are known that could follow: its time, the longest delay of a contact and the
    longest window are over. This cut does not depend on what was chosen.
 5. A yes after the window ("late_yes") and contacts of other systems do not count. Of several examples of one contact
    (`learn: early`) a yes wins.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from msgspec import Struct

from garbo.core.vocabulary.reasons import Disposition
from garbo.evaluation.rows import DecisionRow, ExampleRow

_IGNORED: Final = ("late_yes", "outside")


class Outcome(NamedTuple):
    """What is known of a contact. value, cost: in euro."""

    label: int
    value: float
    cost: float


class Draw(NamedTuple):
    """A decision that counts. chosen: the place in `row.scored`; -1 for silence. reward: in euro."""

    row: DecisionRow
    chosen: int
    reward: float


class Selection(Struct):
    """Which records count, and how many were left out and why.

    decided: records that decided something. undrawn, unprofiled, open, odd: left out (rules 1, 2 and 4; odd: a chosen
    action that is no recorded candidate, or probabilities that do not sum to 1). silent, answered, unknown: of those
    that count, silence, contacts with an example and without.
    """

    draws: list[Draw]
    decided: int = 0
    undrawn: int = 0
    unprofiled: int = 0
    open: int = 0
    odd: int = 0
    silent: int = 0
    answered: int = 0
    unknown: int = 0


def outcomes(examples: Iterable[ExampleRow]) -> dict[str, Outcome]:
    """The outcome of each contact, by `action_id/action`."""
    found: dict[str, Outcome] = {}
    for example in examples:
        action_id, slash, rest = example.example_id.partition("/")
        if not slash or example.kind in _IGNORED or rest.partition("/")[0] != example.action:
            continue
        contact = f"{action_id}/{example.action}"
        held = found.get(contact)
        if held is None or example.label > held.label:
            found[contact] = Outcome(example.label, example.value, example.cost)
    return found


def select(decisions: Iterable[DecisionRow], known: Mapping[str, Outcome], window: int) -> Selection:
    """The decisions that count. window: the longest time (ms) from a contact to its label."""
    rows = _once(decisions)
    delay = max((row.placed_at - row.at for row in rows if row.placed_at), default=0)
    end = max((row.at for row in rows), default=0) - window - max(delay, 0)
    selection = Selection([], decided=len(rows))
    for row in rows:
        if not _drawn(row):
            selection.undrawn += 1
        elif not row.profiled:
            selection.unprofiled += 1
        elif row.at > end:
            selection.open += 1
        else:
            _take(row, known, selection)
    return selection


def _take(row: DecisionRow, known: Mapping[str, Outcome], selection: Selection) -> None:
    place = next(
        (i for i, s in enumerate(row.scored) if s.reason is None and s.action == row.chosen), -1
    )  # fmt: skip
    total = row.silence_probability + sum(s.probability for s in row.scored)
    if abs(total - 1.0) > 1e-6 or (row.chosen and place < 0):
        selection.odd += 1
        return
    if place < 0:
        selection.silent += 1
        selection.draws.append(Draw(row, -1, 0.0))
        return
    outcome = known.get(f"{row.action_id}/{row.chosen}")
    if outcome is None:
        selection.unknown += 1
        selection.draws.append(Draw(row, place, 0.0))
        return
    selection.answered += 1
    scored = row.scored[place]
    value, cost = outcome.value, outcome.cost
    if value == cost == 0.0:  # an example of an older writer
        value, cost = scored.value_company + scored.customer_weight * scored.value_customer, scored.cost
    selection.draws.append(Draw(row, place, outcome.label * value - cost))


def _drawn(row: DecisionRow) -> bool:
    """Could another option have been chosen, or does another model of the record choose another one?"""
    if not row.scored or row.confirmation:
        return False
    lists = [(row.silence_probability, *[s.probability for s in row.scored])]
    lists += [(lineup.silence, *lineup.probabilities) for lineup in row.lineups]
    certain = {options.index(1.0) if 1.0 in options else None for options in lists}
    return None in certain or len(certain) > 1


def _once(decisions: Iterable[DecisionRow]) -> list[DecisionRow]:
    kept: dict[str, DecisionRow] = {}
    for row in decisions:
        if row.disposition == Disposition.DECIDED.value:
            kept.setdefault(row.decision_id, row)
    return list(kept.values())
