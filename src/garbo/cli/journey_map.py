"""`garbo journey check DIR` and `garbo journey draw DIR`: the map of a policy, looked at and drawn."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from garbo.core.policy.journey import Journey
from garbo.core.policy.policy import Policy
from garbo.policy import inspect
from garbo.policy.loader import load
from garbo.policy.maps.mermaid import mermaid
from garbo.policy.maps.review import review
from garbo.policy.maps.svg import svg

Folder = Annotated[Path, typer.Argument(help="Policy folder, with policy.yaml and eight other files.")]


class Format(StrEnum):
    SVG = "svg"
    MERMAID = "mermaid"


def check(folder: Folder) -> None:
    """Say what is wrong with the map of a policy, what is odd about it, and what it has.

    Exits with 1 if the policy has errors.
    """
    out = Console(highlight=False)
    policy, report = inspect(folder)
    for problem in report.errors:
        out.print(f"[red]error[/]   {escape(str(problem))}", soft_wrap=True)
    if policy is None:
        raise typer.Exit(1)
    for problem in report.warnings:
        if problem.file == "journey.yaml":
            out.print(f"[yellow]warning[/] {escape(str(problem))}", soft_wrap=True)
    for remark in review(policy):
        out.print(f"[yellow]remark[/]  {escape(str(remark))}", soft_wrap=True)
    out.print(_table(policy))
    segments = ", ".join([*policy.segments, "all"])
    out.print(f"{len(policy.journeys)} journeys, {len(policy.stages)} stages; segments: {segments}")


def draw(
    folder: Folder,
    journey: Annotated[str, typer.Option(help="Only this journey.")] = "",
    format_: Annotated[Format, typer.Option("--format", help="A picture, or text for a wiki.")] = Format.SVG,
    language: Annotated[str, typer.Option(help="Of the labels; left out: the policy's first.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file; left out: print.")] = None,
) -> None:
    """Draw the map of a policy, as SVG or as Mermaid text."""
    policy = load(folder)
    chosen: dict[str, Journey] = {n: j for n, j in policy.journeys.items() if journey in ("", n)}
    if not chosen:
        names = ", ".join(policy.journeys)
        Console(stderr=True, highlight=False).print(f"[red]no journey '{escape(journey)}'; the map has {names}[/]")
        raise typer.Exit(1)
    spoken = language or policy.language
    if format_ is Format.SVG:
        text = svg(chosen, spoken, policy.name or "map")
    else:
        text = "\n".join(mermaid(one, spoken) for one in chosen.values())
    if output is None:
        print(text, end="")
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        problem = f"cannot write {escape(str(output))}: {error.strerror}; give another file"
        Console(stderr=True, highlight=False).print(f"[red]{problem}[/]", soft_wrap=True)
        raise typer.Exit(1) from None


def _table(policy: Policy) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    for column in ("journey", "themes", "ideal path", "goal"):
        table.add_column(column, overflow="fold")
    for journey in policy.journeys.values():
        goal = journey.goal.stage if journey.goal is not None else ""
        table.add_row(journey.name, ", ".join(journey.themes), " > ".join(journey.ideal), goal)
    return table
