"""`garbo dead-letters redrive`: send the messages of dead letters again, mended or as they are."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from garbo.bootstrap import wiring
from garbo.bootstrap.processors import ProcessorFactory
from garbo.bootstrap.settings import Settings, load_settings
from garbo.cli.letters import Bootstrap, Config, Prefix, Reasons, Since, TopicNames, dumped, wanted
from garbo.cli.policies import Policies
from garbo.core.policy.compiled import compiled
from garbo.errors import ConfigError
from garbo.learning.model_key import read_key
from garbo.policy.loader import load
from garbo.processors.meters import Silent
from garbo.readmodel.dead_letters import DeadLetterLog, Letter, Place
from garbo.redrive.draft import Draft, Drafter
from garbo.redrive.mending import Setting, setting
from garbo.redrive.sending import BATCH, Sender
from garbo.redrive.trial import Trial

SHOWN: Final = 20  # letters that are named one by one


@dataclass(slots=True)
class _Run:
    """What a run did. refused: would be put aside again; impossible: cannot be sent; both by their sentences."""

    sent: int = 0
    mended: int = 0
    already: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    impossible: Counter[str] = field(default_factory=Counter)
    seen: set[Place] = field(default_factory=set)

    @property
    def failed(self) -> int:
        return self.refused.total() + self.impossible.total()


def redrive(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Letters to send again: touchpoints/1/77.")
    ] = None,
    reason: Reasons = None,
    topic: TopicNames = None,
    since: Since = None,
    set_fields: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="Set a field of each message: kind=page_view, at=2025-03-10T14:30Z, attributes.age=42, "
            "identifiers.email=a@b.org; repeatable.",
        ),
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Send the edited messages of `list --json`.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing; say what would be sent.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Send also what would be put aside again.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send also what has been redriven before.")] = False,
    rate: Annotated[
        float | None, typer.Option(min=0.1, help="Messages a second, at most; by default no limit.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --dry-run: print the messages as JSON lines.")] = False,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    config: Config = None,
) -> None:
    """Send the messages of dead letters again to their topics, each once, under its own event id.

    Each message is first tried by the processor that put it aside, under the policy in force. What would be put aside
    again is not sent. Exits with 1 if a message was not sent for that reason.
    """
    if not (ids or reason or topic or since or source):
        raise ConfigError("name the letters: by id, --reason, --topic, --since or --from FILE.")
    if as_json and not dry_run:
        raise ConfigError("--json belongs to --dry-run: add it.")
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
    fields = [setting(text) for text in set_fields or ()]
    edits = {} if source is None else _edits(source)
    named = {Place.parse(each) for each in ids or ()} | edits.keys()
    letters = wanted(reason, topic, since, named)
    out = Console(highlight=False, soft_wrap=True)
    run = _Run()
    with ExitStack() as stack:
        sender = None if dry_run else stack.enter_context(Sender(settings.kafka))  # before the letters are read
        log = DeadLetterLog(settings.kafka, wiring.topics(settings), wiring.codec(settings))
        total = sum(1 for letter in log.letters(letters) if again or letter.sent_again is None)
        bar = stack.enter_context(_bar())
        task = bar.add_task("dead letters", total=total, rate="")
        drafts = _drafts(log.letters(letters), log, _drafter(settings), fields, edits, run, again=again)
        for batch in _batches(_accepted(drafts, run, out, force=force, dry_run=dry_run, as_json=as_json), rate):
            if sender is not None:
                sender.send(batch)
            run.sent += len(batch)
            run.mended += sum(bool(draft.changed) for draft in batch)
            _advance(bar, task, run)
    missing = sorted(named - run.seen)
    if not as_json:
        _summary(out, run, missing, dry_run=dry_run)
    if run.failed or missing:
        raise typer.Exit(1)


def _edits(path: Path) -> dict[Place, Mapping[str, Any]]:
    """The messages of a file of JSON lines, by the place of their letters.

    Raises:
        ConfigError: the file cannot be read, or a line is not one of `list --json`.
    """
    found: dict[Place, Mapping[str, Any]] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"cannot read {path}: {problem}. Check the path and its permissions.") from problem
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            raise ConfigError(f"{path}, line {number} is not JSON; write one JSON object a line.") from None
        if not isinstance(values, dict) or not isinstance(values.get("id"), str):
            raise ConfigError(f"{path}, line {number} has no id; `garbo dead-letters list --json` prints valid lines.")
        message = values.get("message")
        if not isinstance(message, dict):
            raise ConfigError(
                f"{path}, line {number} has no message; write one with event_id, at and body, or remove the line."
            )
        found[Place.parse(values["id"])] = message
    return found


def _drafter(settings: Settings) -> Drafter:
    """Tries under the policy that was published last, else the folder's."""
    codec, topics = wiring.codec(settings), wiring.topics(settings)
    factory = ProcessorFactory(
        codec=codec,
        topics=topics,
        policy=compiled(Policies(settings).current or load(settings.policy_dir)),
        meter=Silent(),
        clock=settings.clock,
        region=settings.region,
        model_key=read_key(settings.model_key_file),
    )
    return Drafter(codec, Trial(factory.build, topics, codec, lambda: time.time_ns() // 1_000_000))


def _drafts(
    letters: Iterator[Letter],
    log: DeadLetterLog,
    drafter: Drafter,
    fields: list[Setting],
    edits: Mapping[Place, Mapping[str, Any]],
    run: _Run,
    *,
    again: bool,
) -> Iterator[Draft]:
    for letter in letters:
        run.seen.add(letter.place)
        if letter.sent_again is not None and not again:
            run.already += 1
            continue
        yield drafter.draft(letter, log.value(letter.letter), fields, edits.get(letter.place))


def _accepted(
    drafts: Iterator[Draft], run: _Run, out: Console, *, force: bool, dry_run: bool, as_json: bool
) -> Iterator[Draft]:
    """The drafts that are to be sent; the others are counted and, the first of them, named."""
    shown = 0
    for draft in drafts:
        refused = draft.refusal and not force
        if draft.impossible:
            run.impossible[draft.impossible] += 1
        elif refused:
            run.refused[draft.refusal] += 1
        if as_json:
            out.out(dumped(_as_json(draft, sent=not (draft.impossible or refused))), highlight=False)
        elif (dry_run or draft.impossible or refused) and shown < SHOWN:
            shown += 1
            out.print(_line(draft, refused=bool(refused)))
        if not (draft.impossible or refused):
            yield draft


def _line(draft: Draft, *, refused: bool) -> str:
    place = f"[bold]{draft.letter.place}[/]"
    if draft.impossible:
        return f"[red]cannot be sent[/]  {place}  {escape(draft.impossible)}"
    if refused:
        return f"[red]refused[/]  {place}  it would be put aside again: {escape(draft.refusal)}"
    what = f"mended: {', '.join(draft.changed)}" if draft.changed else "as it is"
    forced = f"  [yellow]it would be put aside again: {escape(draft.refusal)}[/]" if draft.refusal else ""
    return f"[green]to send[/]  {place}  {escape(what)}{forced}"


def _as_json(draft: Draft, *, sent: bool) -> dict[str, Any]:
    return {
        "id": str(draft.letter.place), "send": sent, "changed": draft.changed, "refusal": draft.refusal,
        "impossible": draft.impossible, "key": None if draft.key is None else draft.key.decode("utf-8", "replace"),
        "message": draft.message,
    }  # fmt: skip


def _batches(drafts: Iterator[Draft], rate: float | None) -> Iterator[list[Draft]]:
    """The drafts in batches, no more of them than `rate` in a second."""
    size = BATCH if rate is None else max(1, min(BATCH, int(rate)))
    began, count = time.monotonic(), 0
    while batch := list(islice(drafts, size)):
        if rate is not None and (ahead := count / rate - (time.monotonic() - began)) > 0:
            time.sleep(ahead)
        yield batch
        count += len(batch)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), console=Console(stderr=True, highlight=False), transient=True,
    )  # fmt: skip


def _advance(bar: Progress, task: TaskID, run: _Run) -> None:
    seconds = bar.tasks[0].elapsed or 0.0
    speed = f"{run.sent / seconds:,.0f}/s" if seconds > 0 else ""
    bar.update(task, completed=run.sent + run.failed, rate=speed)


def _summary(out: Console, run: _Run, missing: list[Place], *, dry_run: bool) -> None:
    verb = "would be sent" if dry_run else "sent"
    out.print(f"[bold]{run.sent:,} {verb}[/] ({run.mended:,} mended, {run.sent - run.mended:,} as they are)")
    for sentence, count in run.refused.most_common():
        out.print(f"[red]{count:,} would be put aside again[/] ({escape(sentence)}): mend them, or add --force")
    for sentence, count in run.impossible.most_common():
        out.print(f"[red]{count:,} cannot be sent[/]: {escape(sentence)}")
    if run.already:
        out.print(f"{run.already:,} have been redriven before and are left out; --again sends them once more")
    for place in missing[:SHOWN]:
        out.print(f"[red]no dead letter {place}[/]: check the id, the other options and --prefix")
