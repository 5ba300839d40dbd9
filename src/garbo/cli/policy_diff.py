"""`garbo policy diff A B`: what changed between two policies in words, and what it would change."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape

from garbo.bootstrap.settings import Settings, load_settings
from garbo.cli import what_if
from garbo.cli.policies import Policies
from garbo.core.policy.policy import Policy
from garbo.errors import ConfigError, PolicyError
from garbo.policy.diff import Sentence, differences, sentences
from garbo.policy.loader import load

VERSION: Final = re.compile(r"[0-9a-f]{12}")


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="Policy folder, or the version of a published policy.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Policy folder, or the version of a published policy.")],
    log: Annotated[
        bool, typer.Option("--log", help="Also make the recorded decisions of policy A again under policy B.")
    ] = False,
    full: Annotated[
        bool,
        typer.Option("--full", help="With --log: replay the whole log under B, so that earlier changes act on later."),
    ] = False,
    show: Annotated[
        int, typer.Option(min=0, help="With --log: list so many of the decisions that come out otherwise.")
    ] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, with all the decisions.")] = False,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka broker, host:port (or GARBO_BOOTSTRAP).")] = None,
    prefix: Annotated[str | None, typer.Option(help="Prefix of all topic names (or GARBO_TOPIC_PREFIX).")] = None,
    config: Annotated[Path | None, typer.Option(envvar="GARBO_CONFIG", help="TOML file with settings.")] = None,
) -> None:
    """Say in words what changed from policy A to policy B, and with --log what that would change.

    By default each recorded decision is made again alone, from its own recorded row (one step). docs/what-if.md.
    """
    if full and not log:
        raise ConfigError("--full replays the log: add --log.")
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
    old, new = found(before, settings), found(after, settings)
    said = sentences(differences(old, new), new.zone)
    if not as_json:
        _print(Console(highlight=False), before, after, old, new, said)
    seen = what_if.run(settings, old, new, full=full, keep=None if as_json else show) if log else None
    if as_json:
        print(json.dumps(_data(before, after, old, new, said, seen), indent=2, ensure_ascii=False))
    elif seen is not None:
        what_if.show(seen, Console(highlight=False))


def found(word: str, settings: Settings) -> Policy:
    """The policy in the folder `word`, or the published one of this version.

    Raises:
        PolicyError: the policy has errors, or no policy of this version was published.
        BrokerError: a version is asked for, and the broker does not answer.
    """
    folder = Path(word)
    if folder.is_dir() or not VERSION.fullmatch(word):
        return load(folder)
    policy = Policies(settings).get(word)
    if policy is None:
        raise PolicyError(f"no policy of version {word} was published here: give its folder, or check --prefix.")
    return policy


def _print(
    out: Console, before: str, after: str, old: Policy, new: Policy, said: Sequence[Sentence]
) -> None:  # fmt: skip
    out.print(f"[bold]A[/] {escape(before)}: version {old.version}", soft_wrap=True)
    out.print(f"[bold]B[/] {escape(after)}: version {new.version}", soft_wrap=True)
    for one in said:
        out.print(f"- {escape(one.text)}")
    if not said:
        same = old.version == new.version
        out.print("nothing changes" + ("" if same else ": the texts differ in comments, order or layout only"))


def _data(
    before: str, after: str, old: Policy, new: Policy, said: Sequence[Sentence], seen: "what_if.Seen | None"
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "a": {"policy": before, "version": old.version},
        "b": {"policy": after, "version": new.version},
        "changes": [one.data() for one in said],
    }
    if seen is not None:
        data["what_if"] = seen.data()
    return data
