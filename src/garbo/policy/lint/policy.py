"""Checks across the files of a policy.

An error is a statement that the policy could not fulfil; a warning, a statement that never has an effect.
The checks are generators of findings, one module for each part of the policy.
"""

from datetime import date
from itertools import chain

from garbo.core.party.state import COUNTERS
from garbo.core.policy.lookups import counter_of, touch_key
from garbo.core.policy.vector import answer_counters
from garbo.policy.build.files import Files, Rules
from garbo.policy.build.models import core_model
from garbo.policy.cel import RuleError, compile_rule, compile_value
from garbo.policy.cel_words import Scope, scope
from garbo.policy.lint import (
    actions,
    answers,
    competition,
    conditions_of_journeys,
    contact,
    declarations,
    feedback,
    journey,
    models,
    settings,
    vocabulary,
    words,
)
from garbo.policy.lint.models import CheckModel
from garbo.policy.names import ACTIONS, INTENTS, Names, declared_names
from garbo.policy.problems import MOST, Finding, Findings


def lint(
    files: Files, today: date | None = None, check_model: CheckModel | None = None
) -> tuple[Rules, list[Finding], bool]:
    """The compiled rules, the findings, and whether the checks ended early: there are more than `MOST` errors.

    today: None if the date is not known; then nothing is found to be over. check_model: None if it is not known which
    estimators there are.
    """
    names = declared_names(files)
    rules: Rules = {}
    checks = (
        vocabulary.lint(files, names),
        settings.lint(files, names),
        words.lint(files, names),
        declarations.lint(files, names),
        models.lint(files, names, check_model),
        answers.lint(files, names),
        journey.lint(files, names),
        feedback.lint(files, names),
        _compile(scope_of(files, names), files, rules),
        conditions_of_journeys.lint(scope_of(files, names), files, rules),
        actions.lint(files, names),
        contact.lint(files, names),
        competition.lint(files, names, rules, today),  # these two read the rules that are compiled by then
        _counted(files, rules),
    )
    findings, errors = [], 0
    for finding in chain.from_iterable(checks):
        findings.append(finding)
        errors += finding.fatal
        if errors > MOST:
            return rules, findings, True
    return rules, findings, False


def _counted(files: Files, rules: Rules) -> Findings:
    """The row keeps what rules and `when` count: is it too much?"""
    asked = {found[0] for rule in rules.values() for x in rule.lookups.values() if (found := counter_of(x)) is not None}
    for action in files.actions.actions.values():
        for entry in action.when:
            theme = action.theme if entry.theme == "=" else entry.theme
            asked |= {touch_key(name, theme) for name in entry.name if entry.times}
    asked |= answer_counters(core_model(name, files.models.models) for name in files.models.models)
    if len(asked) > COUNTERS:
        message = f"rules, when and models count {len(asked)} things of a person, more than {COUNTERS}: count fewer"
        yield Finding(ACTIONS, ("actions",), message)


def scope_of(files: Files, names: Names) -> Scope:
    """The names that a rule may use, and the texts that each can be."""
    attributes = {name: attribute.kind for name, attribute in files.attributes.attributes.items()}
    return scope(
        attributes,
        {
            "lifecycle": names.states,
            "stage": names.stages | {""},
            "channel": names.channels | {""},
            "kind": names.happenings | names.causes | names.consents | INTENTS,
            "theme": names.themes | {""},
            "touchpoint": names.kinds,
            "consent": names.consents,
        },
    )


def _compile(known: Scope, files: Files, rules: Rules) -> Findings:
    for name, action in files.actions.actions.items():
        for field, text, compiled in (
            ("eligibility", action.eligibility, compile_rule),
            ("suitability", action.suitability, compile_rule),
            ("value_company", action.value_company, compile_value),
            ("value_customer", action.value_customer, compile_value),
        ):
            if text and isinstance(text, str):
                try:
                    rules[name, field] = compiled(text, known)
                except RuleError as error:
                    yield Finding(ACTIONS, ("actions", name, field), f"{name}.{field}: {error}", certain=True)
