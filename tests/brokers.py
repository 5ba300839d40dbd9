"""Brokers for tests and benchmarks: `with real_kafka() as bootstrap:`.

A real Kafka is found in this order: the one GARBO_TEST_BOOTSTRAP names; a container where a Docker engine answers;
Kafka from Maven where Java and Maven are there (deploy/kafka/start.sh). Where none is, `NoKafka` says why.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[1] / "deploy" / "kafka"
IMAGE = "confluentinc/cp-kafka:8.1.1"  # Apache Kafka 4.1.1 in the packaging testcontainers knows how to start


class NoKafka(Exception):
    """No real Kafka can be had here, and why."""


class MavenKafka:
    """One Kafka of our own, from Maven: can be stopped, killed and started again on the same data and port."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port, self.controller_port = _free_ports(2)
        self.bootstrap = f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return int((self.directory / "kafka.pid").read_text())

    def start(self) -> None:
        command = [str(SCRIPTS / "start.sh"), str(self.directory), str(self.port), str(self.controller_port)]
        # The owner: should this process be killed, the broker goes too.
        env = {**os.environ, "KAFKA_OWNER": str(os.getpid())}
        # Into a file, not a pipe: the broker inherits it and would hold a pipe open for ever.
        with (self.directory / "start.log").open("w+") as log:
            done = subprocess.run(command, check=False, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            log.seek(0)
            if done.returncode:
                raise NoKafka(f"Kafka from Maven did not start: {log.read()[-2000:]}")

    def stop(self) -> None:
        """An orderly shutdown; the data stays."""
        subprocess.run([str(SCRIPTS / "stop.sh"), str(self.directory)], check=True, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """kill -9: a broker crash. `start` brings it back."""
        os.kill(self.pid, 9)
        (self.directory / "kafka.pid").unlink()
        while _answers(self.port):  # a process this large takes a moment to die, and its sockets with it
            time.sleep(0.05)


@contextmanager
def maven_kafka() -> Iterator[MavenKafka]:
    """A Kafka of one's own, for tests that stop or kill it.

    Raises:
        NoKafka: Java or Maven is missing, or it did not start.
    """
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise NoKafka(f"{program} is not installed (apt-get install default-jre-headless maven)")
    directory = Path(tempfile.mkdtemp(prefix="garbo-kafka-"))
    kafka = MavenKafka(directory)
    try:
        kafka.start()
        yield kafka
    finally:
        kafka.stop()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def real_kafka() -> Iterator[str]:
    """The bootstrap address of a real Kafka.

    Raises:
        NoKafka: none can be had here, and why.
    """
    if given := os.environ.get("GARBO_TEST_BOOTSTRAP"):
        yield given
    elif _docker_answers():
        from testcontainers.community.kafka import KafkaContainer

        container = (
            KafkaContainer(IMAGE)
            .with_kraft()
            .with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
            .with_env("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1")
            .with_env("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1")
        )
        with container:
            yield container.get_bootstrap_server()
    else:
        with maven_kafka() as kafka:
            yield kafka.bootstrap


def _docker_answers() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        return subprocess.run([docker, "info"], check=False, capture_output=True, timeout=10).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _free_ports(count: int) -> list[int]:
    """Ports free a moment ago; held all at once, so they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def _answers(port: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0
