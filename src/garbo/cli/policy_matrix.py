"""`garbo policy matrix DIR`: which action may appear at which decision point, and what opens it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from garbo.core.vocabulary.points import Point
from garbo.policy.loader import load
from garbo.policy.matrix import Cell, Row
from garbo.policy.matrix import matrix as rows_of

WIDE: Final = 130  # columns from which the points fit side by side
NAME: Final = 32  # columns of a name that is not folded


def matrix(
    folder: Annotated[Path, typer.Argument(help="Policy folder, with policy.yaml and eight other files.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the matrix as JSON.")] = False,
) -> None:
    """Say in one table which action may appear at which decision point, on which channels, and what opens it.

    What depends on the person (consents, rules, caps) may still hold an action back. Marks what can appear nowhere.
    """
    policy = load(folder)
    rows = rows_of(policy)
    if as_json:
        print(json.dumps({"version": policy.version, "actions": [row.data() for row in rows]}, indent=2))
        return
    out = Console(highlight=False)
    for part in [_wide(rows)] if out.width >= WIDE else _narrow(rows):
        out.print(part)
    nowhere = [row for row in rows if row.nowhere]
    for row in nowhere:
        out.print(f"[red]nowhere[/] {escape(row.action)}: {escape(row.nowhere)}")
    out.print(f"{len(rows) - len(nowhere)} of {len(rows)} actions can appear at some decision point")


def _wide(rows: list[Row]) -> Table:
    """The points side by side."""
    table = Table(box=None, header_style="bold", padding=(0, 1, 1, 0))
    table.add_column("action", overflow="fold", min_width=min(max((len(row.action) for row in rows), default=0), NAME))
    for point in Point:
        table.add_column(point.value, overflow="fold")
    for row in rows:
        cells = [_cell(row.cells[point]) if point in row.cells else "" for point in Point]
        if row.rides_on:
            cells[0] = f"rides on [green]{', '.join(row.rides_on)}[/]"
        if row.nowhere:
            cells[0] = "[red]nowhere[/]"
        table.add_row(_action(row), *cells)
    return table


def _narrow(rows: list[Row]) -> Iterator[RenderableType]:
    """A line for each action, and below it one for each of its points."""
    for row in rows:
        yield Text.from_markup(_action(row), overflow="fold")
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
        for width in (1, 9, 20, None):
            table.add_column(overflow="fold", width=width)
        for point, cell in row.cells.items():
            table.add_row("", point.value, f"[green]{', '.join(cell.channels)}[/]", escape("; ".join(cell.opened_by)))
        if row.rides_on:
            table.add_row("", "rides", f"[green]{', '.join(row.rides_on)}[/]", "on a service contact")
        if row.nowhere:
            table.add_row("", "[red]nowhere[/]", "", escape(row.nowhere))
        yield table


def _action(row: Row) -> str:
    """Its name, its class, and for whom it is."""
    who = [f"{word} {', '.join(these)}" for word, these in (("of a", row.lifecycle), ("in", row.stages)) if these]
    return f"[bold]{escape(row.action)}[/] [dim]{escape(' '.join([row.action_class, *who]))}[/]"


def _cell(cell: Cell) -> str:
    return f"[green]{', '.join(cell.channels)}[/]: {escape('; '.join(cell.opened_by))}"
