"""The what-if of `garbo policy diff --log`: reads the log, shows progress, prints counts and decisions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from garbo.adapters.kafka.reader import partition_count, present, read_all
from garbo.audit.recompute.trail import Trail
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.reasons import Reason
from garbo.errors import NotFoundError
from garbo.explain.en import ENGLISH
from garbo.learning.model_key import read_key
from garbo.processors.ports import ConsumerRecord
from garbo.replay.what_if.decided import Change, Decided
from garbo.replay.what_if.full import FullReplay
from garbo.replay.what_if.limits import limits
from garbo.replay.what_if.one_step import OneStep
from garbo.replay.what_if.tally import Differing, Tally, both

ONE_STEP: Final = (
    "One step: each decision was made again alone, from its own recorded row. What comes out otherwise early does not "
    "act on later decisions; --full replays that too."
)
FULL: Final = (
    "Full replay: the whole log from its start under A and under B, so that what changes early acts on later "
    "decisions. Persons do what they did; what B does and A did not arrives, and nobody answers it."
)


class Seen(NamedTuple):
    """What a what-if found. decisions: those that differ, in the order of the log, at most as many as were asked for.
    notes: how to read it."""

    semantics: str
    tally: Tally
    decisions: list[Differing]
    notes: list[str]
    zone: str

    def data(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "semantics": self.semantics,
            **self.tally.data(),
            "notes": self.notes,
            "decisions": [one.data() for one in self.decisions],
        }


def run(settings: Settings, old: Policy, new: Policy, *, full: bool, keep: int | None) -> Seen:
    """Make the recorded decisions of policy `old` again under `new`.

    Args:
        full: replay the whole log; otherwise one step.
        keep: how many of the decisions that differ to keep; None: all.

    Raises:
        NotFoundError: no decision on the log was made by `old`.
        BrokerError: the broker does not answer, or a topic is missing.
    """
    before, after = compiled(old), compiled(new)
    kept: list[Differing] = []

    def hold(one: Differing) -> None:
        if keep is None or len(kept) < keep:
            kept.append(one)

    log = Log(settings, before, after)
    tally, versions = Tally(hold), Counter[str]()
    notes = _full(log, tally, versions) if full else [ONE_STEP, *_one_step(log, tally, versions)]
    if not versions[old.version]:
        others = ", ".join(f"{version} ({n:,})" for version, n in versions.most_common(5)) or "none"
        raise NotFoundError(
            f"no decision on the log was made by policy A, version {old.version}. Versions there: {others}. Give the "
            "folder of one of them as A."
        )
    return Seen("full replay" if full else "one step", tally, kept, notes, new.zone)


class Log:
    """The topics of an installation, and the two policies.

    Raises:
        BrokerError: the broker does not answer.
        TopicError: party-events does not exist.
    """

    def __init__(self, settings: Settings, before: CompiledPolicy, after: CompiledPolicy) -> None:
        self.before, self.after, self.region = before, after, settings.region
        self.codec, self.topics = wiring.codec(settings), wiring.topics(settings)
        self.partitions = partition_count(settings.kafka, self.topics.party_events)
        self.trail = Trail(
            self.read, self.codec, self.topics, present(settings.kafka), (before, after), settings.region,
            read_key(settings.model_key_file),
        )  # fmt: skip
        self._kafka = settings.kafka

    def read(self, topics: Sequence[str], partition: int | None) -> Iterable[ConsumerRecord]:
        """Every committed record of `topics`, or of one partition of each."""
        only = None if partition is None else {topic: [partition] for topic in topics}
        return read_all(self._kafka, topics, partitions=only)


def _one_step(log: Log, tally: Tally, versions: Counter[str]) -> list[str]:
    step = OneStep(log.trail, log.before, log.after, log.partitions)
    with _bar() as bar:
        task, total = bar.add_task("decisions", total=None), 0
        for partition in range(log.partitions):

            def begin(decisions: int, done: int = partition + 1) -> None:
                nonlocal total
                total += decisions
                bar.update(task, total=total * log.partitions // done)  # the other partitions are like those read

            for made in step.walk(partition, begin):
                bar.advance(task)
                if made.record is not None:
                    versions[made.record.policy_version] += 1
                if made.record is None or made.other is None:
                    tally.leave_out(made.why_not)
                else:
                    tally.add(made.record, made.other)
    return limits(log.before, log.after)


def _full(log: Log, tally: Tally, versions: Counter[str]) -> list[str]:
    replay = FullReplay(
        log.read, log.codec, log.topics, log.trail.inputs(None), log.before, log.after, log.partitions, tally,
        log.region,
    )  # fmt: skip
    with _bar() as bar:
        task = bar.add_task("decisions", total=None)
        replay.run(lambda done, of: bar.update(task, completed=done, total=of))
    versions.update(replay.versions)
    notes = [FULL]
    if replay.as_recorded < replay.recorded:
        notes.append(
            f"Under A itself the replay gives {replay.as_recorded:,} of {replay.recorded:,} recorded decisions as they "
            "were recorded: the others depend on what the log does not tell, or another version of Garbo made them."
        )
    if replay.left_out:
        notes.append(f"{replay.left_out:,} outcomes are left out: under B their contacts are not made.")
    return notes


@contextmanager
def _bar() -> Iterator[Progress]:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn(),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield bar


class _Rate(ProgressColumn):
    """Decisions a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f}/s")


