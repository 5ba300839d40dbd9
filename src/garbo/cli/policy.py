"""`garbo policy publish DIR` and `garbo policy show`: change the policy of running workers, or show it.

`policy_matrix` and `policy_diff` have the other two commands.
"""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer
from rich.console import Console
from rich.markup import escape

from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import MAX_MESSAGE_BYTES
from garbo.adapters.kafka.writer import Writer
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings, load_settings
from garbo.cli.channel_changes import advice, missing_topics
from garbo.core.policy.policy import Policy
from garbo.errors import PolicyError, TopicError
from garbo.learning import registry
from garbo.policy.loader import bundle, from_bundle, inspect, texts_of

KEY: Final = b"policy"

app = typer.Typer(
    help="Publish a policy to running workers, show the published one, look into one, compare two.",
    no_args_is_help=True,
)

Bootstrap = Annotated[str | None, typer.Option(help="Kafka broker, host:port (or GARBO_BOOTSTRAP).")]
Prefix = Annotated[str | None, typer.Option(help="Prefix of all topic names (or GARBO_TOPIC_PREFIX).")]
Config = Annotated[Path | None, typer.Option(envvar="GARBO_CONFIG", help="TOML file with settings.")]


class Published(NamedTuple):
    """The policy on the topic. `at`: the instant it was appended, in milliseconds since 1970."""

    policy: Policy
    at: int
    raw: bytes


@app.command("publish")
def publish(
    folder: Annotated[Path, typer.Argument(help="Policy folder, with policy.yaml and eight other files.")],
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    config: Config = None,
) -> None:
    """Check a policy folder and publish it: each worker switches to it between two batches.

    Says what else to do when channels come or go. Publishes nothing if the topic of a channel is missing.
    """
    out = Console(highlight=False, soft_wrap=True)
    raw = bundle(folder)
    # Checks exactly the bytes to publish: the folder may change meanwhile.
    policy, report = inspect(texts_of(raw), datetime.now(UTC).date(), registry.check)
    for problem in report.warnings:
        out.print(f"[yellow]warning[/] {escape(str(problem))}")
    if policy is None:
        for problem in report.errors:
            out.print(f"[red]error[/]   {escape(str(problem))}")
        more = ", and more behind them" if report.more else ""
        raise PolicyError(
            f"{len(report.errors)} errors{more}: nothing was published, the workers keep their policy. Correct the "
            "errors and publish again."
        )
    if len(raw) > MAX_MESSAGE_BYTES - 1024:  # room for the key and the record's header
        raise PolicyError(
            f"the policy has {len(raw)} bytes, but one message holds {MAX_MESSAGE_BYTES - 1024}: shorten its texts."
        )
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
    if missing := missing_topics(settings.kafka, policy):
        raise TopicError(
            f"nothing was published: the policy has channels without a topic of commands ({', '.join(missing)}); "
            f"run `garbo topics --create --policy {folder}` and publish again."
        )
    before = _latest(settings)[0]
    if before == raw:
        out.print(f"version [bold]{policy.version}[/] is already published: nothing to do")
        return
    if before is not None:
        earlier = None
        with suppress(PolicyError):  # of another version of Garbo: nothing is known of its words
            earlier = from_bundle(before)
        if earlier is not None:
            _keep_parties(earlier, policy)
            for sentence in advice(settings.kafka, earlier, policy):
                out.print(f"[yellow]note[/]    {escape(sentence)}")
    with Writer(settings.kafka) as writer:
        writer.write(wiring.topics(settings).policies, KEY, raw)
    out.print(f"[bold green]published[/] version [bold]{policy.version}[/]: {len(policy.actions)} actions")


@app.command("show")
def show(bootstrap: Bootstrap = None, prefix: Prefix = None, config: Config = None) -> None:
    """Show the version of the published policy."""
    out = Console(highlight=False, soft_wrap=True)
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
    current = published(settings)
    if current is None:
        out.print("no policy is published: each worker uses the folder it was started with")
        return
    when = datetime.fromtimestamp(current.at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    policy = current.policy
    out.print(f"version [bold]{policy.version}[/], published {when}: {len(policy.actions)} actions, zone {policy.zone}")


def _keep_parties(before: Policy, after: Policy) -> None:
    """Raises `PolicyError` if an identifier in use changes its strength: it is part of the ids of parties."""
    old, new = before.vocabulary.identifiers, after.vocabulary.identifiers
    for kind in old:
        if kind in new and new[kind] != old[kind]:
            raise PolicyError(
                f"nothing was published: the identifier '{kind}' would change its strength from {old[kind]} to "
                f"{new[kind]}, and everybody known by it would be somebody else. Keep {old[kind]}, or name a new kind."
            )


def published(settings: Settings) -> Published | None:
    """The policy on policy-versions; None if there is none.

    Raises:
        PolicyError: the message there is not a valid policy; workers have refused it.
        BrokerError: the broker does not answer, or the topic is missing.
    """
    raw, at = _latest(settings)
    return None if raw is None else Published(from_bundle(raw), at, raw)


def _latest(settings: Settings) -> tuple[bytes | None, int]:
    raw, at = None, 0
    for message in read_all(settings.kafka, [wiring.topics(settings).policies]):
        if message.key == KEY:
            raw, at = message.value, message.timestamp_ms
    return raw, at
