"""`garbo verify`: the independent checker, over the topics of an installation at rest."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from garbo.adapters.kafka.reader import read_all
from garbo.audit.verify import invariants, rules
from garbo.audit.verify.log import collect
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import load_settings


def verify(
    policy: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The policy that decided (or GARBO_POLICY_DIR).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The verdicts, for a program.")] = False,
    transactional: Annotated[
        bool | None,
        typer.Option(help="Is this a broker with transactions? The embedded one has none (or GARBO_TRANSACTIONAL)."),
    ] = None,
    aged: Annotated[
        bool, typer.Option("--aged", help="Retention has taken the beginning of the topics: do not ask for it.")
    ] = False,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka, host:port (or GARBO_BOOTSTRAP).")] = None,
    prefix: Annotated[str | None, typer.Option(help="Prefix of all topics (or GARBO_TOPIC_PREFIX).")] = None,
    config: Annotated[Path | None, typer.Option(envvar="GARBO_CONFIG", help="TOML file of settings.")] = None,
) -> None:
    """Read all topics and judge what was promised: nothing lost, no cap exceeded, nothing sent without consent.

    Shares no code with the decisions it judges. Run it when the pipeline is at rest: what is still on its way looks
    lost. Exits with 1 on a violation.
    """
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix, policy_dir=policy, transactional=transactional)
    judged_by = rules.read(settings.policy_dir)
    with Console(stderr=True).status("Reading the topics..."):
        log = collect(partial(read_all, settings.kafka), wiring.codec(settings), settings.kafka.prefix)
    report = invariants.check(log, judged_by, exactly_once=settings.kafka.transactional, aged=aged)
    if as_json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        out = Console(highlight=False, soft_wrap=True)
        for line in report.lines():
            out.print(escape(line))
    if report.violations:
        raise typer.Exit(1)
