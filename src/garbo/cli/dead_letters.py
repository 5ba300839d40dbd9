"""`garbo dead-letters`: list the messages that could not be used, show one, send mended ones again."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from garbo.bootstrap import wiring
from garbo.bootstrap.settings import load_settings
from garbo.cli import redrive
from garbo.cli.letters import (
    Bootstrap,
    Config,
    Prefix,
    Reasons,
    Since,
    TopicNames,
    as_json,
    dumped,
    long,
    short,
    text_of,
    wanted,
)
from garbo.errors import NotFoundError
from garbo.readmodel.dead_letters import DeadLetterLog, Letter, Place, Wanted
from garbo.readmodel.letter_advice import advice
from garbo.readmodel.letter_content import Content, content_of

app = typer.Typer(
    help="Messages that could not be used: list them, show one, send mended ones again.", no_args_is_help=True
)
app.command("redrive")(redrive.redrive)


@dataclass(slots=True)
class _Group:
    """The letters of one reason and topic. first, last: when they were put aside (ms)."""

    count: int = 0
    again: int = 0
    first: int = 0
    last: int = 0


@app.command("list")
def list_letters(
    reason: Reasons = None,
    topic: TopicNames = None,
    since: Since = None,
    last: Annotated[
        int | None, typer.Option("--last", "-n", min=1, help="Show the last N letters, one by one.")
    ] = None,
    in_json: Annotated[
        bool, typer.Option("--json", help="Print letters with their messages as JSON lines, to edit and redrive.")
    ] = False,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    config: Config = None,
) -> None:
    """Count the dead letters by reason and topic; with --last, show the latest ones.

    The tables hold no personal data. --json prints the messages themselves.
    """
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
    log = DeadLetterLog(settings.kafka, wiring.topics(settings), wiring.codec(settings))
    letters: Iterable[Letter] = log.letters(wanted(reason, topic, since))
    if last is not None:
        letters = latest(letters, last)
    if in_json:
        codec = wiring.codec(settings)
        for letter in letters:
            content = content_of(letter.letter, log.value(letter.letter), codec, letter.place.topic)
            print(dumped(as_json(letter, content)))
        _unreadable(log, Console(stderr=True))
        return
    out = Console(highlight=False)
    if last is None:
        _grouped(letters, out)
    else:
        _listed(letters, out)
    _unreadable(log, out)


@app.command("show")
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="Where the message lay: touchpoints/1/77.")],
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    config: Config = None,
) -> None:
    """Show one dead letter: why it was put aside, its place, and its message if it can be read.

    It prints the message as it is, with the personal data in it.
    """
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
    log = DeadLetterLog(settings.kafka, wiring.topics(settings), wiring.codec(settings))
    letter = _one(log, letter_id)
    kept = letter.letter
    content = content_of(kept, log.value(kept), wiring.codec(settings), letter.place.topic)
    out = Console(highlight=False, soft_wrap=True)
    out.print(
        f"[bold]{letter.place}[/]  [red]{kept.reason.value}[/]{escape(f': {kept.detail}' if kept.detail else '')}"
    )
    out.print(f"  {advice(kept.reason.value)}")
    for name, text in _facts(letter):
        out.print(f"  {name:<12}{escape(text)}")
    _contents(content, kept.size, out)


def latest(letters: Iterable[Letter], count: int) -> list[Letter]:
    """The `count` letters put aside last, oldest first. No more than that are kept in memory, from each partition."""
    kept: dict[int, deque[Letter]] = {}
    for letter in letters:  # in order within a partition
        kept.setdefault(letter.partition, deque(maxlen=count)).append(letter)
    return sorted((letter for each in kept.values() for letter in each), key=_when)[-count:]


def _when(letter: Letter) -> tuple[int, Place]:
    return letter.letter.at, letter.place


def _one(log: DeadLetterLog, letter_id: str) -> Letter:
    place = Place.parse(letter_id)
    for letter in log.letters(Wanted(places=frozenset([place]))):
        return letter
    raise NotFoundError(
        f"there is no dead letter {place}: check the id (`garbo dead-letters list --last 20`) and --prefix. Dead "
        "letters are kept for 3 days."
    )


def _grouped(letters: Iterable[Letter], out: Console) -> None:
    groups: dict[tuple[str, str], _Group] = {}
    for letter in letters:
        at = letter.letter.at
        group = groups.setdefault((letter.letter.reason.value, letter.place.topic), _Group(first=at, last=at))
        group.count += 1
        group.again += letter.sent_again is not None
        group.first, group.last = min(group.first, at), max(group.last, at)
    if not groups:
        out.print("[green]no dead letters[/]")
        return
    table = Table(box=None, header_style="bold")
    for name in ("reason", "topic"):
        table.add_column(name, overflow="fold")
    for name in ("count", "redriven"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("first (UTC)", "last (UTC)"):
        table.add_column(name, no_wrap=True)
    for (reason, topic), group in sorted(groups.items(), key=lambda item: (-item[1].count, item[0])):
        table.add_row(reason, topic, f"{group.count:,}", f"{group.again:,}", short(group.first), short(group.last))
    out.print(table)


def _listed(letters: Iterable[Letter], out: Console) -> None:
    """One line a letter, and its detail on the next."""
    shown = False
    for letter in letters:
        shown, kept = True, letter.letter
        again = "  [green]redriven[/]" if letter.sent_again is not None else ""
        out.print(f"{short(kept.at)}  [bold]{letter.place}[/]  [red]{kept.reason.value}[/]{again}", soft_wrap=True)
        if kept.detail:
            out.print(f"             {escape(kept.detail)}", soft_wrap=True)
    if not shown:
        out.print("[green]no dead letters[/]")


def _unreadable(log: DeadLetterLog, out: Console) -> None:
    if log.unreadable:
        out.print(
            f"[yellow]{log.unreadable} records could not be read: their schema is unknown. Check that "
            "GARBO_REGISTRY_URL names the installation's schema registry.[/]"
        )


def _facts(letter: Letter) -> Iterable[tuple[str, str]]:
    kept = letter.letter
    yield "put aside", f"{long(kept.at)} by {kept.processor}"
    yield "on the log", f"since {long(kept.appended_at)}"
    yield "key", "none" if kept.key is None else text_of(kept.key)
    if letter.redriven_from:
        yield "redriven", f"it was sent again for {letter.redriven_from}, and put aside once more"
    if letter.sent_again is not None:
        yield "redriven", f"{long(letter.sent_again)}"


def _contents(content: Content, size: int, out: Console) -> None:
    if content.problem:
        out.print(f"  [yellow]{'now':<12}a processor would refuse it: {escape(content.problem)}[/]")
    found = content.message or content.fields
    if found is not None:
        out.print(f"  {'message':<12}{size} bytes", end="\n")
        out.print(escape(dumped(found, indent=2)))
    elif content.text:
        out.print(f"  {'value':<12}{size} bytes that no schema can read; they are text:")
        out.print(escape(content.text))
    elif content.hexadecimal:
        out.print(f"  {'value':<12}{size} bytes that no schema can read:")
        out.print(content.hexadecimal)
    else:
        out.print(f"  {'value':<12}none")
