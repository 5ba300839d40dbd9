"""Uplift: how many more parties convert with marketing than in the hold-out, which gets none.

Rules
 1. The hold-out is drawn by a hash of the party, so the two groups differ in nothing but marketing. All parties count,
    also those that were never contacted: what is compared is the intention.
 2. A party's group is computed as the engine does, from its policy's hold-out, at its first record. The field
    `held_out` of a record is not enough: the engine looks at the group only when something competes.
 3. A party counts until its group changes, because the hold-out is drawn again each period.
 4. A conversion is a touchpoint of one kind, and of one theme if asked, and a party converts once.
"""

from collections.abc import Iterable
from math import sqrt
from typing import Final, NamedTuple

from garbo.core.choice import hold_out
from garbo.core.vocabulary.reasons import Disposition
from garbo.evaluation.rows import DecisionRow
from garbo.evaluation.targets import PolicyOf

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
    said, or empty. share: the hold-out's, as the policy has it."""

    conversion: str
    marketed: Group
    held_out: Group
    difference: float
    low: float
    high: float
    share: float
    refused: str


def uplift(decisions: Iterable[DecisionRow], conversion: str, policy_of: PolicyOf) -> Uplift:
    """Compare both groups. conversion: a kind of touchpoint, or `kind/theme`."""
    kind, _, theme = conversion.partition("/")
    group: dict[str, bool] = {}
    ended: set[str] = set()
    converted: set[str] = set()
    share = 0.0
    for row in sorted(decisions, key=lambda r: r.at):
        policy = policy_of(row.policy_version)
        if row.disposition != Disposition.DECIDED.value or policy is None or policy.hold_out.share <= 0.0:
            continue
        share = policy.hold_out.share
        own = hold_out.held_out(policy.hold_out, row.party, row.at)
        if group.setdefault(row.party, own) != own:
            ended.add(row.party)
        same = (row.event_type, row.event_kind) == ("touchpoint", kind) and theme in ("", row.theme)
        if same and row.party not in ended:
            converted.add(row.party)
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
        return "one of the groups is empty: the policies of these decisions have no hold-out, or are not at hand"
    for name, group in (("with marketing", marketed), ("in the hold-out", held)):
        if min(group.converted, group.parties - group.converted) < FEW:
            return f"only {group.converted} of {group.parties} parties {name} have `{conversion}`: too few to compare"
    return ""
