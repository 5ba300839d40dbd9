"""Settings from a command's options, the environment and one TOML file, read by pydantic-settings.

Rules
 1. Options win over the environment, the environment wins over the file, the file wins over the default.
 2. A setting is a field of a pydantic dataclass. Its default, its meaning and its `Source` stand there and nowhere
    else; docs/settings.md is made from them.
 3. An empty value counts as not given, unless empty is the setting's default.
 4. A wrong value is a `ConfigError` that names the setting, the value and what to write. A field with `repr=False` may
    hold a secret: its value is never shown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ConfigDict, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from garbo.errors import ConfigError

# For the dataclasses that hold settings. `slot = 3` in a TOML file means the text "3".
VALUES: Final = ConfigDict(coerce_numbers_to_str=True, hide_input_in_errors=True)

_ADVICE: Final[Mapping[str, str]] = {
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "dict_type": "write a table",
    "greater_than_equal": "write {ge} or more",
    "int_from_float": "write a whole number",
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "literal_error": "write {expected}",
    "mapping_type": "write a table",
    "path_type": "write a path",
    "string_type": "write text",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a setting is read from; the metadata of its field's annotation.

    table, key: its place in the TOML file.
    variable: its environment variable. One that ends in `_` stands for all that begin so: each gives one entry of a
        table, `GARBO_KAFKA_SASL_USERNAME` the entry `sasl.username`.
    option: the option of commands, as typed; empty where there is none.
    """

    table: str
    key: str
    variable: str
    option: str = ""

    @property
    def is_table(self) -> bool:
        return self.variable.endswith("_")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: the field `name` of its dataclass, and where its value comes from."""

    name: str
    source: Source
    info: FieldInfo

    @property
    def label(self) -> str:
        """What an operator may have written, for an error's sentence."""
        variable = self.source.variable + ("*" if self.source.is_table else "")
        others = ", ".join(filter(None, (variable, self.source.option)))
        return f"{self.source.key} in [{self.source.table}] ({others})"


def settings_of(*dataclasses: Any) -> list[Setting]:
    """The settings of pydantic dataclasses: the fields with a `Source`."""
    return [
        Setting(name, source, info)
        for each in dataclasses
        for name, info in each.__pydantic_fields__.items()
        for source in info.metadata
        if isinstance(source, Source)
    ]


def read_settings(
    settings: list[Setting],
    *,
    options: Mapping[str, object],
    environment: Mapping[str, str],
    tables: Mapping[str, object],
    where: str,
    defaults: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """The values of `settings` by name, merged by rule 1 and checked.

    Args:
        options: by the setting's name; None is not given.
        tables: the TOML file's content; `where` names it in errors.
        defaults: for settings that have none of their own.

    Raises:
        ConfigError: a setting is missing, unknown or malformed.
    """
    by_name = {setting.name: setting for setting in settings}
    given = {name: value for name, value in options.items() if value is not None}
    if unknown := sorted(set(given) - set(by_name)):
        raise ConfigError(f"there are no options {', '.join(unknown)}; known: {', '.join(sorted(by_name))}.")

    def by_variable(values: Mapping[str, object]) -> dict[str, object]:
        return {s.source.variable: values[s.name] for s in settings if s.name in values and _counts(s, values[s.name])}

    class Sources(BaseSettings):
        model_config = SettingsConfigDict(case_sensitive=True, extra="forbid", coerce_numbers_to_str=True)

        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: PydanticBaseSettingsSource, **__: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            variables = EnvSettingsSource(settings_cls)
            variables.env_vars = dict(_single_variables(settings, environment))
            return (  # rule 1
                InitSettingsSource(settings_cls, by_variable(given)),
                variables,
                InitSettingsSource(settings_cls, dict(_table_variables(settings, environment))),
                InitSettingsSource(settings_cls, by_variable(_in_file(settings, tables, where))),
                InitSettingsSource(settings_cls, by_variable(defaults or {})),
            )

    fields: dict[str, Any] = {s.source.variable: (s.info.annotation, s.info) for s in settings}
    try:
        found = create_model("Settings", __base__=Sources, **fields)()
    except ValidationError as problem:
        by_place = {s.source.variable: s for s in settings}
        raise ConfigError(" ".join(_sentence(by_place[str(e["loc"][0])], e) for e in problem.errors())) from None
    return {setting.name: getattr(found, setting.source.variable) for setting in settings}


def _counts(setting: Setting, value: object) -> bool:
    """Rule 3."""
    return value != "" or setting.info.default == ""


def _single_variables(settings: list[Setting], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for setting in settings:
        value = environment.get(setting.source.variable)
        if value is not None and _counts(setting, value := value.strip()):
            yield setting.source.variable, value


def _table_variables(settings: list[Setting], environment: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    for setting in settings:
        start = setting.source.variable
        entries = {k.removeprefix(start): v for k, v in environment.items() if k.startswith(start)}
        if setting.source.is_table and entries:
            yield start, {name.lower().replace("_", "."): value for name, value in entries.items()}


def _in_file(settings: list[Setting], tables: Mapping[str, object], where: str) -> dict[str, object]:
    """The file's values by the setting's name."""
    known: dict[str, dict[str, Setting]] = {}
    for setting in settings:
        known.setdefault(setting.source.table, {})[setting.source.key] = setting
    if unknown := sorted(set(tables) - set(known)):
        raise ConfigError(f"{where} has unknown tables {', '.join(unknown)}; known: {', '.join(sorted(known))}.")
    found: dict[str, object] = {}
    for table, content in tables.items():
        if not isinstance(content, Mapping):
            raise ConfigError(f"{table} in {where} is {content!r}; write a table, [{table}].")
        if unknown := sorted(set(content) - set(known[table])):
            keys = ", ".join(sorted(known[table]))
            raise ConfigError(f"[{table}] in {where} has unknown settings {', '.join(unknown)}; known: {keys}.")
        for key, value in content.items():
            setting = known[table][key]
            if setting.source.is_table and not isinstance(value, Mapping):
                raise ConfigError(
                    f"{key} in [{table}] must be a table; write [{table}.{key}] and its entries below it."
                )
            found[setting.name] = value
    return found


def _sentence(setting: Setting, error: ErrorDetails) -> str:
    """Rule 4."""
    if error["type"] == "missing":
        return f"{setting.label} is not set; set one of these."
    advice = _ADVICE.get(error["type"], error["msg"]).format(**error.get("ctx", {}))
    value = f"is {error['input']!r}" if setting.info.repr else "is malformed"
    return f"{setting.label} {value}; {advice}."
