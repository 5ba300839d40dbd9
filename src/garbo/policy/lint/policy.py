"""What no single file can tell: whether the nine fit together.

An error is a policy that could not do what it says; a warning, one that says something that never matters.
The rules are generators of findings, one module for each part of the policy.
"""

from garbo.core.vocabulary.events import Value
from garbo.policy.build import Files, Rules, typed
from garbo.policy.cel import BUILTINS, RuleError, compile_rule
from garbo.policy.known import ACTIONS, known
from garbo.policy.lint import actions, contact, journey, people
from garbo.policy.lint.rules import spelling
from garbo.policy.problems import Finding, Findings


def lint(files: Files) -> tuple[Rules, list[Finding]]:
    """The compiled rules, and all that is wrong."""
    names = known(files)
    rules: Rules = {}
    findings = [
        *people.lint(files, names),
        *journey.lint(files, names),
        *_compile(files, rules),
        *actions.lint(files, names),
        *contact.lint(files, names),
    ]
    for (action, field), rule in rules.items():
        findings += spelling(files, names, action, field, rule)
    return rules, findings


def variables(files: Files) -> dict[str, Value]:
    """Every variable a rule may use, with a value of its type."""
    return {**BUILTINS, **{name: typed(a) for name, a in files.attributes.attributes.items()}}


def _compile(files: Files, rules: Rules) -> Findings:
    context = variables(files)
    for name, action in files.actions.actions.items():
        for field, text in (("eligibility", action.eligibility), ("suitability", action.suitability)):
            if text:
                try:
                    rules[name, field] = compile_rule(text, context)
                except RuleError as error:
                    yield Finding(ACTIONS, ("actions", name, field), f"{name}.{field}: {error}")
