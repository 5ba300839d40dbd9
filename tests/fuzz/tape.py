"""One source of choices for both engines: Hypothesis draws the bytes, atheris mutates them, the generator reads them.

A tape that has come to its end says 0 for ever, and 0 is always the plainest choice: what shrinks the tape shrinks the
message.
"""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Tape:
    """Reads choices off `raw`."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    @property
    def ended(self) -> bool:
        return self._at >= len(self._raw)

    def below(self, n: int) -> int:
        """A number in [0, n)."""
        return int.from_bytes(self.bytes(1 if n <= 256 else 4)) % n

    def chance(self, percent: int) -> bool:
        """True in about `percent` of 100; False when the tape is at its end."""
        return self.below(100) >= 100 - percent

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def bytes(self, n: int) -> bytes:
        found = self._raw[self._at : self._at + n]
        self._at += n
        return found
