"""`garbo run` as an operator runs it: a process, its health, its end."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import create, topic_specs

pytestmark = pytest.mark.kafka


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def command(kafka: KafkaSettings, *options: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "garbo.cli",
        "run",
        "--bootstrap",
        kafka.bootstrap,
        "--prefix",
        kafka.prefix,
        *options,
    ]


@pytest.fixture
def port() -> int:
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.fixture(params=[(), ("--processor", "decide")], ids=["all processors", "decide alone"])
def worker(
    request: pytest.FixtureRequest, kafka_settings: KafkaSettings, port: int
) -> Iterator[subprocess.Popen[bytes]]:
    create(kafka_settings, topic_specs(4, kafka_settings.prefix))
    process = subprocess.Popen(command(kafka_settings, "--metrics-port", str(port), *request.param))
    yield process
    process.kill()
    process.wait()


def test_a_worker_becomes_ready_tells_its_metrics_and_leaves_in_order(
    worker: subprocess.Popen[bytes], port: int
) -> None:
    """Not ready before it has its partitions; SIGTERM ends it with code 0."""
    deadline = time.monotonic() + 60
    status = 0
    while status != 200 and time.monotonic() < deadline:
        assert worker.poll() is None
        try:
            status, _ = get(port, "/readyz")
        except OSError:
            status = 0
        time.sleep(0.1)
    assert status == 200
    assert get(port, "/healthz")[0] == 200
    assert 'garbo_assigned_partitions{processor="decide"} 4.0' in get(port, "/metrics")[1]
    os.kill(worker.pid, signal.SIGTERM)
    assert worker.wait(30) == 0


def test_missing_topics_are_one_sentence_that_says_what_to_do(kafka_settings: KafkaSettings) -> None:
    done = subprocess.run(
        command(kafka_settings, "--metrics-port", "-1"), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "garbo topics --create" in done.stderr
    assert "Traceback" not in done.stderr
