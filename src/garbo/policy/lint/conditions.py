"""What the clauses of a rule ask of each variable, so that a contradiction between them can be found.

Rules
 1. Only clauses that `&&` joins at the top count, and only those that compare one variable with words or a number.
    Every other clause may hold, so nothing is concluded from it: a contradiction that is found is one.
 2. What the product itself never gives (an hour of 25) contradicts too.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from garbo.policy.cel import shown

_QUOTED = re.compile(r"""\"(?:[^"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'""")
_WORDS = r"""\s*(?:"[^"\\]*"|'[^'\\]*')\s*"""
_EQUAL = re.compile(rf"(\w+)\s*(==|!=)({_WORDS})")
_EQUAL_TURNED = re.compile(rf"({_WORDS})(==|!=)\s*(\w+)")
_AMONG = re.compile(rf"(!?)\s*(\(?)\s*(\w+)\s+in\s+\[({_WORDS}(?:,{_WORDS})*)\]\s*(\)?)")
_WORD = re.compile(r"""["']([^"']*)["']""")
_NUMBER = re.compile(r"(\w+)\s*(==|<=|>=|<|>)\s*(-?[0-9]+(?:\.[0-9]+)?)")
_NUMBER_TURNED = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)\s*(==|<=|>=|<|>)\s*(\w+)")
_FLAG = re.compile(r"(!?)\s*([A-Za-z_]\w*)")
_MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "=="}

# The values that a variable of the product can have.
RANGES = {
    "hour": (0.0, 23.0),
    "weekday": (0.0, 6.0),
    "pressure": (0.0, float("inf")),
    "interest": (0.0, float("inf")),
    "household_size": (1.0, float("inf")),
    "open_needs": (0.0, float("inf")),
    "contacts_30d": (0.0, float("inf")),
    "days_since_contact": (0.0, float("inf")),
    "touches": (0.0, 6.0),
}


@dataclass(slots=True)
class Wanted:
    """What is asked of one variable: `words` that it may be (None: any), and numbers from `low` to `high`.

    above, below: the end itself is not among the numbers. said: the clauses, as the analyst wrote them.
    """

    words: set[str] | None = None
    never: set[str] = field(default_factory=set)
    low: float = float("-inf")
    high: float = float("inf")
    above: bool = False
    below: bool = False
    said: list[str] = field(default_factory=list)

    @property
    def possible(self) -> bool:
        """Is there a value that fits all of it?"""
        if self.words is not None and not self.words - self.never:
            return False
        return self.low < self.high or (self.low == self.high and not (self.above or self.below))

    def one_of(self, words: Collection[str], said: str = "") -> None:
        self.words = set(words) if self.words is None else self.words & set(words)
        self.said += [said] if said else []

    def none_of(self, words: Collection[str], said: str) -> None:
        self.never |= set(words)
        self.said.append(said)

    def number(self, operator: str, value: float, said: str) -> None:
        if operator in (">", ">=", "==") and value >= self.low:
            self.above = operator == ">" or (self.above and value == self.low)
            self.low = value
        if operator in ("<", "<=", "==") and value <= self.high:
            self.below = operator == "<" or (self.below and value == self.high)
            self.high = value
        if operator == "==" and not self.low <= value <= self.high:
            self.low, self.high = 1.0, 0.0
        self.said.append(said)


def collect(asked: dict[str, Wanted], clauses: Iterable[str]) -> None:
    """Add what the clauses of a rule, which `&&` joins, ask of each variable to `asked`."""
    for clause in clauses:
        _clause(asked, _unwrapped(clause))


def variable(asked: dict[str, Wanted], name: str) -> Wanted:
    """What is asked of `name` so far."""
    if name not in asked:
        low, high = RANGES.get(name, (float("-inf"), float("inf")))
        asked[name] = Wanted(low=low, high=high)
    return asked[name]


def contradictions(asked: dict[str, Wanted]) -> Iterator[tuple[str, Wanted]]:
    """The variables for which no value fits."""
    yield from ((name, held) for name, held in asked.items() if held.said and not held.possible)


def _clause(asked: dict[str, Wanted], clause: str) -> None:
    said = f"`{shown(clause)}`"
    if found := _EQUAL.fullmatch(clause) or _EQUAL_TURNED.fullmatch(clause):
        given = found.groups()
        name, operator, quoted = given if found.re is _EQUAL else given[::-1]
        words = _WORD.findall(quoted)
        held = variable(asked, name)
        held.one_of(words, said) if operator == "==" else held.none_of(words, said)
    elif (found := _AMONG.fullmatch(clause)) and bool(found[2]) == bool(found[5]) == bool(found[1]):
        held, words = variable(asked, found[3]), _WORD.findall(found[4])
        held.none_of(words, said) if found[1] else held.one_of(words, said)
    elif found := _NUMBER.fullmatch(clause):
        variable(asked, found[1]).number(found[2], float(found[3]), said)
    elif found := _NUMBER_TURNED.fullmatch(clause):
        variable(asked, found[3]).number(_MIRROR[found[2]], float(found[1]), said)
    elif (found := _FLAG.fullmatch(clause)) and found[2] not in ("true", "false"):
        variable(asked, found[2]).one_of(["false" if found[1] else "true"], said)


def _unwrapped(clause: str) -> str:
    """The clause without brackets around the whole of it."""
    clause = clause.strip()
    while clause.startswith("(") and clause.endswith(")"):
        depth = 0
        for index, char in enumerate(_bare(clause)):
            depth += (char == "(") - (char == ")")
            if depth == 0 and index < len(clause) - 1:
                return clause
        clause = clause[1:-1].strip()
    return clause


def _bare(text: str) -> str:
    """The text with its strings blanked out: they may hold brackets and operators."""
    return _QUOTED.sub(lambda m: " " * len(m.group()), text)
