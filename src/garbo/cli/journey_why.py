"""`garbo journey why STAGE`: what holds visits back at a stage, what its relief would bring, and whom it held."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from garbo.adapters.kafka.reader import read_all
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings, load_settings
from garbo.cli.journey_cells import Files, PolicyFolder, waiting, watched
from garbo.cli.journey_report import BAR, Analysed, Language, Since, Until, day, gather
from garbo.cli.letters import Bootstrap, Config, Prefix
from garbo.core.journeys.cells import merge
from garbo.core.policy.compiled import compiled
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.errors import NotFoundError
from garbo.journeys.causes import SLOW, cause_of
from garbo.journeys.drop_off import exits_of
from garbo.journeys.finding import Finding
from garbo.journeys.flow_log import readable
from garbo.journeys.from_cells import to_tally
from garbo.journeys.held import Held, held_visits, holding, masked
from garbo.journeys.merged import merge_period, ripe_cells
from garbo.journeys.narrowing import find
from garbo.journeys.plan import JourneyPlan
from garbo.journeys.report.sentences import claim
from garbo.journeys.report.words import Say
from garbo.readmodel.decisions import DecisionLog

_EXAMPLES: Final = 10
_ROWS: Final = 12
"""Of obstacles on the terminal; --json has all."""


class Row(NamedTuple):
    """An obstacle. exits: how -> visits. finding: of its cause."""

    obstacle: str
    visits: int
    exits: Mapping[str, int]
    finding: Finding | None


class Example(NamedTuple):
    """A visit that was held back. party: masked. decision: its id; "" if its record is gone."""

    party: str
    at: int
    decision: str
    left: int
    how: str


def why(
    stage: Annotated[str, typer.Argument(help="A stage of the map.")],
    journey: Annotated[str | None, typer.Option(help="Its journey, if several have a stage of this name.")] = None,
    obstacle: Annotated[
        str | None, typer.Option(help="Show whom this one held: cap:weekly, slow; by default the one that costs most.")
    ] = None,
    language: Annotated[Language, typer.Option("--language", "-l", help="Language of the words.")] = Language.EN,
    since: Since = None,
    until: Until = None,
    files: Files = None,
    policy: PolicyFolder = None,
    in_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    config: Config = None,
) -> None:
    """Say which rule, cap or channel holds visits back at a stage, and what its relief would bring.

    Ten parties that it held follow, masked, with the decision that says so: `garbo explain DECISION` goes on from
    there. From files there are no decisions, so no parties.
    """
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix, policy_dir=policy)
    say = Say(language.value)
    with waiting() as status:
        found, _ = gather(settings, status, None, since, until, files, own_policy=policy is not None)
        plan = _plan(found, stage, journey)
        first, _ = ripe_cells(plan, found.cells, found.until, found.since)
        rows, visits = _rows(found, plan, stage, first)
        chosen = _chosen(rows, obstacle)
        examples = [] if files is not None else _examples(settings, status, found, plan, stage, chosen, first)
    best = next((r.finding for r in rows if r.obstacle == chosen), None)
    if in_json:
        print(json.dumps(_json(plan, stage, visits, rows, chosen, best, examples), ensure_ascii=False, indent=2))
        return
    out = Console(highlight=False)
    label = say.label(plan.stage(stage).label, stage)
    out.print(f"[bold]{escape(label)}[/] [dim]({escape(plan.journey)}, {escape(stage)})[/]")
    out.print(say("why_visits", visits=say.number(visits), since=day(first), until=day(found.until)), markup=False)
    out.print()
    if best is not None:
        said = claim(best, {s.stage: s.label for s in plan.stages}, say)
        sure = "" if best.sure >= BAR.confidence else f" {say('not_sure', sure=say.percent(best.sure))}"
        out.print(f"[bold]{escape(said.head)}[/] {escape(said.text)} {escape(said.more)}{escape(sure)}")
        out.print()
    shown = [r for i, r in enumerate(rows) if i < _ROWS or r.obstacle == chosen]
    out.print(_table(shown, visits, chosen, say))
    if len(rows) > len(shown):
        out.print(say("more_obstacles", number=say.number(len(rows) - len(shown))), style="dim", markup=False)
    if files is not None:
        return
    out.print()
    if not examples:
        out.print(say("no_examples"), markup=False)
        return
    out.print(say("examples", number=say.number(len(examples)), obstacle=say.cause(chosen)), markup=False)
    out.print(_parties(examples, say))
    out.print(say("explain_hint"), style="dim", markup=False)


def _plan(found: Analysed, stage: str, journey: str | None) -> JourneyPlan:
    """The one journey that is meant.

    Raises:
        NotFoundError: no journey has such an open stage, or several have.
    """
    plans = {plan.journey: plan for plan in found.plans}
    if journey is not None and journey not in plans:
        known = found.policy.journeys
        if journey in known:
            raise NotFoundError(f"journey {journey!r} has no ripe exit yet; `garbo journey report {journey}` says when")
        raise NotFoundError(f"the map has no journey {journey!r}{did_you_mean(journey, known)}")
    having = [
        p for p in plans.values() if journey in (None, p.journey) and any(s.stage == stage for s in p.open_stages)
    ]
    if not having:
        stages = {s.stage for p in plans.values() if journey in (None, p.journey) for s in p.open_stages}
        raise NotFoundError(
            f"no journey with ripe exits has a stage {stage!r} in which one can be held back"
            f"{did_you_mean(stage, stages)}"
        )
    if len(having) > 1:
        raise NotFoundError(
            f"{', '.join(p.journey for p in having)} have a stage {stage!r}: say which with "
            f"--journey {having[0].journey}"
        )
    return having[0]


def _rows(found: Analysed, plan: JourneyPlan, stage: str, first: int) -> tuple[list[Row], int]:
    """What held visits back at the stage, what costs most first; and how many visits ended there.

    Raises:
        NotFoundError: nothing is known to hold visits back there.
    """
    kept = [c for p in found.plans for c in ripe_cells(p, found.cells, found.until, found.since)[1]]
    narrowing = find(to_tally(found.plans, merge_period(kept, 0, found.until)), BAR).of(plan.journey)
    by_cause = {f.cause: f for f in narrowing.ranking if f.stage == stage}
    cell = merge(c.cell for c in kept if (c.key.journey, c.key.stage) == (plan.journey, stage))
    visits = exits_of(cell)
    exits: dict[str, dict[str, int]] = {}
    for key, count in cell.held.items():
        cause, name, how = cause_of(key)
        met = exits.setdefault(f"{cause}:{name}" if name else cause, {})
        met[how] = met.get(how, 0) + count
    rows = [Row(name, sum(met.values()), met, by_cause.get(name.partition(":")[0])) for name, met in exits.items()]
    if (slow := by_cause.get(SLOW)) is not None:
        rows.append(Row(SLOW, round(slow.share * visits), {}, slow))
    if not rows:
        raise NotFoundError(
            f"nothing is known to hold visits back at {stage!r}: {visits:,} ended there since {day(first)}. Does the "
            "map say which actions `advance` it?"
        )
    return sorted(rows, key=lambda r: (-(r.finding.gain if r.finding else -1.0), -r.visits, r.obstacle)), visits


def _chosen(rows: Sequence[Row], obstacle: str | None) -> str:
    """The obstacle whose parties are shown."""
    names = [row.obstacle for row in rows]
    if obstacle is None:
        return names[0]
    if obstacle not in names:
        raise NotFoundError(f"nothing was held back there by {obstacle!r}{did_you_mean(obstacle, names)}")
    return obstacle


def _examples(
    settings: Settings, status: Status, found: Analysed, plan: JourneyPlan, stage: str, obstacle: str, since: int
) -> list[Example]:
    topics, codec = wiring.topics(settings), wiring.codec(settings)
    facts = readable(watched(read_all(settings.kafka, [topics.flows]), status, "facts"), codec.flow)
    visits = held_visits(facts, plan.journey, stage, obstacle, since=since, until=found.until, most=_EXAMPLES)
    status.update("Reading decisions...")
    records = DecisionLog(settings.kafka, topics, codec).of_parties({visit.party for visit in visits})
    decided = holding(records, visits, *_words(found.policy, plan.journey, stage, obstacle))
    return [_example(visit, decided.get(visit)) for visit in visits]


def _words(policy: Policy, journey: str, stage: str, obstacle: str) -> tuple[Sequence[str], str, frozenset[str]]:
    definition = policy.stage(journey, stage)
    advance = definition.advance if definition is not None else ()
    return advance, obstacle, compiled(policy).map.refusing


def _example(visit: Held, record: DecisionRecord | None) -> Example:
    at, decision = (visit.left, "") if record is None else (record.at, record.decision_id)
    return Example(masked(visit.party), at, decision, visit.left, visit.target or visit.how)


def _table(rows: Sequence[Row], visits: int, chosen: str, say: Say) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1, 0, 0))
    table.add_column(say("obstacle"), overflow="fold")
    for key in ("held_back", "share", "onward", "lost", "gain", "band"):
        table.add_column(say(key), justify="right", no_wrap=True)
    told: set[str] = set()
    for row in rows:
        f, cause = row.finding, row.obstacle.partition(":")[0]
        onward, lost = row.exits.get("onward", 0), row.exits.get("drop", 0) + row.exits.get("end", 0)
        gain = (
            [say.rise(f.gain), f"{say.rise(f.band_low).removesuffix(' %')} … {say.rise(f.band_high)}"]
            if f
            else ["–"] * 2
        )
        if cause in told:  # the gain is that of the whole cause
            gain = ["", ""]
        told.add(cause)
        moved = [say.number(onward), say.number(lost)] if row.exits else ["–", "–"]
        cells = [escape(say.cause(row.obstacle)), say.number(row.visits), say.percent(row.visits / max(visits, 1), 0)]
        table.add_row(*cells, *moved, *gain, style="bold" if row.obstacle == chosen else "")
    return table


def _parties(examples: Sequence[Example], say: Say) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1, 0, 0))
    for key in ("party", "held_at", "decision", "left_at", "went"):
        table.add_column(say(key), no_wrap=key != "went", overflow="fold")
    for e in examples:
        table.add_row(e.party, _minute(e.at) if e.decision else "–", e.decision or "–", _minute(e.left), escape(e.how))
    return table


def _json(
    plan: JourneyPlan, stage: str, visits: int, rows: Sequence[Row], chosen: str, best: Finding | None,
    examples: Sequence[Example],
) -> dict[str, Any]:  # fmt: skip
    return {
        "journey": plan.journey,
        "stage": stage,
        "visits": visits,
        "obstacles": [{**row._asdict(), "finding": msgspec.to_builtins(row.finding)} for row in rows],
        "shown": chosen,
        "finding": msgspec.to_builtins(best),
        "parties": [example._asdict() for example in examples],
    }


def _minute(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
