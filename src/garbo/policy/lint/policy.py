"""Checks across the nine files of a policy.

An error is a statement that the policy could not fulfil; a warning, a statement that never has an effect.
The checks are generators of findings, one module for each part of the policy.
"""

from datetime import date

from garbo.core.vocabulary.events import Value
from garbo.policy.build.files import Files, Rules, typed
from garbo.policy.cel import BUILTINS, RuleError, compile_rule, compile_value
from garbo.policy.lint import actions, answers, competition, contact, declarations, journey, settings
from garbo.policy.lint.declarations import CheckModel
from garbo.policy.lint.rules import spelling
from garbo.policy.names import ACTIONS, declared_names
from garbo.policy.problems import Finding, Findings


def lint(files: Files, today: date | None = None, check_model: CheckModel | None = None) -> tuple[Rules, list[Finding]]:
    """The compiled rules, and all findings.

    today: None if the date is not known; then nothing is found to be over. check_model: None if it is not known which
    scorers there are.
    """
    names = declared_names(files)
    rules: Rules = {}
    findings = [
        *settings.lint(files, names),
        *declarations.lint(files, names, check_model),
        *answers.lint(files, names),
        *journey.lint(files, names),
        *_compile(files, rules),
        *actions.lint(files, names),
        *contact.lint(files, names),
    ]
    findings += competition.lint(files, names, rules, today)
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
                    yield Finding(ACTIONS, ("actions", name, field), f"{name}.{field}: {error}", certain=True)
