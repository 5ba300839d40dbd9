"""A pipeline of a command's own: an embedded broker in one child process and a worker in another."""

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import as_counts, topic_specs
from garbo.bootstrap.settings import Settings
from garbo.core.policy.policy import Policy
from garbo.embedded import EmbeddedBroker
from garbo.replay.worker import Worker

# librdkafka's log lines would break the progress bar; its errors arrive as errors.
QUIET: Final = {"log_level": "2"}


def embedded(stack: ExitStack, partitions: int, policy: Policy) -> KafkaSettings:
    """An embedded broker with the topics that `policy` needs, until `stack` closes."""
    specs = topic_specs(partitions, channels=policy.vocabulary.command_channels)
    own = stack.enter_context(EmbeddedBroker(as_counts(specs)))
    return KafkaSettings(bootstrap=own.bootstrap, transactional=False, client=QUIET)


def worker(
    stack: ExitStack, settings: Settings, folder: Path, *, commit_ms: int | None = None
) -> tuple[Worker, float]:  # fmt: skip
    """Start a worker on stream time, until `stack` closes, and wait until it is ready.

    Args:
        commit_ms: its commit interval in milliseconds; None: as in the settings.

    Returns:
        The worker, and the seconds until it was ready.
    """
    kafka, began = settings.kafka, time.monotonic()
    command = [sys.executable, "-m", "garbo.cli", "run", "--clock", "stream", "--log-level", "warning"]
    options = {
        "--policy": settings.policy_dir, "--bootstrap": kafka.bootstrap, "--prefix": kafka.prefix,
        "--data": folder / "data",
    }  # fmt: skip
    command += [str(argument) for pair in options.items() for argument in pair]
    environment = {"GARBO_TRANSACTIONAL": str(kafka.transactional).lower()}
    if commit_ms is not None:
        environment["GARBO_COMMIT_INTERVAL_MS"] = str(commit_ms)
    started = stack.enter_context(Worker(command, environment, folder / "worker.log"))
    started.wait_ready()
    return started, time.monotonic() - began
