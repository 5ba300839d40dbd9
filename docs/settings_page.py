"""Writes docs/settings.md from the settings and the commands: `python -m docs.settings_page`.

A setting's default and meaning stand in its dataclass, a command's own option in the command. Nothing is repeated here
but what only tests read.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

import click
import typer
from annotated_types import Ge

from garbo.adapters.configuration import Setting, settings_of
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.bootstrap.settings import LOCAL_BROKER, Settings, packaged_example
from garbo.cli import app

KINDS: Final[Mapping[Any, str]] = {str: "text", int: "whole number", bool: "`true` or `false`", Path: "folder"}
PAGE: Final = Path(__file__).with_name("settings.md")

HEAD: Final = """# Settings

This page is made by `make docs` from the code; a test fails when it is stale.

A worker reads its settings from the options of its command, from `GARBO_*` environment variables and from one TOML file
(`--config FILE` or `GARBO_CONFIG`). Options win over the environment, the environment wins over the file. An empty
value counts as not given; where the default is empty, it stands for the default. A malformed value, or an unknown name
in the file, is refused before anything starts.

```toml
[kafka]
bootstrap = "kafka-1:9092,kafka-2:9092"

[kafka.client]
"security.protocol" = "SASL_SSL"     # the password comes from GARBO_KAFKA_SASL_PASSWORD

[worker]
data_dir = "/var/lib/garbo"
```

Garbo's guarantees rest on some of librdkafka's settings (offsets, isolation, partitioner, transactional ids): Garbo
sets them itself, and refuses them in `[kafka.client]`. It also refuses a combination that would send a password in the
clear.
"""

TESTS: Final = """
## For tests only

| variable | meaning |
|---|---|
| `GARBO_CRASH_AT` | the process kills itself between two steps: `commit.before_commit:3`, at the third pass |
| `GARBO_TEST_BOOTSTRAP` | the real Kafka the tests use, `host:port`, instead of one they start themselves |
| `GARBO_REQUIRE_KAFKA` | `1`: tests fail, and are not skipped, where a real Kafka or promtool is missing |

`GARBO_CORRUPT` is no variable but a file: it marks a local table that must be rebuilt.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_settings(), "", "## Settings of single commands", "", *_options(), TESTS])


def _settings() -> Iterator[str]:
    yield "| setting | in the file | variable | option | type | default | meaning |"
    yield "|---|---|---|---|---|---|---|"
    for setting in settings_of(KafkaSettings, Settings):
        source = setting.source
        variable = f"`{source.variable}{'*' if source.is_table else ''}`"
        option = f"`{source.option}`" if source.option else ""
        yield _row(
            f"`{setting.name}`", f"`[{source.table}] {source.key}`", variable, option, _kind(setting),
            _default(setting), setting.info.description or "",
        )  # fmt: skip


def _kind(setting: Setting) -> str:
    """What an operator writes."""
    annotation = setting.info.annotation
    if setting.source.is_table:
        return "table"
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{word}`" for word in get_args(annotation))
    kind = KINDS[next((part for part in get_args(annotation) if part is not NoneType), annotation)]
    least = next((rule.ge for rule in setting.info.metadata if isinstance(rule, Ge)), None)
    return kind if least is None else f"{kind}, {least} or more"


def _default(setting: Setting) -> str:
    if setting.name == "bootstrap":
        return f"`{LOCAL_BROKER}`"
    if setting.info.default_factory is packaged_example:
        return "the packaged example"
    default = setting.info.get_default(call_default_factory=True, validated_data={})
    if default in (None, "", {}):
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _options() -> Iterator[str]:
    """Variables that only options of commands read."""
    yield "| variable | option | of | default | meaning |"
    yield "|---|---|---|---|---|"
    found: dict[str, tuple[click.Option, list[str]]] = {}
    for name, option in options():
        if option.envvar:
            found.setdefault(str(option.envvar), (option, []))[1].append(f"`garbo {name}`")
    for variable, (option, names) in sorted(found.items()):
        default = "none" if option.default is None else f"`{option.default}`"
        yield _row(f"`{variable}`", f"`{option.opts[0]}`", ", ".join(names), default, option.help or "")


def options() -> Iterator[tuple[str, click.Option]]:
    """Each option of each command, with the command's name."""
    yield from _of(typer.main.get_command(app), "")


def _of(command: click.Command, name: str) -> Iterator[tuple[str, click.Option]]:
    children: Mapping[str, click.Command] = getattr(command, "commands", {})
    for child, inner in children.items():
        yield from _of(inner, f"{name} {child}".strip())
    yield from ((name, option) for option in command.params if option.param_type_name == "option")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
