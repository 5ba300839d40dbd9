"""`garbo explain PARTY|DECISION`: the reasons of decisions, in sentences."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings, load_settings
from garbo.cli.policy import published
from garbo.core.gates import calendar
from garbo.core.party.identity import STRENGTH
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.errors import NotFoundError, PolicyError, TopicError
from garbo.explain import record as sentences
from garbo.policy.loader import load
from garbo.processors.identifiers import normalised
from garbo.readmodel.decisions import DecisionLog

ZONE = "Europe/Rome"  # for a decision whose policy is not available
DAY_MS = 24 * 3_600_000


class Language(StrEnum):
    """The language of the sentences."""

    EN = "en"
    IT = "it"


def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="PARTY|DECISION",
            help="Id of a decision (d-...), an action (a-...) or a party, or an identifier: email:ann@example.com.",
        ),
    ],
    language: Annotated[Language, typer.Option("--language", "-l", help="Language of the sentences.")] = Language.EN,
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="Number of a party's latest decisions.")] = 5,
    days: Annotated[
        int | None, typer.Option(min=1, help="Read only the last DAYS days of the log (faster); by default all.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the records and their sentences as JSON.")] = False,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka broker, host:port (or GARBO_BOOTSTRAP).")] = None,
    prefix: Annotated[str | None, typer.Option(help="Prefix of all topic names (or GARBO_TOPIC_PREFIX).")] = None,
    config: Annotated[Path | None, typer.Option(envvar="GARBO_CONFIG", help="TOML file with settings.")] = None,
) -> None:
    """Explain why Garbo acted or did not act for a customer, from the decision records."""
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
    since = None if days is None else time.time_ns() // 1_000_000 - days * DAY_MS
    log = DecisionLog(settings.kafka, wiring.topics(settings), wiring.codec(settings), since_ms=since)
    with Console(stderr=True).status("Reading the log of decisions..."):
        records = find(log, what, last, settings.region)
        policies = _policies(settings)
    explained = [(record, *_explained(record, policies, language)) for record in records]
    if as_json:
        print(
            json.dumps(
                [{"decision": msgspec.to_builtins(r), "sentences": s} for r, s, _ in explained], ensure_ascii=False
            )
        )
        return
    out = Console(highlight=False, soft_wrap=True)
    for record, lines, zone in explained:
        when = calendar.local_text(record.at, zone, language.value)
        out.print(
            f"[bold]{record.decision_id}[/]  {escape(record.party)}  {when}  [dim]policy {record.policy_version}[/]"
        )
        for line in lines:
            out.print(f"  {escape(line)}")
    if log.unreadable:
        out.print(
            f"[yellow]{log.unreadable} records could not be read: their schema is unknown. Check that "
            "GARBO_REGISTRY_URL names the installation's schema registry.[/]"
        )


def find(log: DecisionLog, what: str, last: int, region: str) -> list[DecisionRecord]:
    """The records of `what`: a decision, an action, a party or an identifier.

    Raises:
        NotFoundError: there is none, or `what` is none of these.
        BrokerError: the broker does not answer.
    """
    what = what.strip()
    kind, colon, value = what.partition(":")
    if what[:2] in ("d-", "a-"):
        records = log.by_id(what)
    elif colon:
        identifier = normalised(kind, value, region)
        if identifier is None:
            raise NotFoundError(
                f"{kind!r} with this value is not an identifier; kinds are {', '.join(STRENGTH)}. "
                "Write for example phone:+393331234567."
            )
        records = log.of_party(value.strip() if kind == "party" else log.party_named(identifier), last)
    else:
        records = log.of_party(what, last)
    if not records:
        raise NotFoundError(
            f"no decision about {what}: check the spelling, --prefix and --days; decisions are kept for 90 days."
        )
    return records


def _policies(settings: Settings) -> Mapping[str, Policy]:
    """The available policies by version: the published one, and the one of the policy folder."""
    found: dict[str, Policy] = {}
    # Either may be missing or faulty. Without the policy that decided, the sentences use the actions' names.
    with suppress(PolicyError):
        own = load(settings.policy_dir)
        found[own.version] = own
    with suppress(PolicyError, TopicError):
        current = published(settings)
        if current is not None:
            found[current.policy.version] = current.policy
    return found


def _explained(record: DecisionRecord, policies: Mapping[str, Policy], language: Language) -> tuple[list[str], str]:
    """The record's sentences and time zone; titles and zone come only from the policy that decided."""
    policy = policies.get(record.policy_version)
    zone = policy.zone if policy else ZONE
    return sentences.explain(record, policy, language.value, zone), zone
