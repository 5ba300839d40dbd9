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
IMAGE = "apache/kafka:4.1.1"  # the compose file's, and the version deploy/kafka/pom.xml takes from Maven


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
        with _container_kafka() as bootstrap:
            yield bootstrap
    else:
        with maven_kafka() as kafka:
            yield kafka.bootstrap


@contextmanager
def _container_kafka() -> Iterator[str]:
    """Apache's own image; testcontainers' KafkaContainer knows Confluent's only."""
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    (port,) = _free_ports(1)  # an advertised address must be known before the broker starts
    container = DockerContainer(IMAGE).with_bind_ports(9092, port)
    host = container.get_container_host_ip()
    for name, value in {
        "NODE_ID": "1",
        "PROCESS_ROLES": "broker,controller",
        "LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "ADVERTISED_LISTENERS": f"PLAINTEXT://{host}:{port}",
        "LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "AUTO_CREATE_TOPICS_ENABLE": "false",
        "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "OFFSETS_TOPIC_NUM_PARTITIONS": "4",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_NUM_PARTITIONS": "4",
        "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_MIN_ISR": "1",
    }.items():
        container.with_env(f"KAFKA_{name}", value)
    with container.waiting_for(LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(120)):
        yield f"{host}:{port}"


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
