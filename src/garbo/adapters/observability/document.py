"""Writes the table of metrics into docs/metrics.md, between two markers.

python -m garbo.adapters.observability.document [FILE]      rewrites FILE, by default docs/metrics.md
"""

import sys
from pathlib import Path
from typing import Final

from garbo.adapters.observability.spec import Spec
from garbo.adapters.observability.specs import SPECS

BEGIN: Final = "<!-- table: metrics -->\n"
END: Final = "<!-- end -->\n"


def table() -> str:
    """All metrics as a Markdown table."""
    return "".join(["| name | type | labels | meaning | alert |\n|---|---|---|---|---|\n", *map(_row, SPECS.values())])


def updated(page: str) -> str:
    """`page` with today's table between its markers. Raises `ValueError` for a page without them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs the lines {BEGIN.strip()} and {END.strip()}")
    return f"{before}{BEGIN}{table()}{END}{after}"


def _row(spec: Spec) -> str:
    labels = ", ".join(f"`{label}`" for label in spec.labels)
    return f"| `{spec.name}` | {spec.kind} | {labels} | {spec.help} | {spec.watch} |\n"


if __name__ == "__main__":
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/metrics.md")
    file.write_text(updated(file.read_text("utf-8")), "utf-8")
