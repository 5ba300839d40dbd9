"""python -m tests.chaos.paste REPORT.md DOCUMENT.md: put a run's report between the document's two marks."""

import sys
from pathlib import Path
from typing import Final

BEGIN: Final = "<!-- chaos -->\n"
END: Final = "<!-- /chaos -->\n"


def pasted(document: str, report: str) -> str:
    """`document` with `report` between its marks.

    Raises:
        ValueError: the document does not have one of each, in this order.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no place for the report: add {BEGIN.strip()} ... {END.strip()}")
    return f"{before}{begin}{report.rstrip()}\n{end}{after}"


if __name__ == "__main__":
    report, document = map(Path, sys.argv[1:])
    document.write_text(pasted(document.read_text("utf-8"), report.read_text("utf-8")), "utf-8")
