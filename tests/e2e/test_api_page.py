"""Every Python snippet of docs/api.md and docs/dispatchers.md runs, on a broker where it needs one."""

import contextlib
import io
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.writer import Writer
from garbo.client import Command
from garbo.embedded import EmbeddedBroker

ROOT = Path(__file__).resolve().parents[2]
CODEC = AvroCodec(PackagedRegistry())
TOPICS = ("touchpoints", "consents", "outcomes", "profiles", "actions.email")
SNIPPETS: list[tuple[str, str]] = [
    (f"{page}, {number}", source)
    for page in ("docs/api.md", "docs/dispatchers.md")
    for number, source in enumerate(
        re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE), start=1
    )
]
HOUR = 3_600_000


@pytest.fixture
def broker(
    embedded_broker: Callable[..., EmbeddedBroker], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> KafkaSettings:
    """A broker, and a folder that holds examples/ and takes what a snippet writes."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return KafkaSettings(embedded_broker(dict.fromkeys(TOPICS, 2)).bootstrap, transactional=False)


def run(source: str, kafka: KafkaSettings) -> tuple[dict[str, Any], str]:
    said, names = io.StringIO(), {"__name__": "snippet"}
    code = compile(source.replace("127.0.0.1:9092", kafka.bootstrap), "snippet", "exec", dont_inherit=True)
    with contextlib.redirect_stdout(said):
        exec(code, names)
    return names, said.getvalue()


def events(kafka: KafkaSettings) -> list[tuple[str, str]]:
    records = read_all(kafka, ["touchpoints", "consents", "outcomes", "profiles"])
    return sorted((r.topic, CODEC.inbound(r.value or b"").event_id) for r in records)


def snippet(start: str) -> str:
    return next(source for _, source in SNIPPETS if start in source)


@pytest.mark.parametrize(("place", "source"), [s for s in SNIPPETS if ".run()" not in s[1]], ids=lambda s: s[:24])
def test_a_snippet_runs(place: str, source: str, broker: KafkaSettings) -> None:
    run(source, broker)


def test_what_the_producer_snippets_send_has_arrived(broker: KafkaSettings) -> None:
    _, said = run(snippet("form 4711"), broker)
    assert [topic for topic, _ in events(broker)] == ["consents", "profiles", "touchpoints"]
    assert ("touchpoints", "crm-81723") in events(broker)
    (promised,) = re.findall(r"print\(problem\)  # (.*)", snippet("form 4711"))
    assert said.strip() == promised
    run(snippet('garbo.outcome("accepted"'), broker)
    assert ("outcomes", "a-5f2e:accepted") in events(broker)


@pytest.mark.parametrize(("place", "source"), [s for s in SNIPPETS if ".run()" in s[1]], ids=lambda s: s[:24])
def test_the_dispatcher_snippet_delivers_and_reports(place: str, source: str, broker: KafkaSettings) -> None:
    now = time.time_ns() // 1_000_000
    command = Command(
        "a-1", "d-1", "p-1", "email", "thanks", "marketing", "own_promotion", "", now, now + HOUR,
        "ada@example.org", "en", "Hello Ada", {},
    )  # fmt: skip
    with Writer(broker) as writer:
        writer.write("actions.email", b"p-1", CODEC.encode(command))
    names, _ = run(source.replace("dispatcher.run()", ""), broker)  # it would run in this thread, for ever
    thread = threading.Thread(target=names["dispatcher"].run)
    thread.start()
    try:
        end = time.monotonic() + 30
        while ("outcomes", "a-1:delivered") not in events(broker):
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        names["dispatcher"].stop()
        thread.join(20)
    assert not thread.is_alive()
