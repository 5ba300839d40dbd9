"""What holds a visit back, in the order in which the engine's gates look, and how each cause may be read.

A visit to a stage where an action of the company is due
 - is *held back* by the first gate that blocks (HOLDING), and then nothing is answered, or
 - waits for the answer (the cause `slow` is read from the times, no visit is labelled with it), and
 - may meet a negative response after the answer (AFTER).
"""

from typing import Final

HOLDING: Final = (
    "consent", "rule", "suppressed", "unreachable", "quiet_hours", "cap", "capacity", "outranked",
)  # fmt: skip
"""In the order of `core.gates.gates.GATES`: a visit freed from one of them meets the later ones."""

AFTER: Final = ("negative",)
SLOW: Final = "slow"
NONE: Final = ""

ASSOCIATED: Final = frozenset(AFTER)
"""Causes that share a hidden reason with the exit (who is less interested refuses and leaves): an association, not an
effect. They are claimed under a stricter bar and worded as what they are."""

ALIKE: Final = frozenset({"consent", "cap", "suppressed", "outranked"})
"""Causes whose usual share depends on the class of what is due: an answer to a question needs no marketing consent."""


def cause_of(held: str) -> tuple[str, str, str]:
    """A key of `Cell.held`: `rule:min_age|drop` -> ("rule", "min_age", "drop"); `cap|end` -> ("cap", "", "end")."""
    obstacle, _, how = held.rpartition("|")
    cause, _, name = obstacle.partition(":")
    return cause, name, how
