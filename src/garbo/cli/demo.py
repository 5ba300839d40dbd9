"""`garbo demo`: play the stories of a policy on a broker, in accelerated time."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from garbo.adapters.observability import logs
from garbo.bootstrap.settings import load_settings
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.demo.runner import play
from garbo.demo.timeline import Timeline
from garbo.errors import StoryError
from garbo.policy.loader import load
from garbo.stories.loader import FOLDER, load_stories
from garbo.stories.model import Story


def demo(
    bootstrap: Annotated[
        str | None,
        typer.Option(help="Kafka broker, host:port; by default an embedded broker starts in a process of its own."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Policy folder (or GARBO_POLICY_DIR); by default the packaged example bank.")
    ] = None,
    story: Annotated[list[str] | None, typer.Option(help="Only the story or case of this name; repeatable.")] = None,
    language: Annotated[str, typer.Option(help="Language of the reasons: en or it.")] = "en",
) -> None:
    """Play the stories in the policy's folder `journeys` and print the reason for each action and each silence.

    Exits with 1 if a story does not come out as it says: a command is missing, additional, early or late, for instance.
    """
    logs.configure("warning")
    if language not in ("en", "it"):
        raise typer.BadParameter("write en or it", param_hint="--language")
    settings = load_settings(None, policy_dir=policy, bootstrap=bootstrap)
    rules = load(settings.policy_dir)
    groups = _chosen(settings.policy_dir, rules, story or [])
    console = Console(highlight=False)
    console.print(f"Policy [bold]{rules.version}[/bold] from {settings.policy_dir.name}; times are {rules.zone}.")
    timeline, wrong = Timeline(console, rules, language), list[str]()
    for stories in groups:
        with play(settings, rules, own_broker=bootstrap is None) as runner:
            wrong += [problem for played in runner.play(stories) for problem in timeline.show(played)]
    if wrong:
        console.print(f"\n[bold red]{len(wrong)} expectations failed[/bold red]")
        for problem in wrong:
            console.print(f"  [red]{escape(problem)}[/red]", soft_wrap=True)
        raise typer.Exit(1)
    console.print(f"\n[bold green]{_count(sum(map(len, groups)))} gave the expected commands.[/bold green]")


def _chosen(folder: Path, rules: Policy, names: list[str]) -> list[list[Story]]:
    """What is played together: the stories, or those of `names`; and each case of `names` alone."""
    stories = load_stories(folder, rules)
    if not names and not stories:
        raise StoryError(f"{folder} has no stories; write one as {FOLDER}/NAME.yaml (docs/journeys.md has the format).")
    cases = load_stories(folder, rules, cases=True) if names else []
    known = [story.name for story in (*stories, *cases)]
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"there is no story '{name}'{did_you_mean(name, known)}", param_hint="--story")
    together = [story for story in stories if not names or story.name in names]
    return [*([together] if together else []), *([case] for case in cases if case.name in names)]


def _count(stories: int) -> str:
    if stories == 1:
        return "The story"
    return f"All {('two', 'three', 'four', 'five')[stories - 2] if stories < 6 else stories} stories"
