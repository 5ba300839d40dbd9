"""`garbo demo`: the three golden journeys, in accelerated time, through a broker."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from garbo.adapters.observability import logs
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import load_settings
from garbo.demo.journeys import golden
from garbo.demo.runner import Story, play
from garbo.demo.timeline import Timeline
from garbo.policy.loader import load


def demo(
    bootstrap: Annotated[
        str | None, typer.Option(help="A real Kafka, host:port. Without it, a broker comes up in a process of its own.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="Another policy folder: see what changes.")] = None,
    language: Annotated[str, typer.Option(help="Reasons in en or it.")] = "en",
) -> None:
    """Play the golden journeys of three customers and say why everything happened, or did not.

    Fails, with what is wrong, when a command is missing, superfluous, early or late.
    """
    logs.configure("warning")
    if language not in ("en", "it"):
        raise typer.BadParameter("write en or it", param_hint="--language")
    settings = load_settings(None, policy_dir=policy, bootstrap=bootstrap)
    rules = load(settings.policy_dir)
    console = Console(highlight=False)
    timeline = Timeline(console, rules, language, wiring.codec(settings))
    console.print(f"Policy [bold]{rules.version}[/bold] from {settings.policy_dir.name}; times are {rules.zone}.")
    wrong: list[str] = []
    with play(settings, rules, own_broker=bootstrap is None) as runner:
        for journey in golden():
            timeline.title(journey)
            story: Story = runner.play(journey, timeline)
            wrong += [f"{journey.name}: {problem}" for problem in timeline.verdict(journey, story)]
    if wrong:
        console.print(f"\n[bold red]{len(wrong)} expectations failed[/bold red]")
        for problem in wrong:
            console.print(f"  [red]{problem}[/red]")
        raise typer.Exit(1)
    console.print("\n[bold green]All three journeys came out as they must.[/bold green]")
