"""A rule that could fail for its spelling fails when the policy loads; what is left raises, and nobody is eligible."""

import pytest

from garbo.policy.cel import RuleError, compile_rule, compile_value
from tests.unit.policy.expressions import SCOPE


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("campaign <= 6", {"campaign": 6}, True),
        ("campaign <= 6", {"campaign": 7}, False),
        ('default != "yes"', {"default": "yes"}, False),
        ("interest > 0.0 && household_size >= 2", {"interest": 0.4, "household_size": 2}, True),
        ('lifecycle in ["lead", "prospect"]', {"lifecycle": "customer"}, False),
        ("[1, 2].exists(n, n == campaign)", {"campaign": 2}, True),
        ("min(campaign, 3) == 3 && max([campaign, 2]) == 5", {"campaign": 5}, True),
        ('"a(b" == "a(b" && default.startsWith("y")', {"default": "yes"}, True),
    ],
)
def test_a_rule_says_yes_or_no(text: str, context: dict[str, object], expected: bool) -> None:
    assert expected is compile_rule(text, SCOPE)(context)  # type: ignore[arg-type]


def test_a_rule_takes_only_what_it_names() -> None:
    assert ("campaign", "default") == compile_rule('campaign > 1 && default == "no"', SCOPE).variables


def test_a_name_bound_by_a_comprehension_is_no_variable() -> None:
    assert ("campaign",) == compile_rule("[1, 2].all(n, n < campaign)", SCOPE).variables


def test_comprehensions_one_after_the_other_are_allowed() -> None:
    assert compile_rule("[1, 2].filter(a, a > 1).exists(b, b == 2)", SCOPE)({})


def test_a_rule_that_meets_what_it_did_not_expect_raises() -> None:
    rule = compile_rule("campaign <= 6", SCOPE)
    with pytest.raises(KeyError):
        rule({})
    with pytest.raises(TypeError):
        rule({"campaign": "six"})


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("0.01 * balance", {"balance": 1250.0}, 12.5),
        ("interest > 1.0 ? 40.0 : 20.0", {"interest": 1.5}, 40.0),
        ("campaign * 10", {"campaign": 3}, 30.0),  # a whole number is a number
        ("min(0.02 * balance, 100.0)", {"balance": 90_000.0}, 100.0),
        ('contract_end == "" ? 5.0 : 15.0', {"contract_end": "2027-03-31"}, 15.0),  # a date is text
        ("30.0", {}, 30.0),
        ("0.0 - 5.0", {}, -5.0),
    ],
)
def test_a_value_gives_a_number(text: str, context: dict[str, object], expected: float) -> None:
    value = compile_value(text, SCOPE)
    actual = value(context)  # type: ignore[arg-type]
    assert (expected, float) == (actual, type(actual))
    assert tuple(context) == value.variables


def test_a_value_too_large_for_a_number_raises() -> None:
    with pytest.raises(RuleError, match="not finite"):
        compile_value("balance * balance", SCOPE)({"balance": 1e200})


VALUES = str([f"value-{n}" for n in range(20)])


@pytest.mark.parametrize(
    ("text", "context", "clause"),
    [
        ("age > 18 && campaign <= 6", {"age": 20, "campaign": 7}, "campaign <= 6"),
        ("age > 18 && campaign <= 6 && limits == 0", {"age": 3, "campaign": 7, "limits": 1}, "age > 18"),
        ("age > 18", {"age": 3}, "age > 18"),
        ("age > 18 || campaign <= 6", {"age": 3, "campaign": 7}, "age > 18 || campaign <= 6"),
        ("age > 18 && (campaign <= 6 && limits == 0)", {"age": 20, "campaign": 7, "limits": 0},
         "(campaign <= 6 && limits == 0)"),
        ("age > 18 && (campaign <= 6 || limits == 0)", {"age": 20, "campaign": 7, "limits": 1},
         "(campaign <= 6 || limits == 0)"),
        ("age > 18 ? campaign <= 6 && limits == 0 : true", {"age": 20, "campaign": 7, "limits": 0},
         "age > 18 ? campaign <= 6 && limits == 0 : true"),
        ('default != "a && b" && age > 18', {"default": "a && b", "age": 20}, 'default != "a && b"'),
        ("[1, 2].exists(n, n == campaign && n > 0) && age > 18", {"campaign": 7, "age": 20},
         "[1, 2].exists(n, n == campaign && n > 0)"),
        ("limits != 0 && age / limits > 1", {"age": 3, "limits": 0}, "limits != 0"),
        ('count("form", "7d") == 0 && age > 18', {"age": 3}, "age > 18"),
        (f"age > 18 && default in {VALUES}", {"age": 20, "default": "x"}, f"default in {VALUES}"[:99] + "…"),
    ],
)  # fmt: skip
def test_the_clause_that_was_false_is_named(text: str, context: dict[str, object], clause: str) -> None:
    rule = compile_rule(text, SCOPE)
    given = {**context, **dict.fromkeys(rule.lookups, 0)}
    assert not rule(given)  # type: ignore[arg-type]
    assert rule.failing(given) == clause  # type: ignore[arg-type]


def test_a_clause_that_cannot_be_evaluated_is_not_the_one_that_was_false() -> None:
    """`&&` in CEL is false when either side is, also if the other one is an error."""
    rule = compile_rule("default.size() / limits > 1 && age > 18 && limits >= 1", SCOPE)
    assert rule({"default": "x", "limits": 0, "age": 3}) is False
    assert rule.failing({"default": "x", "limits": 0, "age": 3}) == "age > 18"
