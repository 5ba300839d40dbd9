"""`garbo demo`: play the three golden journeys on a broker, in accelerated time."""

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
        str | None,
        typer.Option(help="Kafka broker, host:port; by default an embedded broker starts in a process of its own."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Policy folder (or GARBO_POLICY_DIR); by default the packaged example bank.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the reasons: en or it.")] = "en",
) -> None:
    """Play the golden journeys of three customers and print the reason for each action and each silence.

    Exits with 1 if a command is missing, additional, early or late.
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
    console.print("\n[bold green]All three journeys gave the expected commands.[/bold green]")
