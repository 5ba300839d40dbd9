"""Checks of rules that compile but cannot mean what they say."""

import re

from garbo.core.vocabulary.nearest import did_you_mean
from garbo.policy.cel import CompiledRule, CompiledValue
from garbo.policy.names import ACTIONS, Names
from garbo.policy.problems import Finding, Findings

_EQUALS = re.compile(r"""\b(lifecycle|stage|channel|kind|theme)\s*[!=]=\s*["']([^"']*)["']""")
_AMONG = re.compile(r"""\b(lifecycle|stage|channel|kind|theme)\s+in\s+\[([^\]]*)\]""")
_WORD = re.compile(r"""["']([^"']*)["']""")

# The values of `kind` when a timer, not a touchpoint or an outcome, starts a decision: see core.party.state.Timer.
INTENTS = frozenset({"answer", "overdue", "report", "deliver", "follow_up", "promise", "profile"})


def spelling(names: Names, action: str, field: str, rule: CompiledRule | CompiledValue) -> Findings:
    """Findings for comparisons that are never true."""
    domains = {
        "lifecycle": names.states,
        "stage": names.stages | {""},
        "channel": names.channels | {""},
        "kind": names.happenings | names.causes | names.consents | INTENTS,
        "theme": names.themes | {""},
    }
    compared = _EQUALS.findall(rule.text)
    compared += [(variable, word) for variable, words in _AMONG.findall(rule.text) for word in _WORD.findall(words)]
    for variable, word in compared:
        if word not in domains[variable]:
            hint = did_you_mean(word, domains[variable] - {""})
            yield Finding(ACTIONS, ("actions", action, field), f"{action}: {variable} is never '{word}'{hint}")
