"""The table of messages in docs/schemas.md: `python -m tests.unit.adapters.avro.message_page` writes it."""

from pathlib import Path
from typing import Final

from garbo.adapters.avro.messages import MESSAGES, MessageType
from garbo.adapters.avro.schemas import current

PAGE: Final = Path(__file__).parents[4] / "docs" / "schemas.md"
BEGIN: Final = "<!-- messages: by `python -m tests.unit.adapters.avro.message_page` -->\n"
END: Final = "<!-- /messages -->\n"


def table() -> str:
    head = ("schema (`garbo.…`)", "packaged id", "topic", "key", "written by", "read by")
    rows = [head, ("---",) * len(head), *map(_row, MESSAGES)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(message: MessageType) -> tuple[str, ...]:
    return (
        f"`{message.name.removeprefix('garbo.')}`",
        f"`{current()[message.name].id.to_bytes(4, 'big').hex(' ')}`",
        ", ".join(f"`{name}`" for name in message.topics) or "in a `PartyEvent`",
        message.key or "",
        message.written_by,
        message.read_by,
    )


def page(text: str) -> str:
    """The page with today's table between its markers."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise AssertionError(f"{PAGE} lacks its markers")
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
