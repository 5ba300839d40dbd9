"""`garbo verify`: run the independent checker on the topics of an idle installation."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from garbo.adapters.kafka.reader import present, read_all
from garbo.audit.verify import invariants, rules
from garbo.audit.verify.log import collect
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import load_settings


def verify(
    policy: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the policy that decided (or GARBO_POLICY_DIR).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    transactional: Annotated[
        bool | None,
        typer.Option(help="Does the broker have transactions? The embedded one has none (or GARBO_TRANSACTIONAL)."),
    ] = None,
    truncated: Annotated[
        bool,
        typer.Option("--truncated", help="Retention has deleted the beginning of the topics: do not expect it."),
    ] = False,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka broker, host:port (or GARBO_BOOTSTRAP).")] = None,
    prefix: Annotated[str | None, typer.Option(help="Prefix of all topic names (or GARBO_TOPIC_PREFIX).")] = None,
    config: Annotated[Path | None, typer.Option(envvar="GARBO_CONFIG", help="TOML file with settings.")] = None,
) -> None:
    """Check all topics for lost events, exceeded caps, missing consents and wrong rows.

    The checker shares no code with the engine. Run it when the pipeline is idle: a message in process looks lost.
    Exits with 1 on a violation.
    """
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix, policy_dir=policy, transactional=transactional)
    policy_rules = rules.read(settings.policy_dir)
    with Console(stderr=True).status("Reading the topics..."):
        kafka = settings.kafka
        log = collect(partial(read_all, kafka), wiring.codec(settings), present(kafka), kafka.prefix)
    report = invariants.check(log, policy_rules, exactly_once=settings.kafka.transactional, truncated=truncated)
    if as_json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        out = Console(highlight=False, soft_wrap=True)
        for line in report.lines():
            out.print(escape(line))
    if report.violations:
        raise typer.Exit(1)
