"""A rule that could fail for its spelling fails when the policy loads; what is left raises, and nobody is eligible."""

import pytest

from garbo.policy.cel import BUILTINS, RuleError, compile_rule

VARIABLES = {**BUILTINS, "campaign": 1, "default": "unknown", "age": 0, "limits": 0}


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("campaign <= 6", {"campaign": 6}, True),
        ("campaign <= 6", {"campaign": 7}, False),
        ('default != "yes"', {"default": "yes"}, False),
        ("interest > 0.0 && household_size >= 2", {"interest": 0.4, "household_size": 2}, True),
        ('lifecycle in ["lead", "prospect"]', {"lifecycle": "customer"}, False),
        ("[1, 2].exists(n, n == campaign)", {"campaign": 2}, True),
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
