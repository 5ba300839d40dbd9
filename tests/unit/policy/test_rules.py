"""A rule that could fail for its spelling fails when the policy loads; what is left raises, and nobody is eligible."""

import pytest

from garbo.policy.cel import BEHAVIOUR, BUILTINS, RuleError, compile_rule, compile_value

VARIABLES = {
    **BUILTINS, "campaign": 1, "default": "unknown", "age": 0, "limits": 0, "balance": 0.0, "contract_end": "",
}  # fmt: skip


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
    assert expected is compile_rule(text, VARIABLES)(context)  # type: ignore[arg-type]


def test_a_rule_takes_only_what_it_names() -> None:
    assert ("campaign", "default") == compile_rule('campaign > 1 && default == "no"', VARIABLES).variables


def test_a_name_bound_by_a_comprehension_is_no_variable() -> None:
    assert ("campaign",) == compile_rule("[1, 2].all(n, n < campaign)", VARIABLES).variables


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("campain <= 6", "unknown variable 'campain'; did you mean 'campaign'"),
        ("campaign <=", "not CEL"),
        ("campaign", "not true or false"),
        ('campaign > 1 || "x"', "types of the operands do not match"),
        ("campaign + 1.5 > 2.0", "types of the operands do not match"),
        ("age / limits > 1", "may be zero"),
        ("now() > 1", "unknown function 'now'"),
        ("timestamp('2024-01-01T00:00:00Z') > timestamp('2023-01-01T00:00:00Z')", "unknown function"),
        ("[1].exists(a, [2].exists(b, a == b))", "comprehension inside"),
        ("[1].map(a, [2].filter(b, b > a)).size() > 0", "comprehension inside"),
        ("[1].exists(age, age > 0)", "'age' is already a variable"),
        ("   ", "empty"),
        ("(" * 50 + "true" + ")" * 50, "nested deeper"),
        ("true" + " && true" * 200, "longer than"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(text: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        compile_rule(text, VARIABLES)


def test_comprehensions_one_after_the_other_are_allowed() -> None:
    assert compile_rule("[1, 2].filter(a, a > 1).exists(b, b == 2)", VARIABLES)({})


def test_a_rule_that_meets_what_it_did_not_expect_raises() -> None:
    rule = compile_rule("campaign <= 6", VARIABLES)
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
    value = compile_value(text, VARIABLES)
    actual = value(context)  # type: ignore[arg-type]
    assert (expected, float) == (actual, type(actual))
    assert tuple(context) == value.variables


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("balance > 1.0", "the value gave bool, not a number"),
        ("default", "the value gave str, not a number"),
        ("0.01 * balanse", "unknown variable 'balanse'; did you mean 'balance'"),
        ("2 * balance", "types of the operands do not match"),
        ("10.0 / balance", "not finite"),
        ("age / limits", "may be zero"),
        ("value(balance)", "unknown function"),
        ('min(balance, "a")', "."),
        ("   ", "empty"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(text: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        compile_value(text, VARIABLES)


def test_a_value_that_turns_out_to_be_no_number_raises() -> None:
    value = compile_value('balance > 10.0 ? "many" : 1.0', VARIABLES)
    assert 1.0 == value({"balance": 1.0})
    with pytest.raises(RuleError, match="not a number"):
        value({"balance": 11.0})
    with pytest.raises(RuleError, match="not finite"):
        compile_value("1.0 / (balance - 1.0)", VARIABLES)({"balance": 1.0})


def test_what_is_behaviour_is_a_variable() -> None:
    assert set(BUILTINS) >= BEHAVIOUR


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
        ("age > 18 && campaign <= 6 // && true", {"age": 3, "campaign": 1}, "age > 18 && campaign <= 6 // && true"),
        (f"age > 18 && default in {VALUES}", {"age": 20, "default": "x"}, f"default in {VALUES}"[:99] + "…"),
    ],
)  # fmt: skip
def test_the_clause_that_was_false_is_named(text: str, context: dict[str, object], clause: str) -> None:
    rule = compile_rule(text, VARIABLES)
    assert not rule(context)  # type: ignore[arg-type]
    assert rule.failing(context) == clause  # type: ignore[arg-type]


def test_a_clause_that_cannot_be_evaluated_is_not_the_one_that_was_false() -> None:
    """`&&` in CEL is false when either side is, also if the other one is an error."""
    rule = compile_rule("default.size() / limits > 1 && age > 18", {**VARIABLES, "limits": 1})
    assert rule({"default": "x", "limits": 0, "age": 3}) is False
    assert rule.failing({"default": "x", "limits": 0, "age": 3}) == "age > 18"
