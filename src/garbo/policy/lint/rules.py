"""Rules that compile and yet cannot mean what they say."""

import re

from garbo.policy.build import Files
from garbo.policy.cel import BEHAVIOUR, CompiledRule
from garbo.policy.known import ACTIONS, PROMOTIONS, Known
from garbo.policy.problems import Finding, Findings, did_you_mean

_EQUALS = re.compile(r"""\b(lifecycle|stage|channel|kind|theme)\s*[!=]=\s*["']([^"']*)["']""")
_AMONG = re.compile(r"""\b(lifecycle|stage|channel|kind|theme)\s+in\s+\[([^\]]*)\]""")
_WORD = re.compile(r"""["']([^"']*)["']""")

# What `kind` is when a timer, not a touchpoint or an outcome, asks: see core.party.state.Timer.
INTENTS = frozenset({"answer", "overdue", "deliver", "follow_up", "promise", "profile"})


def spelling(files: Files, names: Known, action: str, field: str, rule: CompiledRule) -> Findings:
    """Words compared with a variable that can never hold them; behaviour used where profiling is not asked for."""
    domains = {
        "lifecycle": names.states,
        "stage": names.stages | {""},
        "channel": names.channels | {""},
        "kind": names.happenings | INTENTS,
        "theme": names.themes | {""},
    }
    compared = _EQUALS.findall(rule.text)
    compared += [(variable, word) for variable, words in _AMONG.findall(rule.text) for word in _WORD.findall(words)]
    for variable, word in compared:
        if word not in domains[variable]:
            hint = did_you_mean(word, domains[variable] - {""})
            yield Finding(ACTIONS, ("actions", action, field), f"{action}: {variable} is never '{word}'{hint}")
    purpose = files.actions.actions[action].purpose
    used = sorted(BEHAVIOUR.intersection(rule.variables))
    if used and purpose in PROMOTIONS and not purpose.startswith("personalised"):
        yield Finding(
            ACTIONS,
            ("actions", action, field),
            f"{action}: '{used[0]}' is behaviour; without the profiling consent use a personalised purpose",
            fatal=False,
        )
