"""docs/settings.md names every setting as the code knows it."""

import re
from pathlib import Path

from docs.settings_page import PAGE, options, page
from garbo.adapters.configuration import settings_of
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.bootstrap.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = re.compile(r"GARBO_[A-Z_]+")


def test_the_page_is_what_the_code_says() -> None:
    """Otherwise: `make docs`."""
    assert PAGE.read_text("utf-8") == page()


def test_every_variable_the_code_and_the_tests_setup_name_is_on_the_page() -> None:
    files = [*(ROOT / "src").rglob("*.py"), ROOT / "docker-compose.yml", ROOT / "tests" / "conftest.py"]
    named = {variable for file in files for variable in VARIABLE.findall(file.read_text("utf-8"))}
    on_page = set(VARIABLE.findall(page()))
    # One such name stands for all that begin like it.
    assert {v for v in named - on_page if not v.startswith("GARBO_KAFKA_") and v != "GARBO_"} == set()
    assert "GARBO_KAFKA_" in on_page


def test_every_setting_says_what_it_means_and_no_two_share_a_name() -> None:
    settings = settings_of(KafkaSettings, Settings)
    assert [setting.name for setting in settings if not setting.info.description] == []
    for names in (
        [setting.name for setting in settings],
        [setting.source.variable for setting in settings],
        [(setting.source.table, setting.source.key) for setting in settings],
    ):
        assert len(set(names)) == len(names)


def test_every_option_of_a_setting_is_one_of_a_command() -> None:
    known = {word for _, option in options() for word in option.opts}
    named = {setting.source.option for setting in settings_of(KafkaSettings, Settings)} - {""}
    assert named - known == set()
    assert len(named) > 5


def test_every_option_that_reads_a_variable_says_what_it_means() -> None:
    assert [option.name for _, option in options() if option.envvar and not option.help] == []
