"""docs/guards.md names files and tests that are there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("| \n").split(" | ")]
    for line in (ROOT / "docs" / "guards.md").read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| symptom")
]


def functions_of(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


def test_every_row_has_symptom_guard_code_and_test() -> None:
    assert len(ROWS) >= 30
    assert [row for row in ROWS if len(row) != 4 or "`" not in row[2] or "::" not in row[3]] == []


def test_every_file_named_is_there() -> None:
    named = [name for row in ROWS for name in re.findall(r"`([^`]+\.py)`", row[2])]
    assert [name for name in named if not (ROOT / "src" / "garbo" / name).is_file()] == []


def test_every_test_named_is_there() -> None:
    named = [name.split("::") for row in ROWS for name in re.findall(r"`([^`]+::[^`]+)`", row[3])]
    assert [f"{path}::{test}" for path, test in named if test not in functions_of(ROOT / "tests" / path)] == []
