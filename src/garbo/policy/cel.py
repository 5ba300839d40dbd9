"""Rules (eligibility, suitability) and values: CEL expressions over one flat context, checked when the policy loads.

Rules
 1. Mistakes in an expression are found here: unknown variables and functions, a rule that is not true or false, a value
    that is no number, operands of wrong types (one evaluation with the attributes' defaults finds them).
 2. An expression takes only the variables it names from the context: 1.5 us instead of 10 us for the whole context.
 3. No comprehension inside a comprehension: CEL has no limit on cost, and a list of n in a list of n costs n x n.

CEL: https://github.com/google/cel-spec, by the package common-expression-language (Rust).
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import isfinite
from typing import Any

import cel

from garbo.core.vocabulary.events import Value
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.errors import PolicyError
from garbo.policy.clauses import clauses_of, shown

# name -> a value of its type, to test expressions with. docs/policy.md explains each variable.
BUILTINS: Mapping[str, Value] = {
    "lifecycle": "lead",
    "stage": "",
    "channel": "web",
    "kind": "page_view",
    "theme": "",
    "hour": 12,
    "weekday": 0,
    "pressure": 0.0,
    "interest": 0.0,
    "household_size": 1,
    "open_needs": 0,
    "contacts_30d": 0,
    "days_since_contact": 9999.0,
    "touches": 0,
}

# Derived from the person's behaviour: an action that reads them needs the consent `profiling`, unless it is a service.
BEHAVIOUR = frozenset({"interest", "stage", "touches"})

# An expression is one line. The parser is recursive, so the depth is checked before parsing.
MAX_LENGTH = 1000
MAX_DEPTH = 24

# The package has no min and no max.
OURS: Mapping[str, Callable[..., Any]] = {"min": min, "max": max}
FUNCTIONS = frozenset({"size", "startsWith", "endsWith", "contains", "int", "double", "string", *OURS})
_OPERATOR = re.compile(r"[@!_\-]")  # operators are named like `_+_`, `!_`, `@in`
_STRING = re.compile(r"""\"(?:[^"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'""")
_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)?")


class RuleError(PolicyError):
    """An expression cannot be used. Operator action: correct it; `garbo check DIR` shows the line."""


