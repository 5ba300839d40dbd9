"""docs/decision.md names a test for each answer; this one sees that they exist."""

import re
from pathlib import Path

from garbo.core.vocabulary.points import Point

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "decision.md"


def test_every_test_the_document_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT.read_text("utf-8")))
    sources = [path.read_text("utf-8") for path in (ROOT / "tests" / "unit").rglob("test_*.py")]
    existing = {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.MULTILINE)}
    assert (len(named) > 60, sorted(named - existing)) == (True, [])


def test_every_answer_names_its_test() -> None:
    rows = [r for r in DOCUMENT.read_text("utf-8").splitlines() if re.match(r"\| (?!question|point|finding)", r)]
    assert [row for row in rows if not re.search(r"`test_\w+`[^|]*\|$", row)] == []


def test_every_decision_point_has_its_row() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert [point for point in Point if f"| `{point.value}`" not in text] == []
