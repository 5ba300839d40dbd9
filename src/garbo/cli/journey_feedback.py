"""`garbo journey feedback DIR`: the weights of the next week, from what narrows a journey and from the hold-out."""

import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.markup import escape

from garbo.adapters.kafka.reader import read_all
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import load_settings
from garbo.cli.journey_cells import Files
from garbo.cli.letters import Bootstrap, Config, Prefix
from garbo.cli.spans import since_of
from garbo.core.policy.policy import Policy
from garbo.errors import ConfigError
from garbo.journeys import feedback_file
from garbo.journeys.claims import claims_of
from garbo.journeys.feedback import Bar, Change, Step, outranked, stages_of, step, week_of
from garbo.journeys.flow_log import from_files, from_records
from garbo.journeys.hold_out import Comparison, compare
from garbo.journeys.plan_of import plans_of
from garbo.policy.loader import bundle, load, load_text, texts_of


def feedback(
    folder: Annotated[Path, typer.Argument(help="Policy folder, with policy.yaml and eight other files.")],
    write: Annotated[bool, typer.Option("--write", help=f"Write {feedback_file.NAME} into the folder.")] = False,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Only visits since: 26w, 180d, 2025-03-10, in UTC.")
    ] = "180d",
    files: Files = None,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    config: Config = None,
) -> None:
    """Say by how much a narrowing stage should weigh in arbitration this week, and why or why not.

    Only stages that narrow because their actions are outranked, and where the hold-out shows that marketing leads on.
    At most one step of .05 an ISO week, between 1 and 1.25. Nothing is published: look at it, then `garbo policy
    publish`.
    """
    now = time.time_ns() // 1_000_000
    policy, first = load(folder), since_of(since, now)
    source: AbstractContextManager[duckdb.DuckDBPyConnection]
    if files is not None:
        source = from_files(files)
    else:
        settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
        topics, codec = wiring.topics(settings), wiring.codec(settings)
        source = from_records(read_all(settings.kafka, [topics.flows]), codec)
    with source as connection:
        made = _step(connection, policy, week_of(now), first)
    out = Console(highlight=False, soft_wrap=True)
    for change in made.changes:
        out.print(escape(said(change)))
    if made.why_not:
        out.print(escape(f"Nothing to write: {made.why_not}."))
        return
    text = feedback_file.text_of(made.feedback)
    path = folder / feedback_file.NAME
    if not write:
        out.print(escape(f"--write would write {path}:\n{text}"), end="")
        return
    load_text(
        {**texts_of(bundle(folder)), feedback_file.NAME: text}
    )  # a policy that nobody could publish is not written
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}; check its permissions.") from error
    out.print(escape(f"{path} is written. Look at it, then run `garbo policy publish {folder}`."))


def said(change: Change) -> str:
    """What becomes of a stage's weight, in words."""
    before, after = f"{change.before:g}", f"{change.after:g}"
    moves = f"stays {before}" if before == after else f"{before} -> {after}"
    found = "" if change.comparison is None else f"\n    {figures(change.comparison)}"
    return f"{'/'.join(change.stage)}: {moves}: {change.why}.{found}"


def figures(found: Comparison) -> str:
    """What was compared."""
    low, high = found.interval
    return (
        f"{found.treated.share:.1%} of {found.treated.visits:,} visits of the treated go onward, "
        f"{found.held_out.share:.1%} of {found.held_out.visits:,} in the hold-out: {100 * found.gain:+.1f} points "
        f"[{100 * low:+.1f}, {100 * high:+.1f}]"
    )


def _step(connection: duckdb.DuckDBPyConnection, policy: Policy, week: str, since: int) -> Step:
    plans = plans_of(policy)
    claims = outranked(claims_of(connection, policy, plans, since=since))
    stages = stages_of(policy, claims)
    return step(policy, week, claims, compare(connection, plans, stages, policy.hold_out, since=since), Bar())
