"""Whatever passes the type check never raises for a person whose attributes have their declared types.

Expressions are drawn by type, so that most of them pass; some operands are of another type, so that some do not.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar

from hypothesis import event, given, settings
from hypothesis import strategies as st

from garbo.core.policy.lookups import RuleValue
from garbo.policy.cel import CompiledRule, CompiledValue, RuleError, compile_rule, compile_value
from garbo.policy.cel_words import Scope, Type, result
from tests.unit.policy.expressions import SCOPE, WORDS

WHOLE = ["age", "limits", "campaign", "hour", "household_size", "0", "1", "18", "-3", 'count("form", "7d")',
         "days_until(contract_end)", "days_from(contract_end)", 'contacts("email", "30d")', "size(tags)",
         "int(balance)", "int(interest * 10.0)", "size(default)"]  # fmt: skip
DECIMAL = ["balance", "interest", "pressure", "stage_days", "0.0", "1.5", "-0.01", "1e6", 'interest["card"]',
           'holdings["funds"]', 'days_since("form")', "double(age)"]  # fmt: skip
TEXT = ["default", '"a"', '""', "string(age)", "lifecycle", "stage", "contract_end"]
TRUTH = ["vip", "true", '"a" in tags', '"funds" in holdings', 'lifecycle == "customer"', 'contract_end < "2027-01-31"',
         "contract_end >= today", '"profiling" in consents', 'tags.exists(t, t.startsWith("a"))',
         'now - timestamp("2026-01-01T00:00:00Z") > duration("36h")',
         'now + duration("99999h59s") != timestamp("1900-01-01T00:00:00-23:59") - duration("300ms")',
         "tags.filter(t, t.size() > 1).exists_one(u, u == default)", 'tags.map(t, t.size()).all(n, n / 2 < age)',
         "[age, limits].exists(n, n * n > 4) && max([balance, interest]) > 1.0", "tags == [] || size(holdings) > 1",
         'default in ["a", "b"] && age in [1, 2] && hour in [1.5]', 'consents.all(c, c != "profiling")']  # fmt: skip


def joined(parts: st.SearchStrategy[str], *signs: str) -> st.SearchStrategy[str]:
    return st.tuples(parts, st.sampled_from(signs), parts).map(lambda p: f"({p[0]} {p[1]} {p[2]})")


def numbers(leaves: list[str], *more: str) -> st.SearchStrategy[str]:
    return st.recursive(
        st.sampled_from(leaves),
        lambda part: (
            joined(part, "+", "-", "*", "/", *more)
            | part.map("-({})".format)
            | st.tuples(part, part).map(lambda p: f"min({p[0]}, {p[1]})")
            | st.tuples(st.sampled_from(TRUTH), part, part).map(lambda p: f"({p[0]} ? {p[1]} : {p[2]})")
            # A quotient beside a clause that keeps its divisor from 0.
            | st.tuples(part, part).map(lambda p: f"({p[1]} > 0 ? {p[0]} / {p[1]} : {p[0]})")
        ),
        max_leaves=5,
    )


whole, decimal = numbers(WHOLE, "%"), numbers(DECIMAL)
texts = st.recursive(st.sampled_from(TEXT), lambda part: joined(part, "+"), max_leaves=3)
COMPARED = ("==", "!=", "<", "<=", ">", ">=")
clauses = (
    joined(whole | decimal, *COMPARED)
    | joined(texts, *COMPARED)
    | st.tuples(texts, texts).map(lambda p: f"{p[0]}.contains({p[1]})")
    | st.tuples(whole, whole).map(lambda p: f"({p[1]} != 0 && {p[0]} / {p[1]} > 1)")
    | st.sampled_from(TRUTH)
)
rules = st.recursive(
    clauses,
    lambda part: joined(part, "&&", "||") | part.map("!({})".format)
    | st.tuples(part, part, part).map(lambda p: f"({p[0]} ? {p[1]} : {p[2]})"),
    max_leaves=4,
)  # fmt: skip

SIZE = st.floats(1e-9, 1e15)
OF_KIND: dict[str, st.SearchStrategy[RuleValue]] = {
    "bool": st.booleans(),
    "int": st.integers(-(10**9), 10**9) | st.sampled_from([0, 1, 10**9]),
    "float": SIZE | SIZE.map(lambda x: -x) | st.sampled_from([0.0, 1.0, 1e15, 1e-9]),
    "string": st.text(max_size=4),
    "date": st.just("") | st.dates(date(1990, 1, 1), date(2060, 1, 1)).map(date.isoformat),
    "instant": st.integers(1_200_000_000, 2_800_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
    "list": st.lists(st.text(max_size=3), max_size=5),
    "map": st.dictionaries(st.text(max_size=3) | st.just("funds"), SIZE, max_size=3),
}


def persons(compiled: CompiledRule | CompiledValue) -> st.SearchStrategy[dict[str, RuleValue]]:
    """Any person, as far as the expression sees one."""

    def values(name: str) -> st.SearchStrategy[RuleValue]:
        lookup = compiled.lookups.get(name)
        known: Type = result(lookup) if lookup is not None else SCOPE.variables[name]
        if known.words:
            words = st.sampled_from(sorted(WORDS[known.words]))
            return st.lists(words) if known.kind == "list" else words
        return OF_KIND[known.kind]

    return st.fixed_dictionaries({name: values(name) for name in compiled.variables})


T = TypeVar("T")


def tried(compiled: Callable[[str, Scope], T], text: str) -> T | None:
    """The compiled expression, None for a mistake. What the check lets through the package never refuses."""
    try:
        found = compiled(text, SCOPE)
    except RuleError as error:
        event(f"refused: {str(error).splitlines()[0][:40]}")
        if "^" in str(error):
            return None
        raise
    event("passes")
    return found


@given(text=rules, data=st.data())
@settings(max_examples=300)
def test_a_rule_that_passes_never_raises(text: str, data: st.DataObject) -> None:
    rule = tried(compile_rule, text)
    if rule is None:
        return
    person = data.draw(persons(rule))
    assert isinstance(rule(person), bool)
    if not rule(person):
        assert rule.failing(person)


@given(text=whole | decimal, data=st.data())
@settings(max_examples=300)
def test_a_value_that_passes_never_raises(text: str, data: st.DataObject) -> None:
    value = tried(compile_value, text)
    if value is not None:
        assert isinstance(value(data.draw(persons(value))), float)


@given(st.text(alphabet="ab1.0\"'()[]{}<>=!&|?:+-*/% ,_\\\n#\u00e9", max_size=40))
@settings(max_examples=400)
def test_no_text_is_more_than_a_mistake(text: str) -> None:
    assert tried(compile_rule, text) is None or text
