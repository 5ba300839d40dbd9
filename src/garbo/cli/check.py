"""`garbo check DIR`: print all errors of a policy at once, or a summary of a valid one."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from garbo.core.policy.actions import Action
from garbo.core.policy.policy import Policy
from garbo.policy import inspect
from garbo.policy.json_schema import export


def check(
    folder: Annotated[Path, typer.Argument(help="Policy folder, with policy.yaml and eight other files.")],
    json_schema: Annotated[
        Path | None, typer.Option("--json-schema", metavar="DIR", help="Write a JSON Schema for each file into DIR.")
    ] = None,
) -> None:
    """Check a policy folder and print every error with its line, every warning, and a summary.

    Exits with 1 if the policy has errors.
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
    policy, report = inspect(folder)
    for problem in report.errors:
        out.print(f"[red]error[/]   {escape(str(problem))}", soft_wrap=True)
    for problem in report.warnings:
        out.print(f"[yellow]warning[/] {escape(str(problem))}", soft_wrap=True)
    if policy is None:
        count = len(report.errors)
        out.print(f"[bold red]{count} error{'s' * (count > 1)}[/]: workers would refuse this policy")
        raise typer.Exit(1)
    _summary(out, folder, policy)


def _summary(out: Console, folder: Path, policy: Policy) -> None:
    out.print(f"[bold green]ok[/] {escape(str(folder))}: version {policy.version}, zone {policy.zone}", soft_wrap=True)
    table = Table(box=None, header_style="bold")
    table.add_column("action", no_wrap=True)
    for column in ("class", "channels", "purpose", "when"):
        table.add_column(column, overflow="fold")
    order = {name: rank for rank, name in enumerate(("mandatory", "service", "transactional", "marketing"))}
    for action in sorted(policy.actions.values(), key=lambda a: order[a.action_class.value]):
        ways = ", ".join(dict.fromkeys(t.channel for t in action.treatments))
        table.add_row(action.name, action.action_class.value, ways, action.purpose, _when(action))
    out.print(table)
    contact = policy.contact
    channels = {t.channel for a in policy.actions.values() for t in a.treatments}
    out.print(
        f"{len(policy.actions)} actions on {len(channels)} channels; {len(policy.needs)} needs, "
        f"{len(policy.stages)} stages, {len(policy.stage_rules)} moves, {len(policy.themes)} themes, "
        f"{len(policy.attributes)} attributes, {len(policy.models)} models"
    )
    out.print(
        f"{len(contact.caps)} caps, {len(contact.spacings)} spacings, {len(contact.sequences)} sequences, "
        f"{len(contact.exclusions)} exclusions, {len(contact.suppressions)} suppressions, quiet hours on "
        f"{', '.join(contact.quiet_hours) or 'no channel'}, {len(contact.holidays)} holidays"
    )


def _when(action: Action) -> str:
    """ "need question, failed_operation": what makes the action a candidate."""
    names: dict[str, list[str]] = {}
    for trigger in action.when:
        known = names.setdefault(trigger.on, [])
        if trigger.name not in (*known, action.name):
            known.append(trigger.name)
    triggers = [f"{on} {', '.join(given)}".strip() for on, given in names.items()]
    return "; ".join([*triggers, *(f"rides on {channel}" for channel in action.rides_on)])