# ---- in words ------------------------------------------------------------------------------------------------------


def show(seen: Seen, out: Console) -> None:
    """Print the counts, the tables of what changes, and the first decisions that differ."""
    tally = seen.tally
    share = f" ({tally.differ / tally.compared:.1%})" if tally.compared else ""
    out.print()
    out.print(
        f"[bold]What if[/] ({seen.semantics}): of {tally.compared:,} recorded decisions of A, "
        f"[bold]{tally.differ:,}[/]{share} come out otherwise under B"
    )
    for change in Change:
        if tally.by_change[change]:
            out.print(f"  {tally.by_change[change]:,} {change.value}")
    for why, count in tally.not_compared.items():
        out.print(f"  not compared: {count:,}, {why}")
    for note in seen.notes:
        out.print(f"[dim]{escape(note)}[/]")
    for title, before, after in (
        ("action", tally.before.actions, tally.after.actions),
        ("channel", tally.before.channels, tally.after.channels),
        ("reason", tally.before.reasons, tally.after.reasons),
    ):
        _counts(out, title, before, after)
    if seen.decisions:
        out.print()
        for one in seen.decisions:
            out.print(f"{one.decision_id}  {_line(one, seen.zone)}")
    if tally.differ > len(seen.decisions):
        out.print(f"... and {tally.differ - len(seen.decisions):,} more: --show N, or --json for all")


def _counts(out: Console, title: str, before: Counter[str], after: Counter[str]) -> None:
    """The names whose count changes."""
    rows = [(name, n["recorded"], n["under_b"]) for name, n in both(before, after).items()]
    rows = [row for row in rows if row[1] != row[2]]
    if not rows:
        return
    table = Table(box=None, header_style="bold")
    table.add_column(title, overflow="fold")
    for column in ("recorded", "under B", "change"):
        table.add_column(column, justify="right")
    if title == "reason":
        table.add_column("that is", overflow="fold")
    for name, old, new in rows:
        words = [ENGLISH.reasons[Reason(name)]] if title == "reason" else []
        table.add_row(name, f"{old:,}", f"{new:,}", f"{new - old:+,}", *words)
    out.print()
    out.print(table)


def _line(one: Differing, zone: str) -> str:
    when = datetime.fromtimestamp(one.at / 1000, ZoneInfo(zone))
    why = f": {escape(one.why)}" if one.why else ""
    if one.changes[0] is Change.REASONS and one.before is not None and one.after is not None:
        gone, come = one.before.held_back - one.after.held_back, one.after.held_back - one.before.held_back
        said = f"{len(come) or len(gone)} candidates held back for other reasons"
    else:
        said = f"{_what(one.before, zone)} becomes {_what(one.after, zone)}"
    return f"{when:%Y-%m-%d %H:%M}  {escape(one.point)} {escape(one.about)}: {escape(said)}{why}"


def _what(one: Decided | None, zone: str) -> str:
    if one is None:
        return "no such moment"
    if not one.action:
        return "silence"
    when = datetime.fromtimestamp(one.at / 1000, ZoneInfo(zone))
    riders = f" with {', '.join(one.riders)}" if one.riders else ""
    return f"{one.action} on {one.channel} at {when:%Y-%m-%d %H:%M}{riders}"
