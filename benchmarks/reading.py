"""CPU of reading one free text, by the bank's seeds.

   python -m benchmarks.reading [--json]

messages   the 241 short messages of tests/unit/text/messages.yaml, microseconds each, best of the rounds
cold       the same messages, once, with no stem remembered
long       a letter of `MOST_CHARACTERS` characters made of those messages
huge       the largest text that a message may carry (it is read up to the limit)
hostile    as many characters of the words with which most phrases begin: what costs most
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from garbo.core.policy.policy import Policy
from garbo.policy import load
from garbo.text.stems import stem
from garbo.text.tokens import MOST_CHARACTERS

ROOT = Path(__file__).resolve().parents[1]
MESSAGES = ROOT / "tests" / "unit" / "text" / "messages.yaml"
ROUNDS = 7
HUGE = 1_000_000


def texts() -> list[str]:
    written = yaml.safe_load(MESSAGES.read_text("utf-8"))
    return [message["text"] for half in written.values() for message in half]


def seconds(policy: Policy, given: Sequence[str]) -> float:
    """CPU seconds for all of `given`, once."""
    start = time.process_time()
    for text in given:
        policy.reader.read(text, policy.languages)
    return time.process_time() - start


def measure() -> dict[str, float]:
    """Microseconds for one text of each sort."""
    policy = load(ROOT / "examples" / "bank")
    messages = texts()
    stem.cache_clear()
    cold = seconds(policy, messages) / len(messages)
    letter = " ".join(messages)[:MOST_CHARACTERS]
    sorts = {
        "messages": messages,
        "long": [letter] * 20,
        "huge": [(letter + " ") * (HUGE // len(letter))] * 20,
        "hostile": [("non don't stop basta " * MOST_CHARACTERS)[:HUGE]] * 20,
    }
    found = {"cold": cold * 1e6}
    for name, given in sorts.items():
        found[name] = min(seconds(policy, given) for _ in range(ROUNDS)) / len(given) * 1e6
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    found = measure()
    if parser.parse_args().json:
        print(json.dumps(found))
        return
    for name, cost in found.items():
        print(f"{name:10} {cost:10.1f} µs")


if __name__ == "__main__":
    main()
