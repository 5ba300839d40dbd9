"""The processors are built in one place, for production and for tests."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIRING = ROOT / "src" / "garbo" / "bootstrap" / "processors.py"
PROCESSORS = {"ResolveProcessor", "DecideProcessor", "LearnProcessor", "JourneyKpisProcessor"}


def built(path: Path) -> list[str]:
    """The processors whose constructor `path` calls."""
    calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    return [name for call in calls if (name := getattr(call, "id", getattr(call, "attr", ""))) in PROCESSORS]


def test_only_the_wiring_builds_processors() -> None:
    """Or a test would not notice what production leaves out, as it once left out learn's meter."""
    files = [path for folder in ("src", "tests", "benchmarks", "examples") for path in (ROOT / folder).rglob("*.py")]
    assert {path for path in files if built(path)} == {WIRING}
    assert sorted(built(WIRING)) == sorted(PROCESSORS)
