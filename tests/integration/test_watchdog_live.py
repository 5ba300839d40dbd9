"""The watchdog in a live process: a process that hangs is ended with all stacks on stderr, a stopped one goes on."""

import re
import signal
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from garbo.runtime.exit_codes import ExitCode
from tests.integration.counting import Names, counts, create_topics, produce, wait_committed
from tests.integration.misbehaving import Worker

pytestmark = pytest.mark.kafka

# The watchdog's own limit is 15 s; what is tried here does not depend on its size. It must be more than the watchdog's
# beat and what it takes for a standstill, 3 s together.
LIMIT_S = 4.0
LIMITS = {"heartbeat_s": LIMIT_S}
ENDED_S = 60.0  # until somebody gives up waiting for the end


@pytest.mark.timeout(240)
def test_processes_that_hang_are_ended_and_their_successors_do_the_work(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    """One in its processor, one in its event loop, side by side."""
    where = {"processor": "in process", "loop": "in ready"}
    sent: dict[str, Counter[bytes]] = {}
    with ExitStack() as stack:
        workers = {}
        for hang in where:
            create_topics(kafka, Names.of(prefix + hang))
            worker = Worker(kafka, prefix + hang, tmp_path / hang, settings={"static_membership": True})
            workers[hang] = stack.enter_context(worker).start(hang=hang, at="event 150", limits=LIMITS)
        for hang, worker in workers.items():
            worker.wait_said("ready")
            sent[hang] = produce(kafka, Names.of(prefix + hang).events, 200)
        for hang, worker in workers.items():
            gone = worker.wait_gone(ENDED_S)
            assert gone.code == ExitCode.STUCK
            stuck = re.search(
                r"garbo: leaving with code 1: count: the event loop has been stuck for (\d+) s", gone.said
            )
            assert stuck is not None, gone.said
            assert int(stuck[1]) >= LIMIT_S
            # Every thread's stack, and in one of them the line it hangs at.
            assert gone.said.count("most recent call first") > 3
            assert where[hang] in gone.said
            worker.start()
        for hang in workers:
            names = Names.of(prefix + hang)
            wait_committed(kafka, names.group, names.events)
    for hang in workers:
        assert counts(kafka, Names.of(prefix + hang).changelog) == (sent[hang], 0)


@pytest.mark.timeout(240)
def test_a_process_that_was_stopped_longer_than_the_limit_is_not_blamed(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    names = Names.of(prefix)
    create_topics(kafka, names)
    with Worker(kafka, prefix, tmp_path, settings={"session_timeout_ms": 45_000}, limits=LIMITS) as worker:
        worker.start().wait_said("ready")
        sent = produce(kafka, names.events, 100)
        wait_committed(kafka, names.group, names.events)
        worker.signal(signal.SIGSTOP)
        worker.wait_stopped()
        time.sleep(LIMIT_S + 2.0)  # the process's own clock must pass the limit while it stands still
        sent += produce(kafka, names.events, 100, start=100)
        worker.signal(signal.SIGCONT)
        wait_committed(kafka, names.group, names.events)
        assert worker.process is not None
        assert worker.process.poll() is None, worker.said
        worker.signal(signal.SIGTERM)
        assert worker.wait_gone(60).code == ExitCode.DONE
    assert counts(kafka, names.changelog) == (sent, 0)


@pytest.mark.timeout(240)
def test_c_code_that_keeps_the_gil_is_ended_and_another_worker_takes_its_partitions(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    """The watchdog's thread never ran: the worker kept its partitions for ever."""
    names = Names.of(prefix)
    create_topics(kafka, names)
    with (
        Worker(kafka, prefix, tmp_path / "stuck", limits=LIMITS) as stuck,
        Worker(kafka, prefix, tmp_path / "other", settings={"slot": "1"}) as other,
    ):
        stuck.start(hang="C code", at="event 150").wait_said("ready")
        sent = produce(kafka, names.events, 200)
        gone = stuck.wait_gone(ENDED_S)
        assert gone.code == -signal.SIGPROF, gone.said
        assert "in fullmatch" in gone.said
        other.start().wait_said("ready")
        wait_committed(kafka, names.group, names.events)
    assert counts(kafka, names.changelog) == (sent, 0)
