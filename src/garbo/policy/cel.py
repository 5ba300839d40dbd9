"""Rules (eligibility, suitability) and values: CEL expressions over one flat context, checked when the policy loads.

Rules
 1. `cel_parser` bounds the text, `cel_types` checks it against the policy's names; what passes does not fail at run
    time, except beyond the bounds that `cel_types` states. An error underlines the part that causes it.
 2. A call such as `count("page_view", "7d")` becomes one name of the context: the package `cel` sees variables only.
 3. An expression takes only the variables it names from the context: 1.5 us instead of 10 us for the whole context.

CEL: https://github.com/google/cel-spec, by the package common-expression-language (Rust). It has no type check; the
packages that have one (cel-expr-python, 50 MB) know neither our names nor a limit on cost.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final, NamedTuple

import cel

from garbo.core.policy.lookups import Lookup, RuleValue
from garbo.errors import PolicyError
from garbo.policy.cel_numbers import said
from garbo.policy.cel_parser import MistakeError, Node, Operation, Place, parse
from garbo.policy.cel_types import Checked, check
from garbo.policy.cel_words import Scope, Type, result

SHOWN: Final = 100  # characters of a clause that a record keeps, and of a line that an error shows

# The package has no min and no max.
OURS: Final[Mapping[str, Callable[..., Any]]] = {"min": min, "max": max}
_SAMPLES: Final[Mapping[str, RuleValue]] = {
    "bool": False,
    "int": 1,
    "float": 1.0,
    "string": "",
    "date": "",
    "instant": datetime(2026, 1, 1, tzinfo=UTC),
    "list": [],
    "map": {},
}


class RuleError(PolicyError):
    """An expression cannot be used. Operator action: correct it; `garbo check DIR` shows the line."""


class _Clause(NamedTuple):
    """A part that `&&` joins at the top: as written, and as the package gets it."""

    written: str
    text: str


class _Compiled:
    """An expression ready to run.

    text: as written. variables: the names it takes from the context, look-ups among them. lookups: those, by name.
    reads: the names of variables and functions that the analyst wrote.
    """

    __slots__ = ("_execute", "_functions", "lookups", "reads", "text", "variables")

    def __init__(
        self, text: str, program: Any, variables: tuple[str, ...], lookups: Mapping[str, Lookup], reads: frozenset[str]
    ) -> None:
        self.text = text
        self.variables = variables
        self.lookups = lookups
        self.reads = reads
        self._execute = program.execute
        self._functions = {name: OURS[name] for name in program.functions() if name in OURS}

    def _result(self, context: Mapping[str, RuleValue]) -> Any:
        given: dict[str, Any] = {name: context[name] for name in self.variables}
        if self._functions:
            given.update(self._functions)
        return self._execute(given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"


class CompiledRule(_Compiled):
    """True or false of a person."""

    __slots__ = ("_clauses", "_parts")

    def __init__(self, *given: Any, clauses: tuple[_Clause, ...] = ()) -> None:
        super().__init__(*given)
        self._parts = clauses
        self._clauses: tuple[CompiledRule, ...] | None = None

    @property
    def clauses(self) -> tuple[str, ...]:
        """The parts that `&&` joins at the top, as written."""
        return tuple(part.written for part in self._parts)

    def __call__(self, context: Mapping[str, RuleValue]) -> bool:
        """Evaluate the rule.

        Raises:
            KeyError, TypeError, RuntimeError, ArithmeticError, RuleError: the person is not eligible.
        """
        result = self._result(context)
        if result is True or result is False:
            return bool(result)
        raise RuleError(f"the rule gave {type(result).__name__}, not true or false: {self.text}")

    def failing(self, context: Mapping[str, RuleValue]) -> str:
        """The clause that made this rule false for `context`: the first false one of those that `&&` joins.

        The clauses are compiled when a rule is false for the first time. A clause that cannot be evaluated is passed
        over, as CEL does when another one is false.
        """
        clauses = self._clauses
        if clauses is None:
            clauses = self._clauses = tuple(self._alone(part) for part in self._parts)
        for clause in clauses[:-1]:
            with suppress(Exception):
                if not clause(context):
                    return shown(clause.text)
        return shown(clauses[-1].text if clauses else self.text)

    def _alone(self, part: _Clause) -> "CompiledRule":
        program = cel.compile(part.text)
        takes = set(program.variables())
        names = tuple(name for name in self.variables if name in takes)
        return CompiledRule(part.written, program, names, self.lookups, self.reads)


class CompiledValue(_Compiled):
    """A number of euros for a person: an `Amount` of the core."""

    __slots__ = ()

    def __call__(self, context: Mapping[str, RuleValue]) -> float:
        """Evaluate the value.

        Raises:
            KeyError, TypeError, RuntimeError, ArithmeticError, RuleError: the person is not eligible.
        """
        result = self._result(context)
        if isinstance(result, bool) or not isinstance(result, int | float):
            raise RuleError(f"the value gave {type(result).__name__}, not a number: {self.text}")
        if not isfinite(result):
            raise RuleError(f"the value is not finite: {self.text}")
        return float(result)


def compile_rule(text: str, scope: Scope) -> CompiledRule:
    """Check and compile `text`, which may use the names of `scope`. Raises `RuleError`."""
    tree, checked = _checked(text, scope, "bool")
    clauses = tuple(
        _Clause(text[place.start : place.end], _rewritten(text, checked, place)) for place in _joined_at_the_top(tree)
    )
    rule = CompiledRule(*_program(text, checked), clauses=clauses)
    _try_out(rule, checked, scope)
    return rule


def compile_value(text: str, scope: Scope) -> CompiledValue:
    """Like `compile_rule`, for an expression that must give a number."""
    _, checked = _checked(text, scope, "int", "float")
    value = CompiledValue(*_program(text, checked))
    _try_out(value, checked, scope)
    return value


def shown(clause: str) -> str:
    """The clause as a record keeps it."""
    return clause if len(clause) <= SHOWN else clause[: SHOWN - 1] + "…"


def _checked(text: str, scope: Scope, *kinds: str) -> tuple[Node, Checked]:
    try:
        tree = parse(text)
        checked = check(tree, scope)
        if checked.type.kind not in kinds:
            raise MistakeError(_wrong_result(checked.type, kinds), tree.place)
    except MistakeError as mistake:
        raise RuleError(f"{mistake.message}\n{underlined(text, mistake.place)}") from None
    return tree, checked


def _wrong_result(given: Type, kinds: tuple[str, ...]) -> str:
    if "bool" in kinds:
        return f"the rule gives {said(given)}, not true or false: compare it with a value, as in `age > 18`"
    return f"the value gives {said(given)}, not a number: write both results, as in `age > 18 ? 20.0 : 10.0`"


def _program(text: str, checked: Checked) -> tuple[str, Any, tuple[str, ...], Mapping[str, Lookup], frozenset[str]]:
    try:
        program = cel.compile(_rewritten(text, checked, Place(0, len(text))))
    except ValueError as error:
        raise RuleError(f"not CEL: {_first_line(error)}") from None
    known = checked.variables | set(checked.lookups)
    names = tuple(name for name in program.variables() if name in known)
    return text, program, names, checked.lookups, checked.reads


def _rewritten(text: str, checked: Checked, part: Place) -> str:
    """A part of the text with names instead of look-ups."""
    found, at = [], part.start
    for place, name in checked.replaced:
        if part.start <= place.start and place.end <= part.end:
            found += [text[at : place.start], name]
            at = place.end
    return "".join([*found, text[at : part.end]])


def _joined_at_the_top(tree: Node) -> list[Place]:
    if isinstance(tree, Operation) and tree.sign == "&&":
        return [part.place for part in tree.operands]
    return [tree.place]


def underlined(text: str, place: Place) -> str:
    """The line of the expression around `place`, and a line with ^ under it."""
    line = "".join(" " if char.isspace() else char for char in text)
    first, last = 0, len(line)
    if last > SHOWN:  # the part, with what stands around it
        first = max(0, min(place.start - SHOWN // 4, last - SHOWN))
        last = first + SHOWN
    before, after = "…" if first else "", "…" if last < len(line) else ""
    width = max(1, min(place.end, last) - place.start)
    marks = " " * (len(before) + place.start - first) + "^" * width
    return f"    {before}{line[first:last]}{after}\n    {marks}"


def _try_out(compiled: CompiledRule | CompiledValue, checked: Checked, scope: Scope) -> None:
    """One evaluation: what the package refuses of what the check lets through, such as a value that is not finite."""
    sample = {name: _SAMPLES[scope.variables[name].kind] for name in checked.variables}
    given = {**sample, **{name: _SAMPLES[result(x).kind] for name, x in checked.lookups.items()}}
    try:
        compiled(given)
    except RuleError:
        raise
    except (KeyError, TypeError, RuntimeError, ArithmeticError, IndexError) as error:
        raise RuleError(_first_line(error)) from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].strip()[:200]
