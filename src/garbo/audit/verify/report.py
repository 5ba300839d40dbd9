"""What the checker says: counts, and the first counter-examples."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

SHOWN: Final = 5

# Said aloud, so that nobody takes silence for a proof.
NOT_CHECKED: Final = {
    "I5": "explainable and reproducible: not checked here; `garbo replay-decision --all` recomputes every decision",
}


@dataclass(slots=True)
class Judged:
    """One invariant. checked: of how many things it was asked; 0 says nothing was there to be wrong."""

    name: str
    says: str
    checked: int = 0
    violations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    judged: Sequence[Judged]
    counts: dict[str, int]
    notes: list[str]

    @property
    def violations(self) -> int:
        return sum(len(j.violations) for j in self.judged)

    def of(self, name: str) -> Judged:
        return next(j for j in self.judged if j.name == name)

    def as_dict(self) -> dict[str, Any]:
        """For a program."""
        return {
            "violations": self.violations,
            "counts": self.counts,
            "invariants": {
                j.name: {
                    "says": j.says, "checked": j.checked, "violations": len(j.violations),
                    "first": j.violations[:SHOWN],
                }
                for j in self.judged
            },
            "not_checked": dict(NOT_CHECKED),
            "notes": self.notes,
        }  # fmt: skip

    def lines(self) -> list[str]:
        """For a person."""
        told = [", ".join(f"{count:,} {what}" for what, count in self.counts.items())]
        for j in self.judged:
            verdict = f"{len(j.violations):,} VIOLATIONS" if j.violations else "ok" if j.checked else "nothing to check"
            told.append(f"{j.name}  {j.says}: {verdict} ({j.checked:,} checked)")
            told += [f"    {example}" for example in j.violations[:SHOWN]]
            if len(j.violations) > SHOWN:
                told.append(f"    ... and {len(j.violations) - SHOWN:,} more")
        told += [f"{name}  {says}" for name, says in NOT_CHECKED.items()]
        return told + [f"note: {note}" for note in self.notes]
