"""The problems of a policy: the sentences that an analyst reads, each with file and line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

MOST: Final = 100
"""Errors of a policy that are looked for: nobody reads more, and a document with 30,000 held a worker for a minute."""

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the top of a file down to a value."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """`line` 0: the file as a whole. `fatal` False: a warning, the policy still loads."""

    file: str
    line: int
    message: str
    fatal: bool = True

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.message}"


@dataclass(slots=True)
class Report:
    """The problems of one policy, in the order of the checks: what others follow from comes first.

    cut: the checks ended early, because there are more than `MOST` errors.
    """

    problems: list[Problem] = field(default_factory=list)
    cut: bool = False

    @property
    def errors(self) -> list[Problem]:
        """The first `MOST`, by file and line."""
        return sorted(list(self._found())[:MOST])

    @property
    def more(self) -> bool:
        """Are there more errors than `errors` has?"""
        return self.cut or len(self._found()) > MOST

    @property
    def counted(self) -> str:
        """How many errors, in words."""
        count = len(self.errors)
        return f"more than {count} errors; the first {count}" if self.more else f"{count} error{'s' * (count > 1)}"

    @property
    def warnings(self) -> list[Problem]:
        return sorted({p for p in self.problems if not p.fatal})

    def _found(self) -> dict[Problem, None]:
        return dict.fromkeys(p for p in self.problems if p.fatal)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem before its line is known.

    absence: it reports that something is missing in the whole policy. unknown: the unknown name that it reports.
    meant: the known name that it is near. certain: it holds whatever else is wrong with its entry.
    """

    file: str
    path: Path
    message: str
    fatal: bool = True
    absence: bool = False
    unknown: str = ""
    meant: str = ""
    certain: bool = False


Findings: TypeAlias = Iterator[Finding]
