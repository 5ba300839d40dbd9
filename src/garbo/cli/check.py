"""`garbo check DIR`: print all errors of a policy at once, or a summary of a valid one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from garbo.core.party.consent import OWED, PROFILING, SENSITIVE_DATA, SERVICES, needs
from garbo.core.policy.actions import Action
from garbo.core.policy.policy import Policy
from garbo.core.policy.proactive import DATE, PATIENCE, SILENCE, STAGE
from garbo.learning import registry
from garbo.policy import inspect
from garbo.policy.json_schema import export
from garbo.stories.loader import inspect_stories


def check(
    folder: Annotated[Path, typer.Argument(help="Policy folder, with policy.yaml and eight other files.")],
    json_schema: Annotated[
        Path | None, typer.Option("--json-schema", metavar="DIR", help="Write a JSON Schema for each file into DIR.")
    ] = None,
) -> None:
    """Check a policy folder and print every error with its line, every warning, and a summary.

    Exits with 1 if the policy or one of its stories has errors.
    """
    out = Console(highlight=False)
    if json_schema is not None:
        try:
            for path in export(json_schema):
                out.print(f"wrote {escape(str(path))}", soft_wrap=True)
        except OSError as error:
            out.print(
                f"[red]cannot write into {escape(str(json_schema))}: {error.strerror}; give another folder[/]",
                soft_wrap=True,
            )
            raise typer.Exit(1) from None
    policy, report = inspect(folder, datetime.now(UTC).date(), registry.check)
    for problem in report.errors:
        out.print(f"[red]error[/]   {escape(str(problem))}", soft_wrap=True)
    for problem in report.warnings:
        out.print(f"[yellow]warning[/] {escape(str(problem))}", soft_wrap=True)
    if policy is None:
        count = len(report.errors)
        many = f"{count} errors, and more behind them" if report.more else f"{count} error{'s' * (count > 1)}"
        out.print(f"[bold red]{many}[/]: workers would refuse this policy")
        raise typer.Exit(1)
    _summary(out, folder, policy)
    _stories(out, folder, policy)


def _stories(out: Console, folder: Path, policy: Policy) -> None:
    """Check the stories of the folder, which workers do not read."""
    stories, problems = inspect_stories(folder, policy)
    cases, more = inspect_stories(folder, policy, cases=True)
    for problem in problems + more:
        out.print(f"[red]error[/]   {escape(str(problem))}", soft_wrap=True)
    if problems or more:
        out.print("[bold red]the stories have errors[/]: workers accept this policy, but nobody can play them")
        raise typer.Exit(1)
    if stories or cases:
        out.print(
            f"{len(stories)} stories and {len(cases)} cases; `garbo demo --policy {escape(str(folder))}` plays them"
        )


def _summary(out: Console, folder: Path, policy: Policy) -> None:
    out.print(f"[bold green]ok[/] {escape(str(folder))}: version {policy.version}, zone {policy.zone}", soft_wrap=True)
    table = Table(box=None, header_style="bold")
    table.add_column("action", no_wrap=True)
    for column in ("class", "channels", "purpose", "when", "also needs"):
        table.add_column(column, overflow="fold")
    order = {name: rank for rank, name in enumerate(("mandatory", "service", "transactional", "marketing"))}
    for action in sorted(policy.actions.values(), key=lambda a: order[a.action_class.value]):
        ways = ", ".join(f"{t.channel} (inbound)" if t.inbound else t.channel for t in action.treatments)
        table.add_row(
            action.name,
            action.action_class.value,
            ways,
            action.purpose,
            _when(action, policy),
            _also_needs(action, policy),
        )
    out.print(table)
    contact = policy.contact
    treatments = [t for a in policy.actions.values() for t in a.treatments]
    out.print(
        f"{len(policy.actions)} actions in {len(policy.groups)} groups, {len(treatments)} treatments on "
        f"{len({t.channel for t in treatments})} channels; {len(policy.needs)} needs, "
        f"{len(policy.journeys)} journeys with {len(policy.stages)} stages and "
        f"{sum(len(j.moves) for j in policy.journeys.values())} moves, {len(policy.themes)} themes, "
        f"{len(policy.attributes)} attributes, "
        f"{len(policy.models)} models"
    )
    out.print("; ".join(_decides(policy)))
    out.print(
        f"{len(contact.caps)} caps, {len(contact.spacings)} spacings, {len(contact.sequences)} sequences, "
        f"{len(contact.exclusions)} exclusions, {len(contact.suppressions)} suppressions, quiet hours on "
        f"{', '.join(contact.quiet_hours) or 'no channel'}, {len(contact.holidays)} holidays"
    )


def _decides(policy: Policy) -> Iterator[str]:
    """When Garbo decides by the policy's own settings, and what there is only so much of."""
    yield f"decides on {', '.join(sorted(policy.decide_on)) or 'no event of decide_on'}"
    given = policy.proactive
    causes = [cause for cause, span in ((STAGE, given.after_stage), (SILENCE, given.silence)) if span]
    causes += [PATIENCE] if any(stage.patience for stage in policy.stages) else []
    causes += [DATE + d.attribute for d in given.dates]
    yield f"proactive: {', '.join(causes) or 'never'}"
    yield f"hold-out {policy.hold_out.share:.0%}"
    for name, channel in policy.channels.items():
        if channel.capacity is not None:
            yield f"{name} at most {channel.capacity.at_most} contacts per {channel.capacity.per}"


def _when(action: Action, policy: Policy) -> str:
    """ "need question, failed_operation": what makes the action a candidate."""
    names: dict[str, list[str]] = {}
    for trigger in action.when:
        known = names.setdefault(trigger.on, [])
        if trigger.name not in (*known, action.name):
            known.append(trigger.name)
    entries = [on if "" in given else f"{on} {', '.join(given)}".strip() for on, given in names.items()]
    entries += [f"rides on {channel}" for channel in action.rides_on]
    planned_by = [a.name for a in policy.actions.values() if any(f.action == action.name for f in a.follow_ups)]
    return "; ".join(entries) or f"after {', '.join(planned_by)}"


def _also_needs(action: Action, policy: Policy) -> str:
    """The consents that what the action reads needs, besides those of its purpose."""
    found = []
    if action.purpose not in SERVICES and PROFILING not in (needs(action.purpose, policy.vocabulary.purposes) or ()):
        if action.behavioural:
            found.append(PROFILING)
        elif any(trigger.behavioural for trigger in action.when):
            found.append(f"{PROFILING} (at some)")
    if action.sensitive and action.purpose not in OWED:
        found.append(SENSITIVE_DATA)
    return ", ".join(found)
