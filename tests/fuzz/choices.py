"""The choices of a generated message: Hypothesis draws the bytes, atheris mutates them, the generator reads them.

After the end of the bytes each choice is 0, and 0 is always the plainest choice: fewer bytes give a simpler message.
"""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Reads choices from the bytes `raw`."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._position = raw, 0

    @property
    def ended(self) -> bool:
        return self._position >= len(self._raw)

    def below(self, n: int) -> int:
        """A number in [0, n)."""
        return int.from_bytes(self.bytes(1 if n <= 256 else 4)) % n

    def chance(self, percent: int) -> bool:
        """True in about `percent` of 100 cases; False after the end of the bytes."""
        return self.below(100) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def bytes(self, n: int) -> bytes:
        found = self._raw[self._position : self._position + n]
        self._position += n
        return found
