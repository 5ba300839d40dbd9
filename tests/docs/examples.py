"""What the README.md of an example policy shows: its tables, and what `garbo demo` prints of its stories.

`python -m tests.docs.examples` draws them again after a policy has changed. The bank's page has a drawing of its own
(tests/unit/policy/document.py).
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from textwrap import wrap

from typer.testing import CliRunner

from garbo.cli import app
from tests.policies import EXAMPLES, policies, policy_of, stories
from tests.unit.policy.document import TABLES

WIDTH = 116
INDENT = " " * 19
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_TIMELINE = re.compile(r"(<!-- timeline: (\w+) -->\n```text\n).*?(```)", re.DOTALL)
_EVENT = re.compile(r"\d{2} \w{3} \d{4} \d{2}:\d{2}  ")
_VERDICT = re.compile(r"\d+ commands, .*: as expected")


def page_of(policy: str) -> Path:
    return EXAMPLES / policy / "README.md"


def pages() -> list[str]:
    """The policies with a page that this module draws: it has a timeline."""
    return [policy for policy in policies() if _TIMELINE.search(page_of(policy).read_text("utf-8"))]


@cache
def timelines(policy: str) -> Mapping[str, str]:
    """Story -> what `garbo demo --policy examples/POLICY` prints of it: what happens, what goes out, and what does not.

    The reasons of what was chosen are left out, and long lines are folded.
    """
    result = CliRunner().invoke(app, ["demo", "--policy", str(EXAMPLES / policy)], env={"COLUMNS": "1000"})
    assert result.exit_code == 0, result.stdout
    lines, found = result.stdout.splitlines(), {}
    for story in stories(policy):
        rest = lines[lines.index(story.title) + 1 :]
        last = next(i for i, line in enumerate(rest) if _VERDICT.fullmatch(line))
        found[story.name] = "".join(f"{line}\n" for line in _told(rest[: last + 1]))
    return found


def _told(lines: list[str]) -> Iterator[str]:
    for line in lines:
        told = line.startswith((f"{INDENT}Not ", f"{INDENT}with the rider"))
        if told or _EVENT.match(line) or _VERDICT.fullmatch(line):
            yield from wrap(line, WIDTH, subsequent_indent=INDENT + "  ", drop_whitespace=True)


def redrawn(policy: str) -> str:
    """The page with its tables and timelines as they are now."""
    text = page_of(policy).read_text("utf-8")
    text = _TABLE.sub(lambda m: f"{m[1]}{TABLES[m[2]](policy_of(policy))}{m[3]}", text)
    return _TIMELINE.sub(lambda m: f"{m[1]}{timelines(policy)[m[2]]}{m[3]}", text)


if __name__ == "__main__":
    for name in pages():
        page_of(name).write_text(redrawn(name), "utf-8")
