"""docs/contact-policy.md names a test for each answer; this one sees that they exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[4]
DOCUMENT = ROOT / "docs" / "contact-policy.md"


def test_every_test_the_document_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT.read_text("utf-8")))
    sources = [path.read_text("utf-8") for path in (ROOT / "tests" / "unit" / "core").rglob("test_*.py")]
    existing = {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.MULTILINE)}
    assert (len(named) > 40, sorted(named - existing)) == (True, [])


def test_every_answer_names_its_test() -> None:
    rows = [line for line in DOCUMENT.read_text("utf-8").splitlines() if re.match(r"\| (?!question)", line)]
    assert [row for row in rows if not re.search(r"`test_\w+`[^|]*\|$", row)] == []
