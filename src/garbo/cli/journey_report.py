"""`garbo journey report`: where journeys narrow and why, on the terminal, as one page, or as findings on a topic."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer
from rich.console import Console
from rich.status import Status

from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.writer import Writer
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings, load_settings
from garbo.cli import journey_summary
from garbo.cli.journey_cells import Bytes, Comparison, Files, PolicyFolder, compare, of_files, streamed, waiting
from garbo.cli.letters import Bootstrap, Config, Prefix
from garbo.cli.policies import Policies
from garbo.cli.spans import since_of
from garbo.core.journeys.maps import ideal_of
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import JourneyFinding
from garbo.core.vocabulary.instants import HOUR
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.errors import ConfigError, NotFoundError
from garbo.journeys import findings
from garbo.journeys.flow_log import readable
from garbo.journeys.merged import PartitionCell, decoded, first_entry, ripe_cells, ripe_from
from garbo.journeys.narrowing import Bar
from garbo.journeys.plan import JourneyPlan
from garbo.journeys.plan_of import plans_of
from garbo.journeys.report.as_json import as_json
from garbo.journeys.report.build import build
from garbo.journeys.report.model import Label, Report
from garbo.journeys.report.page import page
from garbo.journeys.report.words import Say
from garbo.policy.loader import load
from garbo.readmodel.journey_kpis import FINAL_AFTER

BAR: Final = Bar()


class Language(StrEnum):
    """The language of the report."""

    EN = "en"
    IT = "it"


Journey = Annotated[str | None, typer.Argument(help="Only this journey of the map; left out: all.")]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="Exits from: 30d, 2025-03-10, in UTC; by default all ripe ones.")
]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", help="Exits before; by default the end of the last final hour.")
]


class Analysed(NamedTuple):
    """cells: of journeys. plans: of those with ripe cells. since, until: of the exits that count (ms). unripe: journey
    -> from when on its exits count (ms)."""

    policy: Policy
    plans: Sequence[JourneyPlan]
    cells: Sequence[PartitionCell]
    since: int
    until: int
    unripe: Mapping[str, int]


def report(
    journey: Journey = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write one page, whole in itself.")] = None,
    language: Annotated[Language, typer.Option("--language", "-l", help="Language of the report.")] = Language.EN,
    since: Since = None,
    until: Until = None,
    files: Files = None,
    policy: PolicyFolder = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Write what is claimed, and what has drifted, to journey-findings.")
    ] = False,
    check: Annotated[
        bool, typer.Option(help="Recompute the cells from the log, and say whether they are equal.")
    ] = True,
    in_json: Annotated[bool, typer.Option("--json", help="Print the figures of the report as JSON.")] = False,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    config: Config = None,
) -> None:
    """Show where journeys narrow, for which cause, and what its relief would bring.

    Reads the cells of journey-kpis, or recomputes them from files of journey-flows (--files). --html writes the page
    that people look at: the flow, funnel, drop-offs, attraction, minimum attention.
    """
    if files is not None and publish:
        raise ConfigError("--publish writes to Kafka what the cells there say: leave out --files.")
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix, policy_dir=policy)
    say, now = Say(language.value), time.time_ns() // 1_000_000
    with waiting() as status:
        found, cells = gather(settings, status, journey, since, until, files, own_policy=policy is not None)
        checked = compare(settings, cells, status) if check and files is None else None
        status.update("Looking for the narrowing...")
        shown = build(
            dict.fromkeys(("en", "it"), found.policy.name or "garbo"), found.plans, found.cells, found.until, BAR,
            notes(found, checked), since=found.since, only=None if journey is None else [journey],
        )  # fmt: skip
    written = _publish(settings, found, shown, now) if publish else None
    if html is not None:
        write(html, page(shown, language.value, BAR))
    if in_json:
        print(json.dumps(as_json(shown), ensure_ascii=False, indent=2))
    else:
        out = Console(highlight=False)
        journey_summary.show(shown, BAR, say, out)
        if html is not None:
            out.print(say("written", file=str(html)), markup=False, soft_wrap=True)
        if written is not None:
            out.print(say("published", number=say.number(written)))
    if checked is not None and checked.differ:
        raise typer.Exit(1)


def gather(
    settings: Settings, status: Status, journey: str | None, since: str | None, until: str | None,
    files: Path | None, *, own_policy: bool,
) -> tuple[Analysed, Bytes]:  # fmt: skip
    """The map and the cells that an analysis needs, and the cells as they are stored.

    Raises:
        NotFoundError: there is no such journey, it has no cell, or no ripe one. The sentence says what to do.
    """
    policy = _policy(settings, files is not None or own_policy)
    plans = plans_of(policy)
    if journey is not None and journey not in plans:
        raise NotFoundError(f"the map has no journey {journey!r}{did_you_mean(journey, plans)}")
    raw = of_files(files, ideal_of(policy), status) if files is not None else streamed(settings, status)
    cells = decoded(raw)
    _must_have_cells(cells, journey, files)
    now = time.time_ns() // 1_000_000
    last = (max(c.key.window for c in cells) + 1) * HOUR
    end = min(last, (now - FINAL_AFTER) // HOUR * HOUR) if until is None else since_of(until, now)
    begin = 0 if since is None else since_of(since, now)
    ripe, unripe = [], {}
    for plan in plans.values():
        first, mine = ripe_cells(plan, cells, end, begin)
        if mine:
            ripe.append(plan)
        elif any(c.key.journey == plan.journey for c in cells):
            unripe[plan.journey] = first
    if not ripe or journey in unripe:
        raise NotFoundError(_unripe(unripe, journey, plans, cells, end))
    return Analysed(policy, ripe, cells, begin, end, unripe if journey is None else {}), raw


def notes(found: Analysed, checked: Comparison | None) -> list[Label]:
    """What the reader must know: are the cells those of the log, and which journeys are not ripe?"""
    said = []
    for language in ("en", "it"):
        say = Say(language)
        lines = []
        if checked is not None:
            key = "cells_differ" if checked.differ else "cells_equal" if checked.of else "cells_unchecked"
            lines.append(say(key, of=say.number(checked.of), differ=say.number(checked.differ)))
            if checked.left_out and checked.of:
                lines.append(say("cells_left_out", number=say.number(checked.left_out)))
        for name, first in found.unripe.items():
            lines.append(say("unripe", journey=name, first=day(first)))
        said.append(lines)
    return [{"en": en, "it": it} for en, it in zip(*said, strict=True)]


def write(path: Path, text: str) -> None:
    """Raises ConfigError: the file cannot be written."""
    try:
        path.write_text(text, "utf-8")
    except OSError as problem:
        raise ConfigError(f"cannot write {path}: {problem.strerror}; give another file") from problem


def day(ms: int) -> str:
    """The day of an instant, in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")


