"""Uplift: how many more parties convert with marketing than in the hold-out, which gets none.

Rules
 1. The hold-out is drawn by a hash of the party, so the two groups differ in nothing but marketing. All parties count,
    also those that were never contacted: what is compared is the intention.
 2. A party belongs to the group of its first record in which something competed. It counts until its group changes,
    because the hold-out is drawn again each period.
 3. A conversion is a touchpoint of one kind, and of one theme if asked, after that first record; a party converts once.
"""

from collections.abc import Iterable
from math import sqrt
from typing import Final, NamedTuple

from garbo.core.vocabulary.reasons import Disposition
from garbo.evaluation.rows import DecisionRow

_Z: Final = 1.959963984540054
FEW: Final = 5  # conversions or their absence in a group under which the normal interval means nothing


class Group(NamedTuple):
    """Parties of a group, and how many of them converted."""

    parties: int
    converted: int

    @property
    def rate(self) -> float:
        """The share that converted; 0 without parties."""
        return self.converted / self.parties if self.parties else 0.0


class Uplift(NamedTuple):
    """marketed, held_out: the groups. difference: of their rates, with its 95 % interval. refused: why it cannot be
    said, or empty. share: the hold-out's, as the policy has it; expected and found differ by chance only."""

    conversion: str
    marketed: Group
    held_out: Group
    difference: float
    low: float
    high: float
    share: float
    refused: str


def uplift(decisions: Iterable[DecisionRow], conversion: str) -> Uplift:
    """Compare both groups. conversion: a kind of touchpoint, or `kind/theme`."""
    kind, _, theme = conversion.partition("/")
    group: dict[str, bool] = {}
    ended: set[str] = set()
    converted: set[str] = set()
    share = 0.0
    for row in sorted(decisions, key=lambda r: r.at):
        if row.disposition != Disposition.DECIDED.value:
            continue
        if row.party in group and row.party not in ended and row.event_type == "touchpoint":
            if row.event_kind == kind and theme in ("", row.theme):
                converted.add(row.party)
        if row.hold_out_share <= 0.0 or not (row.held_out or row.scored):
            continue
        share = row.hold_out_share
        if group.setdefault(row.party, row.held_out) != row.held_out:
            ended.add(row.party)
    marketed = Group(sum(not held for held in group.values()), sum(not group[party] for party in converted))
    held = Group(sum(group.values()), sum(group[party] for party in converted))
    difference = marketed.rate - held.rate
    half = _Z * sqrt(sum(g.rate * (1.0 - g.rate) / g.parties for g in (marketed, held) if g.parties))
    return Uplift(
        conversion, marketed, held, difference, difference - half, difference + half, share,
        _refusal(marketed, held, conversion),
    )  # fmt: skip


def _refusal(marketed: Group, held: Group, conversion: str) -> str:
    if not held.parties or not marketed.parties:
        return "no decision has a hold-out: give the policy one (policy.yaml, hold_out)"
    for name, group in (("with marketing", marketed), ("in the hold-out", held)):
        if min(group.converted, group.parties - group.converted) < FEW:
            return f"only {group.converted} of {group.parties} parties {name} have `{conversion}`: too few to compare"
    return ""
