"""Options, environment, file, defaults: which one wins, and how a mistake is named."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from pydantic.dataclasses import dataclass

from garbo.adapters.configuration import VALUES, Source, read_settings, settings_of
from garbo.errors import ConfigError


@dataclass(frozen=True, config=VALUES)
class Shop:
    name: Annotated[str, Source("shop", "name", "GARBO_NAME", "--name")]
    doors: Annotated[int, Source("shop", "doors", "GARBO_DOORS")] = Field(default=2, ge=1)
    folder: Annotated[Path | None, Source("shop", "folder", "GARBO_FOLDER")] = None
    open: Annotated[bool, Source("shop", "open", "GARBO_OPEN")] = True
    light: Annotated[Literal["day", "night"], Source("shop", "light", "GARBO_LIGHT")] = "day"
    sign: Annotated[str, Source("shop", "sign", "GARBO_SIGN")] = ""
    safe: Annotated[int, Source("shop", "safe", "GARBO_SAFE")] = Field(default=0, repr=False)
    extra: Annotated[dict[str, str], Source("shop", "extra", "GARBO_EXTRA_")] = Field(default_factory=dict)


def shop(
    file: dict[str, object] | None = None, environment: dict[str, str] | None = None, **options: object
) -> dict[str, Any]:
    return read_settings(
        settings_of(Shop),
        options=options,
        environment=environment or {},
        tables={"shop": file or {}},
        where="shop.toml",
        defaults={"name": "the default"},
    )


def test_options_win_over_the_environment_it_over_the_file_and_the_file_over_the_default() -> None:
    file: dict[str, object] = {"name": "file"}
    assert "the default" == shop()["name"]
    assert "file" == shop(file)["name"]
    assert "environment" == shop(file, {"GARBO_NAME": "environment"})["name"]
    assert "option" == shop(file, {"GARBO_NAME": "environment"}, name="option")["name"]
    assert "environment" == shop(file, {"GARBO_NAME": "environment"}, name=None)["name"]


def test_words_become_what_the_setting_is() -> None:
    environment = {"GARBO_DOORS": "3", "GARBO_FOLDER": "a/b", "GARBO_OPEN": " No ", "GARBO_LIGHT": "night"}
    found = shop(None, environment)
    assert (3, Path("a/b"), False, "night") == (found["doors"], found["folder"], found["open"], found["light"])


def test_a_number_in_the_file_is_text_where_text_is_wanted() -> None:
    assert "7" == shop({"name": 7})["name"]


def test_an_empty_value_counts_as_not_given_unless_empty_is_the_default() -> None:
    file: dict[str, object] = {"folder": "", "name": "file", "sign": "file"}
    assert shop(file, {"GARBO_NAME": "", "GARBO_SIGN": ""}) == {**shop(), "name": "file", "sign": ""}


def test_entries_of_a_table_come_from_file_and_environment_one_by_one() -> None:
    file: dict[str, object] = {"extra": {"a.b": "file", "c": "file"}}
    assert {"a.b": "environment", "c": "file", "d": "x"} == shop(
        file, {"GARBO_EXTRA_A_B": "environment", "GARBO_EXTRA_D": "x"}
    )["extra"]


@pytest.mark.parametrize(
    ("file", "environment", "sentence"),
    [
        ({"doors": "many"}, {}, "doors in [shop] (GARBO_DOORS) is 'many'; write a whole number."),
        ({}, {"GARBO_DOORS": "0"}, "doors in [shop] (GARBO_DOORS) is '0'; write 1 or more."),
        ({}, {"GARBO_OPEN": "maybe"}, "open in [shop] (GARBO_OPEN) is 'maybe'; write true or false."),
        ({"light": "dusk"}, {}, "light in [shop] (GARBO_LIGHT) is 'dusk'; write 'day' or 'night'."),
        ({"name": ["a"]}, {}, "name in [shop] (GARBO_NAME, --name) is ['a']; write text."),
        ({"extra": "x"}, {"GARBO_EXTRA_A": "b"}, "extra in [shop] must be a table"),
        ({"door": 1}, {}, "[shop] in shop.toml has unknown settings door; known: doors, extra"),
        ({"safe": "s3cret"}, {}, "safe in [shop] (GARBO_SAFE) is malformed; write a whole number."),
    ],
)
def test_a_mistake_names_the_setting_the_value_and_what_to_write(
    file: dict[str, object], environment: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigError) as problem:
        shop(file, environment)
    assert sentence in str(problem.value)
    assert "s3cret" not in str(problem.value)


def test_two_mistakes_are_two_sentences() -> None:
    with pytest.raises(ConfigError, match=r"many.*dusk"):
        shop({"doors": "many", "light": "dusk"})


def test_what_nobody_knows_is_refused() -> None:
    settings = settings_of(Shop)
    with pytest.raises(ConfigError, match=r"shop.toml has unknown tables shopp; known: shop"):
        read_settings(settings, options={}, environment={}, tables={"shopp": {}}, where="shop.toml")
    with pytest.raises(ConfigError, match=r"no options nam; known: .*name"):
        shop(nam="x")
    with pytest.raises(ConfigError, match=r"shop in shop.toml is 3; write a table, \[shop\]"):
        read_settings(settings, options={}, environment={}, tables={"shop": 3}, where="shop.toml")


def test_what_must_be_set_is_asked_for_by_every_name_it_has() -> None:
    with pytest.raises(ConfigError, match=r"name in \[shop\] \(GARBO_NAME, --name\) is not set"):
        read_settings(settings_of(Shop), options={}, environment={}, tables={}, where="")
