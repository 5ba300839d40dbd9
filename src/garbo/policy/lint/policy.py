"""Checks across the files of a policy.

An error is a statement that the policy could not fulfil; a warning, a statement that never has an effect.
The checks are generators of findings, one module for each part of the policy.
"""

from garbo.core.vocabulary.events import Value
from garbo.policy.build.files import Files, Rules, typed
from garbo.policy.cel import BUILTINS, RuleError, compile_rule, compile_value
from garbo.policy.lint import actions, contact, declarations, journey, settings, vocabulary
from garbo.policy.lint.rules import spelling
from garbo.policy.names import ACTIONS, declared_names
from garbo.policy.problems import Finding, Findings


def lint(files: Files) -> tuple[Rules, list[Finding]]:
    """The compiled rules, and all findings."""
    names = declared_names(files)
    rules: Rules = {}
    findings = [
        *vocabulary.lint(files, names),
        *settings.lint(files, names),
        *declarations.lint(files, names),
        *journey.lint(files, names),
        *_compile(files, rules),
        *actions.lint(files, names),
        *contact.lint(files, names),
    ]
    for (action, field), rule in rules.items():
        findings += spelling(names, action, field, rule)
    return rules, findings


def variables(files: Files) -> dict[str, Value]:
    """Every variable that a rule may use, with a value of its type."""
    return {**BUILTINS, **{name: typed(a) for name, a in files.attributes.attributes.items()}}


def _compile(files: Files, rules: Rules) -> Findings:
    context = variables(files)
    for name, action in files.actions.actions.items():
        for field, text, compiled in (
            ("eligibility", action.eligibility, compile_rule),
            ("suitability", action.suitability, compile_rule),
            ("value_bank", action.value_bank, compile_value),
            ("value_customer", action.value_customer, compile_value),
        ):
            if text and isinstance(text, str):
                try:
                    rules[name, field] = compiled(text, context)
                except RuleError as error:
                    yield Finding(ACTIONS, ("actions", name, field), f"{name}.{field}: {error}")
