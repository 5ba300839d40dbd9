"""How well the bank's seeds read the messages of messages.yaml: the figures of docs/text.md.

`python -m tests.unit.text.figures` redraws them there.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from garbo.core.policy.reading import COMPLAINT, STOP, Reading
from garbo.policy import load

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "text.md"
MESSAGES = Path(__file__).with_name("messages.yaml")
HALVES = ("dev", "held_out")
FIELDS = ("theme", "intent", "tone")
TRICKS = ("sarcasm", "negation", "mixed", "slang", "typo")
_TABLE = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


class Judged(NamedTuple):
    """A message, what a person reads in it, and what the seeds read."""

    text: str
    language: str
    tricks: tuple[str, ...]
    person: Reading
    seeds: Reading

    def right(self, field: str) -> bool:
        return bool(getattr(self.person, field) == getattr(self.seeds, field))

    def says(self, reading: Reading, name: str) -> bool:
        return name in (reading.intent, reading.tone)


@cache
def judged(half: str) -> tuple[Judged, ...]:
    policy = load(ROOT / "examples" / "bank")
    found = []
    for message in yaml.safe_load(MESSAGES.read_text("utf-8"))[half]:
        text, read = message["text"], message["is"]
        person = Reading(*(read[field] for field in FIELDS))
        seeds = policy.reader.read(text, policy.languages)
        found.append(Judged(text, read["language"], tuple(read.get("tricks", ())), person, seeds))
    return tuple(found)


def accuracy(messages: Sequence[Judged], field: str) -> float:
    return sum(m.right(field) for m in messages) / len(messages)


def falsely(messages: Sequence[Judged], name: str) -> tuple[int, int]:
    """How many of the messages without this intent or tone the seeds gave it to, and of how many."""
    without = [m for m in messages if not m.says(m.person, name)]
    return sum(m.says(m.seeds, name) for m in without), len(without)


def missed(messages: Sequence[Judged], name: str) -> tuple[int, int]:
    """How many of the messages with this intent or tone the seeds did not find, and of how many."""
    having = [m for m in messages if m.says(m.person, name)]
    return sum(not m.says(m.seeds, name) for m in having), len(having)


def summary() -> str:
    head = ["", *HALVES]
    rows = [["messages", *(str(len(judged(half))) for half in HALVES)]]
    rows += [[f"{field} right", *(f"{accuracy(judged(half), field):.1%}" for half in HALVES)] for field in FIELDS]
    all_right = [f"{sum(all(map(m.right, FIELDS)) for m in judged(h)) / len(judged(h)):.1%}" for h in HALVES]
    rows.append(["all three right", *all_right])
    for name in (COMPLAINT, STOP, "fraud"):
        rows.append([f"`{name}` read where there is none", *(_of(falsely(judged(half), name)) for half in HALVES)])
        rows.append([f"`{name}` not found", *(_of(missed(judged(half), name)) for half in HALVES)])
    return table(head, rows)


def tricks() -> str:
    """The intents of what is hard to read."""
    rows = []
    for trick in TRICKS:
        row = [trick]
        for half in HALVES:
            found = [m for m in judged(half) if trick in m.tricks]
            row.append(f"{sum(m.right('intent') and m.right('tone') for m in found)} of {len(found)}")
        rows.append(row)
    return table(["intent and tone right", *HALVES], rows)


def confusion(field: str) -> str:
    """What a person reads down the side, what the seeds read across; held-out half."""
    pairs = Counter((getattr(m.person, field), getattr(m.seeds, field)) for m in judged("held_out"))
    names = sorted({name for pair in pairs for name in pair}, key=lambda name: (not name, name))
    rows = [[name or "none", *(str(pairs[name, read] or "") for read in names)] for name in names]
    return table(["person / seeds", *(name or "none" for name in names)], rows)


def _of(counted: tuple[int, int]) -> str:
    return f"{counted[0]} of {counted[1]}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def redrawn(page: str) -> str:
    drawn = {
        "summary": summary(),
        "tricks": tricks(),
        "intents": confusion("intent"),
        "tones": confusion("tone"),
    }
    return _TABLE.sub(lambda found: f"{found[1]}{drawn[found[2]]}{found[3]}", page)


if __name__ == "__main__":
    PAGE.write_text(redrawn(PAGE.read_text("utf-8")), "utf-8")
