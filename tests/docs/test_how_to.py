"""docs/how-to.md answers each question with at most three files, and every path it names is there."""

import re
import shutil
from pathlib import Path

from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Identifier, Touchpoint
from garbo.core.vocabulary.reasons import DeadLetterReason
from garbo.policy.loader import load
from garbo.processors.ports import InboundMessage
from garbo.testing.driver import Driver

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "how-to.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| ([^|]+\?) \| (.+) \|$", TEXT, re.MULTILINE))
ASKED = ("cap", "a channel", "an event", "a gate", "a metric", "a model", "quiet hours", "timers")


def test_the_questions_everybody_asks_are_there() -> None:
    assert [word for word in ASKED if not any(word in question for question in ROWS)] == []


def test_at_most_three_files_answer_a_question() -> None:
    assert [question for question, files in ROWS.items() if not 1 <= files.count("`") / 2 <= 3] == []


def test_every_path_it_names_is_there() -> None:
    named = re.findall(r"`((?:src|tests|docs|schemas|examples|deploy)/[\w./-]+)`", TEXT)
    assert len(named) > 25
    paths = [name for name in named if not name.isupper() and "NAME" not in name]
    assert sorted({name for name in paths if not (ROOT / name).exists()}) == []


def test_the_yaml_it_shows_loads(tmp_path: Path) -> None:
    """The quiet hours are the bank's; the kind of touchpoint may be added, and events of it are decided."""
    quiet, kind = (block for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL))
    folder = tmp_path / "bank"
    shutil.copytree(ROOT / "examples" / "bank", folder)
    head, line = quiet.splitlines()
    contact = (folder / "contact_policy.yaml").read_text("utf-8")
    assert f"\n{head}\n" in contact
    assert f"\n{line}\n" in contact
    journey = folder / "journey.yaml"
    journey.write_text(journey.read_text("utf-8").replace("touchpoints:\n", f"touchpoints:\n{kind}"), "utf-8")
    assert load(folder).touchpoints["loan_calculator"].interest == 1.5


def test_an_undeclared_kind_is_a_dead_letter() -> None:
    driver = Driver(load(ROOT / "examples" / "bank"))
    body = Touchpoint(Channel.WEB, "nobody_declared_it", identifiers=(Identifier("cookie", "c-1"),))
    driver.send(InboundMessage("e-1", 1_773_135_000_000, body))
    assert [] == driver.decisions()
    (letter,) = driver.dead_letters()
    found = driver.codec.dead_letter(letter.value or b"")
    assert (DeadLetterReason.UNKNOWN_WORD, "the kind 'nobody_declared_it' is not declared") == (
        found.reason,
        found.detail,
    )
