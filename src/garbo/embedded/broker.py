"""The embedded broker: librdkafka's mock cluster, in a process of its own.

The confluent-kafka wheel contains librdkafka, and librdkafka contains a small broker that speaks Kafka's protocol on
loopback. It runs in `python -m garbo.embedded.cluster`, so that a busy worker and its broker do not share an
interpreter, and the log survives a killed worker.

Its limits (use a real Kafka for these):
 1. Memory only. Each partition keeps **at most 5 MiB and 100,000 message sets; the oldest are dropped**, read or
    not: a feeder must wait for its readers.
 2. No CreateTopics: topics are created at the start, with the partition counts given then. Another topic is created
    with four partitions when a client asks for it.
 3. No compaction and no retention by time.
 4. Transactions are accepted but hide nothing: no transactional offsets, no read_committed. Run it with
    `KafkaSettings(transactional=False)`: at least once, in the order outputs, rows, offsets.
 5. One worker a group: workers that rebalance get INVALID_REQUEST where Kafka says REBALANCE_IN_PROGRESS.
 6. When the last member of a group leaves, the next member waits `session.timeout.ms` less a second [measured]:
    restart a worker with a short session timeout, or with `group.protocol=consumer`, which does not wait.
 7. A fetch without records waits its full `fetch.wait.max.ms`.

The child reads one-line JSON commands from stdin and answers each with one line. It ends at the end of its stdin: when
its parent closes it, or is dead for any reason. That needs no signal, and PDEATHSIG would already fire when the
parent's *thread* ends.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from garbo.errors import BrokerError, ConfigError

_STOP_S = 10.0  # the child only has to notice the end of its stdin; after that it is killed


class EmbeddedBroker:
    """`with EmbeddedBroker({"touchpoints": 4}) as broker:` then connect to `broker.bootstrap`.

    Args:
        topics: topic name -> number of partitions; `start` creates all of them.
        rebalance_delay_ms: how long a new group waits for further members. A group has one worker here, so 0.

    Raises:
        ConfigError: a topic has fewer than one partition.
    """

    def __init__(self, topics: Mapping[str, int], *, rebalance_delay_ms: int = 0) -> None:
        for name, partitions in topics.items():
            if partitions < 1:
                raise ConfigError(f"Topic {name}: {partitions} partitions; give it at least one.")
        self._start = {"topics": dict(topics), "rebalance_delay_ms": rebalance_delay_ms}
        self._process: subprocess.Popen[str] | None = None
        self._bootstrap = ""

    @property
    def bootstrap(self) -> str:
        """`host:port` for `bootstrap.servers`."""
        if not self._bootstrap:
            raise BrokerError("The embedded broker is not running; call start() first.")
        return self._bootstrap

    @property
    def pid(self) -> int:
        """The process id of the broker, for tests that kill it."""
        if self._process is None:
            raise BrokerError("The embedded broker is not running; call start() first.")
        return self._process.pid

    def start(self) -> Self:
        """Start the child and create the topics.

        Raises:
            BrokerError: the child did not start; stderr has its message.
        """
        if self._process is not None:
            return self
        self._process = subprocess.Popen(
            [sys.executable, "-m", "garbo.embedded.cluster"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self._bootstrap = str(self._ask(self._start))
        except BrokerError:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the child. Its log is lost."""
        process, self._process, self._bootstrap = self._process, None, ""
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # the child has already ended
            process.stdin.close()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def go_down(self) -> None:
        """Start an outage: connections are cut and refused, the log is kept."""
        self._ask({"do": "down"})

    def come_up(self) -> None:
        """End the outage."""
        self._ask({"do": "up"})

    def fail_next(self, api_key: int, errors: Sequence[int]) -> None:
        """Answer the next requests of `api_key` (0: Produce, 1: Fetch, 8: OffsetCommit) with these codes, one each."""
        self._ask({"do": "fail", "api_key": api_key, "errors": list(errors)})

    def _ask(self, command: Mapping[str, object]) -> object:
        process = self._process
        if process is None:
            raise BrokerError("The embedded broker is not running; call start() first.")
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(command) + "\n")
            process.stdin.flush()
        except OSError as e:
            raise BrokerError(f"The embedded broker has ended ({e}); start it again.") from e
        line = process.stdout.readline()
        if not line:
            raise BrokerError(f"The embedded broker ended with code {process.wait()}; read its message on stderr.")
        answer = json.loads(line)
        if "error" in answer:
            raise BrokerError(f"The embedded broker refused: {answer['error']}")
        return answer["ok"]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
