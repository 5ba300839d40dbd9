"""What README.md shows of one event: its JSON, its decision record, `garbo explain`. `python -m tests.docs.readme`
writes the last two into the page again after the example bank has changed."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
from typer.testing import CliRunner

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import as_counts, topic_specs
from garbo.adapters.kafka.writer import Writer
from garbo.bootstrap.settings import packaged_example
from garbo.cli import app
from garbo.embedded import EmbeddedBroker
from garbo.policy.loader import load
from garbo.simulation.jsonl import read_jsonl
from garbo.testing.driver import Driver

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
STORY = Path(__file__).with_name("ann.jsonl")
PARTITIONS = 4
COMMAND = ("explain", "customer_id:4711", "--last", "1")
PROMPT = f"$ garbo {' '.join(COMMAND)}\n"


def block(text: str, name: str) -> str:
    """The code block of README.md after the comment `name`."""
    found = _block(name).search(text)
    assert found is not None, f"README.md has no block {name}"
    return found[2]


def _block(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name} -->\n```\w*\n)(.*?)(?=```)", re.DOTALL)


def played() -> Driver:
    """Ann's story, decided by the example bank."""
    driver = Driver(load(packaged_example()), partitions=PARTITIONS)
    for message in read_jsonl(STORY):
        driver.send(message)
    return driver


def event() -> dict[str, Any]:
    """The last message of the story."""
    found: dict[str, Any] = json.loads(STORY.read_text("utf-8").splitlines()[-1])
    return found


def record(driver: Driver) -> dict[str, Any]:
    """The decision record of the last message."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(driver.decisions()[-1]))
    return found


def published(driver: Driver, kafka: KafkaSettings) -> None:
    """Writes the story's decision records where `garbo explain` looks for them."""
    with Writer(kafka) as writer:
        for message in driver.log[driver.topics.decisions]:
            writer.write(kafka.topic("decisions"), message.key, message.value)


def explained(kafka: KafkaSettings) -> str:
    """The output of `garbo explain` as a terminal shows it."""
    env = {"GARBO_TRANSACTIONAL": str(kafka.transactional).lower(), "COLUMNS": "200"}
    options = ["--bootstrap", kafka.bootstrap, "--prefix", kafka.prefix]
    result = CliRunner().invoke(app, [*COMMAND, *options], env=env)
    assert result.exit_code == 0, result.exception
    return result.stdout


def redrawn(text: str) -> str:
    """README.md with the record's values and the explanation as they are now."""
    driver = played()
    with EmbeddedBroker(as_counts(topic_specs(PARTITIONS))) as broker:
        kafka = KafkaSettings(bootstrap=broker.bootstrap, transactional=False)
        published(driver, kafka)
        output = explained(kafka)
    shown, now = json.loads(block(text, "record")), record(driver)
    new = {name: now[name] for name in shown}
    new["scored"] = [
        {name: full[name] for name in part} for part, full in zip(shown["scored"], now["scored"], strict=True)
    ]
    values = {"record": json.dumps(new, indent=2, ensure_ascii=False) + "\n", "explain": f"{PROMPT}{output}"}
    for name, value in values.items():
        text = _block(name).sub(lambda found, value=value: found[1] + value, text)
    return text


if __name__ == "__main__":
    README.write_text(redrawn(README.read_text("utf-8")), "utf-8")
