"""Calls that nobody may make, anywhere in the repository, and why."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    path for folder in ("src", "tests", "benchmarks", "examples", "docs") for path in (ROOT / folder).rglob("*.py")
]

FORBIDDEN = {
    # It kills the process with a segmentation fault when the group's coordinator has just moved or restarted
    # (librdkafka 2.16, issue 5040). A consumer that never joins answers the same question.
    "list_consumer_group_offsets",
}


def uses(text: str) -> list[tuple[int, str]]:
    """Where a forbidden name is used: as an attribute, as a bare name, or by getattr."""
    found = []
    for node in ast.walk(ast.parse(text)):
        name = None
        if isinstance(node, ast.Attribute):
            name = node.attr
        elif isinstance(node, ast.Name):
            name = node.id
        elif isinstance(node, ast.alias):
            name = node.name
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            name = next((a.value for a in node.args[1:2] if isinstance(a, ast.Constant)), None)
        if name in FORBIDDEN:
            found.append((node.lineno, str(name)))
    return found


def test_no_forbidden_call_is_made() -> None:
    assert len(FILES) > 200
    found = {str(path.relative_to(ROOT)): uses(path.read_text("utf-8")) for path in FILES}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "text",
    [
        "admin.list_consumer_group_offsets([group])",
        "ask = admin.list_consumer_group_offsets",
        "from client import list_consumer_group_offsets",
        "getattr(admin, 'list_consumer_group_offsets')([group])",
    ],
)
def test_the_rule_finds_the_call_however_it_is_written(text: str) -> None:
    assert [(1, "list_consumer_group_offsets")] == uses(text)


def test_the_rule_leaves_words_alone() -> None:
    assert [] == uses("'''list_consumer_group_offsets kills'''  # list_consumer_group_offsets\nadmin.list_topics()")
