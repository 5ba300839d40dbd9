"""What a process hosts: one processor, or several side by side in one event loop.

run_processors([HostedProcessor(settings, processor, kafka)])   a process of its own: its exit code after SIGTERM
host = ProcessorHost([...]); host.start(); host.stop()          in a thread of a test or of the demo
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import BrokerError, GarboError
from garbo.faust_host.app import ProcessorApp
from garbo.processors.ports import Processor
from garbo.runtime.exit_codes import ExitCode, Leave, leave_process
from garbo.runtime.lag import LagMeter
from garbo.runtime.observer import SILENT, ProcessorObserver
from garbo.runtime.processor_runtime import ProcessorRuntime
from garbo.runtime.settings import ProcessorSettings
from garbo.runtime.stuck_guard import StuckGuard
from garbo.runtime.topic_check import check_topics
from garbo.runtime.watchdog import Limits, Watchdog

log = logging.getLogger(__name__)

BEAT_S = 1.0
GRACE_S = 3.0  # the guard's limit is longer than the watchdog's: who can still run Python says more
HOST_THREAD = "processors"  # the thread of a `ProcessorHost`, whose event loop a profiler samples


class HostedProcessor(NamedTuple):
    """What is hosted: where it reads and writes, what it does, and who observes it."""

    settings: ProcessorSettings
    processor: Processor
    kafka: KafkaSettings
    observer: ProcessorObserver = SILENT


def create_app(hosted: HostedProcessor, leave: Leave = leave_process) -> ProcessorApp:
    """One processor as a Faust app, not started."""
    return ProcessorApp(hosted.settings, hosted.kafka, hosted.processor, hosted.observer, leave)


def run_processors(
    processors: Sequence[HostedProcessor],
    limits: Limits | None = None,
    on_ready: Callable[[], None] | None = None,
) -> int:
    """Host the processors in this process until SIGTERM or SIGINT: commit, leave the groups, return 0.

    A processor that cannot go on ends the process (`os._exit`) with an `ExitCode` the supervisor restarts on.

    Raises:
        TopicError: a topic is missing or has the wrong partition count.
        BrokerError: the broker does not answer.
    """
    for hosted in processors:
        check_topics(hosted.kafka, hosted.settings)

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        apps = [create_app(hosted) for hosted in processors]
        guard = StuckGuard((limits or Limits()).heartbeat_s + GRACE_S)
        guard.start()
        try:
            await _host(apps, leave_process, limits, stop, on_ready or _nothing, guard.beat)
        finally:
            guard.stop()

    asyncio.run(main())
    return int(ExitCode.DONE)


class ProcessorHost:
    """The same in a thread of its own: for tests and the demo, where ending the process is not wanted.

    A processor that cannot go on stops the host; `failure` says why.
    """

    def __init__(self, processors: Sequence[HostedProcessor], limits: Limits | None = None) -> None:
        self._processors, self._limits = processors, limits
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._changed = threading.Condition()
        self._ready = False
        self._thread = threading.Thread(target=self._run, name=HOST_THREAD, daemon=True)
        self.apps: list[ProcessorApp] = []  # in the order of the processors, once the thread runs
        self.failure: GarboError | None = None

    def start(self) -> Self:
        """Check the topics, then begin.

        Raises:
            TopicError: a topic is missing or has the wrong partition count.
        """
        for hosted in self._processors:
            check_topics(hosted.kafka, hosted.settings)
        self._thread.start()
        return self

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Return when every processor has its part of the partitions, restored.

        Raises:
            GarboError: it failed, or it is not ready in time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ready or not self._thread.is_alive() or self.failure, timeout)
            if self.failure is not None:
                raise self.failure
            if not self._ready:
                raise BrokerError(
                    f"the processors were not ready within {timeout:.0f} s; see the log for what they wait for."
                )

    def stop(self, timeout: float = 60.0) -> None:
        """Commit, leave the groups, end the thread."""
        self._ask_to_stop()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except GarboError as problem:
            self._fail(problem)
        except Exception as problem:
            log.exception("the hosted processors ended")
            self._fail(BrokerError(f"the hosted processors ended: {problem!r}"))
        finally:
            with self._changed:
                self._changed.notify_all()

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.apps = [create_app(hosted, self._leave) for hosted in self._processors]
        await _host(self.apps, self._leave, self._limits, self._stop, self._on_ready, _nothing)

    def _on_ready(self) -> None:
        with self._changed:
            self._ready = True
            self._changed.notify_all()

    def _leave(self, code: ExitCode, why: str) -> None:
        """From any thread: remember why, and stop."""
        self._fail(BrokerError(why) if code is not ExitCode.BUG else GarboError(why))
        self._ask_to_stop()

    def _fail(self, problem: GarboError) -> None:
        with self._changed:
            self.failure = self.failure or problem
            self._changed.notify_all()

    def _ask_to_stop(self) -> None:
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(self._stop.set)
            except RuntimeError:  # it closed in between
                log.debug("the loop is gone already")


async def _host(
    apps: Sequence[ProcessorApp],
    leave: Leave,
    limits: Limits | None,
    stop: asyncio.Event,
    on_ready: Callable[[], None],
    on_beat: Callable[[], None],
) -> None:
    """Start all, wait for `stop`, stop all."""
    runtimes = [app.runtime for app in apps]
    restoring_s = max(runtime.settings.restore_limit_s for runtime in runtimes)
    watchdog = Watchdog([r.heartbeat for r in runtimes], leave, limits or Limits(restoring_s=restoring_s))
    meter = LagMeter([r.lag_source() for r in runtimes])
    beats = asyncio.create_task(_beat(apps, leave, on_beat))
    starts = [asyncio.create_task(_start(app, leave)) for app in apps]
    ready = asyncio.create_task(_announce(runtimes, on_ready))
    watchdog.start()
    meter.start()
    try:
        await stop.wait()
    finally:
        watchdog.stop()
        meter.stop()
        for app in reversed(apps):
            await app.stop()
        for task in (beats, ready, *starts):
            task.cancel()
        await asyncio.gather(beats, ready, *starts, return_exceptions=True)


async def _start(app: ProcessorApp, leave: Leave) -> None:
    try:
        await app.start()
    except asyncio.CancelledError:
        raise
    except GarboError as problem:
        leave(ExitCode.RESTART, f"{app.runtime.settings.name}: {problem}")
    except Exception as problem:
        log.exception("%s did not start", app.runtime.settings.name)
        leave(ExitCode.RESTART, f"{app.runtime.settings.name} did not start: {problem!r}")


async def _beat(apps: Sequence[ProcessorApp], leave: Leave, on_beat: Callable[[], None]) -> None:
    """The loop's sign of life; a Faust service that crashed ends the process."""
    loop = asyncio.get_running_loop()
    while True:
        now = loop.time()  # the monotonic clock, as the watchdog's
        on_beat()
        for app in apps:
            app.runtime.heartbeat.beat = now
            if app.crashed:
                leave(
                    ExitCode.RESTART, f"{app.runtime.settings.name}: a service of Faust crashed: {app.crash_reason!r}"
                )
                return
        await asyncio.sleep(BEAT_S)


async def _announce(runtimes: Sequence[ProcessorRuntime], on_ready: Callable[[], None]) -> None:
    for runtime in runtimes:
        await runtime.assignment.ready.wait()
    on_ready()


def _nothing() -> None:
    """Nobody waits, and nobody counts beats."""
