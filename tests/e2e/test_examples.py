"""The producer and the policy test of examples/, as a user runs them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import PackagedRegistry
from garbo.adapters.kafka.reader import read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.embedded import EmbeddedBroker

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CODEC = AvroCodec(PackagedRegistry())


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env={**os.environ, **environment}, check=False, capture_output=True, text=True)


def sent(bootstrap: str) -> list[tuple[str, bytes | None]]:
    kafka = KafkaSettings(bootstrap, transactional=False)
    records = list(read_all(kafka, ["touchpoints"]))
    return sorted((CODEC.inbound(r.value or b"").event_id, r.key) for r in records)


def test_the_producer_sends_its_file_and_names_the_line_that_is_wrong(
    embedded_broker: Callable[..., EmbeddedBroker], tmp_path: Path
) -> None:
    broker = embedded_broker({"touchpoints": 4})
    producer, visits = EXAMPLES / "producer" / "producer.py", EXAMPLES / "producer" / "visits.csv"
    done = run(producer, visits, GARBO_BOOTSTRAP=broker.bootstrap)
    assert (done.returncode, done.stderr) == (0, "")
    good = [
        ("v-1001", b"customer_id:IT-1001"),
        ("v-1002", b"email:ada@example.org"),
        ("v-1003", b"customer_id:IT-1002"),
    ]
    assert sent(broker.bootstrap) == good
    mixed = tmp_path / "visits.csv"
    lines = visits.read_text("utf-8").splitlines()
    mixed.write_text(
        "\n".join([lines[0], "v-2,2024-03-04T09:12:30+01:00,page_view,mortgage,,nobody", lines[1]]), "utf-8"
    )
    done = run(producer, mixed, GARBO_BOOTSTRAP=broker.bootstrap)
    assert done.returncode == 1
    assert (
        done.stderr.strip() == f"{mixed}:2: email is no e-mail address; write it as name@example.org, or leave it out."
    )
    assert sent(broker.bootstrap) == sorted([*good, good[0]])


def test_the_policy_test_passes_and_fails_when_the_policy_does_otherwise(tmp_path: Path) -> None:
    test = EXAMPLES / "policy_test" / "test_my_policy.py"
    done = run("-m", "pytest", test, "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
    (tmp_path / "policy_test").mkdir()
    (tmp_path / "bank").mkdir()
    for path in (EXAMPLES / "bank").glob("*.yaml"):
        (tmp_path / "bank" / path.name).write_bytes(path.read_bytes())
    contact = tmp_path / "bank" / "contact_policy.yaml"
    contact.write_text(
        contact.read_text("utf-8").replace("pause: 30d, scope: theme", "pause: 1d, scope: theme"), "utf-8"
    )
    copied = tmp_path / "policy_test" / test.name
    copied.write_bytes(test.read_bytes())
    done = run("-m", "pytest", copied, "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path)
    assert done.returncode == 1, done.stdout
    assert "1 failed, 3 passed" in done.stdout
