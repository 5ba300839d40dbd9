"""I12: a message names only members of the household who permit it themselves.

Rules
 1. What may be named: the party, and each member whose latest message on the party's log gives `personal_data` and the
    consents of the action's purpose and its riders'. That is what the engine could know.
 2. The member must have given each of these consents on their own log, or on the log of a party that became theirs: a
    message between logs invents nothing.
"""

import re
from functools import lru_cache
from typing import Final

from garbo.audit.verify.content import Consented, Moved
from garbo.audit.verify.history import History
from garbo.audit.verify.log import Command
from garbo.audit.verify.persons import Judge, Person
from garbo.audit.verify.rules import PERSONAL_DATA, Rules

PARAMETER: Final = "household"

_AND: Final = "(?:, | e | and )"
_LONGEST: Final = 200  # bytes of a name that a row keeps


class Naming(Judge):
    def __init__(self, past: History, rules: Rules) -> None:
        super().__init__("I12", "a message names only members of the household who permit it")
        self._rules = rules
        self._stated = _Stated(past)

    def command(self, person: Person, command: Command) -> None:
        made = command.deliver
        text = made.parameters.get(PARAMETER, "")
        if not text:
            return
        self.result.checked += 1
        needed = {PERSONAL_DATA}
        for purpose in (made.purpose, *(rider.purpose for rider in made.riders)):
            needed |= self._rules.levels(purpose) or frozenset()
        names = set(person.names)
        for member in person.members:
            if needed <= member.consents and needed <= self._stated.by(member.party):
                names |= member.names
        if not _only(text, frozenset(map(_kept, names))):
            self.result.violations.append(
                f"{command.place}: {made.action} to {made.party} names a member of the household without their consent"
            )


class _Stated:
    """Which consents each party has ever given on its own log, or brought along with a row that moved there."""

    def __init__(self, past: History) -> None:
        self._own: dict[str, set[str]] = {}
        self._rows: dict[str, set[str]] = {}
        for party, steps in past.parties.items():
            for step in steps:
                content = step.arrival.content
                if isinstance(content, Consented) and content.granted:
                    self._own.setdefault(party, set()).add(content.consent)
                elif isinstance(content, Moved):
                    self._rows.setdefault(party, set()).add(content.loser)

    def by(self, party: str) -> set[str]:
        found, todo, seen = set[str](), [party], set[str]()
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                found |= self._own.get(one, set())
                todo += self._rows.get(one, ())
        return found


def _kept(name: str) -> str:
    return name.encode()[:_LONGEST].decode("utf-8", "ignore")


@lru_cache(maxsize=4096)
def _only(text: str, names: frozenset[str]) -> bool:
    """Is the text a list of these names? A name may hold a comma itself, so the text is not taken apart."""
    one = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name)
    return bool(one) and re.fullmatch(f"(?:{one})(?:{_AND}(?:{one}))*", text) is not None
