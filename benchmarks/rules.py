"""The cost of evaluating a rule, in microseconds: `python -m benchmarks.rules [--json]`.

What rules usually ask, and the dearest that the limits of `garbo.policy.cel_types` and `cel_parser` allow: each with
the longest texts and lists that a rule sees.
"""

import argparse
import json
from collections.abc import Mapping
from timeit import repeat

from garbo.core.gates.rule_values import ITEMS
from garbo.core.party.state import TEXT
from garbo.core.policy.lookups import RuleValue
from garbo.policy.cel import CompiledRule, compile_rule
from garbo.policy.cel_parser import MAX_CLAUSES
from garbo.policy.cel_words import Scope, scope

ROUNDS, CALLS = 9, 200  # the best of nine rounds, so that other work of the machine does not count

_WORDS = {
    "lifecycle": {"customer"}, "stage": {"open"}, "channel": {"email"}, "kind": {"view"}, "theme": {"card"},
    "touchpoint": {"view"}, "consent": {"profiling"},
}  # fmt: skip
SCOPE: Scope = scope(
    {"age": "int", "balance": "float", "job": "string", "tags": "list", "note": "string"},
    {name: frozenset(words) for name, words in _WORDS.items()},
)
PERSON: Mapping[str, RuleValue] = {
    "lifecycle": "customer",
    "age": 40,
    "balance": 1250.0,
    "interest": 1.5,
    "job": "t" * TEXT,
    "note": "t" * TEXT,
    "tags": [f"{n:03}".rjust(TEXT, "t") for n in range(ITEMS)],
}


def cases() -> dict[str, str]:
    """Name -> rule. The dear ones never end early: each clause holds."""
    each = " && ".join(["!note.contains(t)"] * 3)
    return {
        "one comparison": "age >= 18",
        "three clauses": 'lifecycle == "customer" && interest + 1.0 >= 1.5 && age >= 18',
        "a count": 'count("view", "7d") >= 0',
        "the longest list": '!("x" in tags)',
        "the most clauses": " && ".join(["!note.contains(job + job)"] * MAX_CLAUSES),
        "the longest sum": "+".join(["age"] * 98) + " > 0",
        "the dearest comprehensions": f"tags.all(t, {each}) && tags.all(u, {each.replace('(t)', '(u)')})",
    }


def measured(rule: CompiledRule) -> float:
    """Microseconds of one evaluation."""
    person = {**PERSON, **dict.fromkeys(rule.lookups, 1)}
    return min(repeat(lambda: rule(person), number=CALLS, repeat=ROUNDS)) / CALLS * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true")
    found = {name: measured(compile_rule(text, SCOPE)) for name, text in cases().items()}
    if parser.parse_args().json:
        print(json.dumps(found))
        return
    for name, cost in found.items():
        print(f"{cost:9.1f} us  {name}")


if __name__ == "__main__":
    main()