def _policy(settings: Settings, from_folder: bool) -> Policy:
    if from_folder:
        return load(settings.policy_dir)
    policy = Policies(settings).current
    if policy is None:
        raise NotFoundError("no policy is published, and the folder has none: name one with --policy DIR")
    return policy


def _must_have_cells(cells: Sequence[PartitionCell], journey: str | None, files: Path | None) -> None:
    if not cells:
        where = "on journey-kpis" if files is None else f"in {files}"
        advice = "See that a worker runs the processor journey_kpis, and that the policy has journeys."
        raise NotFoundError(f"there are no cells of journeys {where}. {advice if files is None else 'Check the path.'}")
    there = sorted({c.key.journey for c in cells})
    if journey is not None and journey not in there:
        raise NotFoundError(f"nothing happened yet in journey {journey!r}; there are cells of {', '.join(there)}")


def _unripe(
    unripe: Mapping[str, int], journey: str | None, plans: Mapping[str, JourneyPlan],
    cells: Sequence[PartitionCell], until: int,
) -> str:  # fmt: skip
    name = journey if journey in unripe else min(unripe, key=lambda j: unripe[j], default="")
    if not name:
        return "the cells are of journeys that the map has no more; name the policy of then with --policy DIR"
    entry = first_entry(cells, name)
    ripe = ripe_from(plans[name], entry)
    if unripe[name] > ripe:
        return (
            f"journey {name!r} has no exit from {day(unripe[name])} to {day(until)}: choose another --since or --until"
        )
    return (
        f"journey {name!r} is not ripe: its first entry was on {day(entry)}, and exits count from {day(ripe)} on, one "
        f"and a half times its longest patience later, because only quick ones happen before. The last final hour ends "
        f"on {day(until)}. Come back then; `garbo journey kpis {name}` shows what there is."
    )


def _publish(settings: Settings, found: Analysed, shown: Report, now: int) -> int:
    """Write the findings that are new, have changed, or no longer hold. Returns how many."""
    topics, codec = wiring.topics(settings), wiring.codec(settings)
    claimed: list[JourneyFinding] = []
    for one in shown.journeys:
        claimed += [
            findings.of_narrowing(f, now, one.since, shown.until, found.policy.version) for f in one.narrowing.claims
        ]
        claimed += [findings.of_drift(d, now, found.policy.version) for d in one.drifts]
    before = findings.latest(readable(read_all(settings.kafka, [topics.findings]), codec.finding))
    changed = findings.changes(before, claimed, [one.journey for one in shown.journeys], now)
    with Writer(settings.kafka) as writer:
        for message in changed:
            writer.write(topics.findings, findings.key_of(message).encode(), codec.encode(message))
    return len(changed)
