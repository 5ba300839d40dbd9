"""The demo's timeline: prints each message, each decision with its reasons, and each command."""

from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord, Deliver
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, ProfileUpdate, Touchpoint
from garbo.core.vocabulary.points import Point
from garbo.core.vocabulary.reasons import Disposition
from garbo.demo.runner import Played
from garbo.explain.record import explain
from garbo.processors.ports import InboundMessage
from garbo.replay.outputs import OutputRecord
from garbo.stories.check import problems
from garbo.stories.model import Step


class Timeline:
    """Prints what a story led to."""

    def __init__(self, console: Console, policy: Policy, language: str) -> None:
        self._console, self._policy, self._language = console, policy, language
        self._zone = ZoneInfo(policy.zone)

    def show(self, played: Played) -> list[str]:
        """Print the story, what happened, each decision with its reasons, each command, and the result.

        Returns:
            The problems, in sentences.
        """
        story, self._zone = played.story, played.story.zone
        self._console.print(f"\n[bold]{escape(story.title)}[/bold]")
        if story.paragraph:
            self._console.print(escape(story.paragraph))
        for entry in played.trace:
            match entry:
                case Step():
                    if entry.paragraph:
                        self._console.print(f"{self._when(entry.at)}  [italic]{escape(entry.paragraph)}[/italic]")
                case InboundMessage():
                    self._console.print(f"{self._when(entry.at)}  {_words(entry)}")
                case OutputRecord():
                    self._output(entry)
        return self._verdict(played)

    def _output(self, output: OutputRecord) -> None:
        if output.decision is not None:
            self._decision(output.decision)
        if output.command is not None:
            self._command(output.command)

    def _verdict(self, played: Played) -> list[str]:
        wrong, decisions = problems(played.story, played.seen), played.seen.decisions
        mark = "[green]as expected[/green]" if not wrong else f"[red]{len(wrong)} problems[/red]"
        silences = sum(not decision.chosen for decision in decisions)
        commands = len(played.seen.commands)
        self._console.print(f"{commands} commands, {len(decisions)} decisions, {silences} of them silence: {mark}")
        return wrong

    def _decision(self, record: DecisionRecord) -> None:
        """Print a decision that had a candidate. Without one, and by the clock alone, silence has no reason to show."""
        if record.disposition is not Disposition.DECIDED or not (record.scored or record.blocked):
            return
        if record.point == Point.PROACTIVE and not record.chosen:  # half the catalogue held back is no story
            return
        for line in explain(record, self._policy, "it" if self._language == "it" else "en", self._zone.key):
            self._console.print(f"                   [dim]{escape(line)}[/dim]")

    def _command(self, command: Deliver) -> None:
        self._console.print(
            f"{self._when(command.at)}  [bold cyan]-> {command.channel}[/bold cyan] {escape(command.message)}"
        )
        for rider in command.riders:
            self._console.print(f"                   [cyan]with the rider:[/cyan] {escape(rider.message)}")

    def _when(self, at: int) -> str:
        return datetime.fromtimestamp(at / 1000, self._zone).strftime("%d %b %Y %H:%M")


def _words(message: InboundMessage) -> str:
    body = message.body
    if isinstance(body, Touchpoint):
        about = f" about {body.theme.replace('_', ' ')}" if body.theme else ""
        text = f": “{escape(body.text)}”" if body.text else ""
        return f"[yellow]{body.channel}[/yellow] {body.kind.replace('_', ' ')}{about}{text}"
    if isinstance(body, ConsentChange):
        return f"consent {body.consent.replace('_', ' ')} {'given' if body.granted else 'withdrawn'}"
    if isinstance(body, ActionOutcome):
        return f"outcome of {body.action.replace('_', ' ')}: {body.status.replace('_', ' ')}"
    assert isinstance(body, ProfileUpdate)
    return f"profile of {escape(body.name)}" + (f", household {body.household}" if body.household else "")