class _Compiled:
    """An expression ready to run. `variables`: the names it takes from the context."""

    __slots__ = ("_execute", "_functions", "text", "variables")

    def __init__(self, text: str, program: Any, variables: tuple[str, ...]) -> None:
        self.text = text
        self.variables = variables
        self._execute = program.execute
        self._functions = {name: OURS[name] for name in program.functions() if name in OURS}

    def _result(self, context: Mapping[str, Value]) -> Any:
        given: dict[str, Any] = {name: context[name] for name in self.variables}
        if self._functions:
            given.update(self._functions)
        return self._execute(given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"


class CompiledRule(_Compiled):
    """True or false of a person."""

    __slots__ = ("_clauses",)

    def __init__(self, text: str, program: Any, variables: tuple[str, ...]) -> None:
        super().__init__(text, program, variables)
        self._clauses: tuple[CompiledRule, ...] | None = None

    def __call__(self, context: Mapping[str, Value]) -> bool:
        """Evaluate the rule.

        Raises:
            KeyError, TypeError, RuntimeError, ZeroDivisionError, RuleError: the person is not eligible.
        """
        result = self._result(context)
        if result is True or result is False:
            return bool(result)
        raise RuleError(
            f"the rule gave {type(result).__name__}, not true or false: compare it with a value, as in `age > 18`: "
            f"{self.text}"
        )

    def failing(self, context: Mapping[str, Value]) -> str:
        """The clause that made this rule false for `context`: the first false one of those that `&&` joins.

        The clauses are compiled when a rule is false for the first time. A clause that cannot be evaluated is passed
        over, as CEL does when another one is false.
        """
        clauses = self._clauses
        if clauses is None:
            clauses = self._clauses = _clauses(self)
        for clause in clauses[:-1]:
            with suppress(KeyError, TypeError, RuntimeError, ZeroDivisionError, RuleError):
                if not clause(context):
                    return shown(clause.text)
        return shown(clauses[-1].text if clauses else self.text)


class CompiledValue(_Compiled):
    """A number of euros for a person: an `Amount` of the core."""

    __slots__ = ()

    def __call__(self, context: Mapping[str, Value]) -> float:
        """Evaluate the value.

        Raises:
            KeyError, TypeError, RuntimeError, ZeroDivisionError, RuleError: the person is not eligible.
        """
        result = self._result(context)
        if isinstance(result, bool) or not isinstance(result, int | float):
            raise RuleError(
                f"the value gave {type(result).__name__}, not a number: write both results, as in "
                f"`age > 18 ? 20.0 : 10.0`: {self.text}"
            )
        if not isfinite(result):
            raise RuleError(f"the value is not finite: {self.text}")
        return float(result)


def compile_rule(text: str, variables: Mapping[str, Value]) -> CompiledRule:
    """Compile and test `text`, which may use `variables` (name -> a value of its type). Raises `RuleError`."""
    rule = CompiledRule(text, *_program(text, variables))
    _try_out(rule, variables)
    return rule


def compile_value(text: str, variables: Mapping[str, Value]) -> CompiledValue:
    """Like `compile_rule`, for an expression that must give a number."""
    value = CompiledValue(text, *_program(text, variables))
    _try_out(value, variables)
    return value


def _clauses(rule: CompiledRule) -> tuple[CompiledRule, ...]:
    """The clauses of a rule, compiled; none if one of them cannot stand alone."""
    parts = clauses_of(rule.text, _bare(rule.text))
    if len(parts) == 1:
        return (rule,)
    found = []
    for part in parts:
        try:
            program = cel.compile(part)
        except ValueError:
            return ()
        takes = set(program.variables())
        found.append(CompiledRule(part, program, tuple(name for name in rule.variables if name in takes)))
    return tuple(found)


def _program(text: str, variables: Mapping[str, Value]) -> tuple[Any, tuple[str, ...]]:
    """The program of `text`, and the variables that it takes."""
    bound = _guard(text)
    try:
        program = cel.compile(text)
    except ValueError as error:
        raise RuleError(f"not CEL: {_first_line(error)}") from None
    unknown = [n for n in program.functions() if n not in FUNCTIONS and not _OPERATOR.match(n)]
    if unknown:
        raise RuleError(f"unknown function '{unknown[0]}'; known: {', '.join(sorted(FUNCTIONS))}")
    names = tuple(n for n in program.variables() if n not in bound)
    for name in names:
        if name not in variables:
            raise RuleError(f"unknown variable '{name}'{did_you_mean(name, variables)}")
    for name in bound:
        if name in variables:
            raise RuleError(f"'{name}' is already a variable: give the element of the list another name")
    return program, names


def _guard(text: str) -> frozenset[str]:
    """Refuse texts that the parser must not get; returns the names that comprehensions bind."""
    if not text.strip():
        raise RuleError("the expression is empty: remove the key instead")
    if len(text) > MAX_LENGTH:
        raise RuleError(f"longer than {MAX_LENGTH} characters: shorten the expression")
    bare = _bare(text)
    starts = {m.end() if m.group(1) is None else m.start(1): m.group(1) for m in _MACRO.finditer(bare)}
    opens = {bare.rindex("(", 0, index) for index in starts}
    stack: list[bool] = []
    for index, char in enumerate(bare):
        if char in "([{":
            if index in opens and any(stack):
                raise RuleError(
                    "a comprehension inside a comprehension (all, exists, map, filter) is not allowed: use only one"
                )
            stack.append(index in opens)
            if len(stack) > MAX_DEPTH:
                raise RuleError(f"brackets nested deeper than {MAX_DEPTH}: simplify the expression")
        elif char in ")]}" and stack:
            stack.pop()
    return frozenset(name for name in starts.values() if name)


def _bare(text: str) -> str:
    """The text with its strings blanked out: they may hold brackets and operators."""
    return _STRING.sub(lambda m: " " * len(m.group()), text)


def _try_out(compiled: CompiledRule | CompiledValue, variables: Mapping[str, Value]) -> None:
    try:
        compiled(variables)
    except RuleError:
        raise
    except TypeError as error:
        raise RuleError(f"the types of the operands do not match: {_first_line(error)}") from None
    except RuntimeError as error:
        raise RuleError(_first_line(error)) from None
    except ZeroDivisionError:
        raise RuleError("divides by a variable that may be zero: write `n > 0 && ... / n`") from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].strip()[:200]
