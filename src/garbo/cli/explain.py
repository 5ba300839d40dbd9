"""`garbo explain PARTY|DECISION`: the reasons of decisions, in sentences; `--why-not ACTION`: of one action."""

import json
import time
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from garbo.bootstrap import wiring
from garbo.bootstrap.settings import load_settings
from garbo.cli.policies import Policies
from garbo.cli.spans import span_of
from garbo.core.gates import calendar
from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.errors import NotFoundError
from garbo.explain import record as sentences
from garbo.explain.answers import explain_why_not
from garbo.explain.why_not import why_not as answer_of
from garbo.processors.identifiers import normalised
from garbo.readmodel.decisions import ALWAYS, DecisionLog, Span

ZONE = "Europe/Rome"  # for a decision whose policy is not available
DAY_MS = 24 * 3_600_000
LATEST = 5  # decisions of a party, when nothing says how many


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
    last: Annotated[
        int | None,
        typer.Option("--last", "-n", min=1, help="Number of a party's latest decisions; 5, with --why-not 1."),
    ] = None,
    why_not: Annotated[
        str | None, typer.Option(metavar="ACTION", help="Say why this action of the catalogue was not made.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Only decisions since: 2025-03-10 or 2025-03-10T14:30.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Only decisions until then, the whole day included.")
    ] = None,
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
    newest = None if days is None else time.time_ns() // 1_000_000 - days * DAY_MS
    log = DecisionLog(settings.kafka, wiring.topics(settings), wiring.codec(settings), since_ms=newest)
    if last is None and since is None and until is None:
        last = LATEST if why_not is None else 1
    with Console(stderr=True).status("Reading the log of decisions..."):
        policies = Policies(settings)
        span = span_of(since, until, policies.current.zone if policies.current else ZONE)
        kinds = (policies.current.vocabulary if policies.current else DEFAULT).identifiers
        records = find(log, what, last, settings.region, kinds, span)
        if why_not is not None:
            _known(why_not, records, policies)
        explained = [_explained(record, policies, language, why_not) for record in records]
    if as_json:
        print(json.dumps([entry for entry, _ in explained], ensure_ascii=False))
        return
    out = Console(highlight=False, soft_wrap=True)
    for record, (entry, zone) in zip(records, explained, strict=True):
        when = calendar.full_text(record.at, zone, language.value)
        out.print(
            f"[bold]{record.decision_id}[/]  {escape(record.party)}  {when}  [dim]policy {record.policy_version}[/]"
        )
        for line in entry["sentences"]:
            out.print(f"  {escape(line)}")
    if log.unreadable:
        out.print(
            f"[yellow]{log.unreadable} records could not be read: their schema is unknown. Check that "
            "GARBO_REGISTRY_URL names the installation's schema registry.[/]"
        )


def find(
    log: DecisionLog, what: str, last: int | None, region: str, kinds: Mapping[str, int], span: Span = ALWAYS
) -> list[DecisionRecord]:
    """The records of `what` (a decision, an action, a party or an identifier) in `span`. last: of a party, None: all.

    kinds: the policy's identifiers, with their strength.

    Raises:
        NotFoundError: there is none, or `what` is none of these.
        BrokerError: the broker does not answer.
    """
    what = what.strip()
    kind, colon, value = what.partition(":")
    if what[:2] in ("d-", "a-"):
        records = log.by_id(what, span)
    elif colon:
        identifier = normalised(kind, value, region, kinds)
        if identifier is None:
            raise NotFoundError(
                f"{kind!r} with this value is not an identifier; kinds are {', '.join(kinds)}. "
                "Write for example phone:+393331234567."
            )
        records = log.of_party(value.strip() if kind == "party" else log.party_named(identifier, kinds), last, span)
    else:
        records = log.of_party(what, last, span)
    if not records:
        raise NotFoundError(
            f"no decision about {what}: check the spelling, --prefix, --days, --from and --to; decisions are kept for "
            "90 days."
        )
    return records


def _known(action: str, records: list[DecisionRecord], policies: Policies) -> None:
    """Raises `NotFoundError` when the policies that decided do not have the action, and no record names it."""
    decided = [policies.get(version) for version in {record.policy_version for record in records}]
    if None in decided:
        return  # the action may be in the policy that is not at hand: the answer says that it is not
    names = {name for policy in (policies.current, *decided) if policy is not None for name in policy.actions}
    for record in records:
        names |= {
            record.chosen,
            *record.riders,
            *(s.action for s in record.scored),
            *(b.action for b in record.blocked),
        }
    names.discard("")
    if action not in names:
        raise NotFoundError(f"there is no action '{action}'{did_you_mean(action, names)}")


def _explained(
    record: DecisionRecord, policies: Policies, language: Language, action: str | None
) -> tuple[dict[str, Any], str]:
    """The record with its sentences, and the time zone; titles and zone come only from the policy that decided."""
    policy = policies.get(record.policy_version)
    zone = policy.zone if policy else ZONE
    entry: dict[str, Any] = {"decision": msgspec.to_builtins(record)}
    if action is None:
        entry["sentences"] = sentences.explain(record, policy, language.value, zone)
    else:
        entry["why_not"] = {"action": action, "why": answer_of(record, action, policy).why.value}
        entry["sentences"] = explain_why_not(record, action, policy, language.value, zone)
    return entry, zone
