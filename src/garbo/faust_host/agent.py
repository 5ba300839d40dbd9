"""The thin agent: a chunk in, the processor called, its work into the unit. No rule of the business lives here.

The body never raises: Faust would restart the agent and acknowledge the chunk on the way. What comes out of the
processor is a bug, and meets the fate its host has decided (`failures.py`).
"""

import logging
import time
from collections.abc import Sequence
from typing import Any

from garbo.errors import GarboError
from garbo.faust_host.app import ProcessorApp
from garbo.processors.ports import ConsumerRecord, Work
from garbo.runtime.chunk import Chunk
from garbo.runtime.crash_points import reach
from garbo.runtime.exit_codes import Fate

log = logging.getLogger(__name__)


class TooLargeError(Exception):
    """The processor wrote a message no broker takes: a bug of its own."""


def attach(app: ProcessorApp) -> None:
    """Give the stage its one agent."""

    async def body(stream: Any) -> None:
        async for chunk in stream:
            async with app.unit.lock:
                if chunk.epoch == app.assignment.epoch and app.assignment.gate:  # 5
                    _handle(app, chunk)

    app.agent(app.chunks(), name=app.settings.name)(body)


def _handle(app: ProcessorApp, chunk: Chunk) -> None:
    """One chunk, without an await: nothing can come between its records and their unit."""
    started = time.perf_counter()
    try:
        reach("chunk.before_work")
        app.tell_news()
        app.unit.take(chunk, _work(app, chunk.tp.partition, chunk.records))  # 6
        reach("chunk.after_work")
    except GarboError as problem:
        app.give_up(problem)
        return
    except Exception as problem:  # noqa: BLE001  # a bug of any kind: the process leaves
        app.bug(problem)
        return
    app.consumer.chunk_done()
    app.observer.chunk(len(chunk), time.perf_counter() - started)


def _work(app: ProcessorApp, partition: int, records: Sequence[ConsumerRecord]) -> Work:
    try:
        return _process(app, partition, records)
    except GarboError:
        raise
    except Exception:
        if app.failures.fate is Fate.STOP:
            raise
        log.exception("%s: a bug; looking for the record it is about", app.settings.name)
    return _one_by_one(app, partition, records)


def _one_by_one(app: ProcessorApp, partition: int, records: Sequence[ConsumerRecord]) -> Work:
    """After a bug: each record alone, so that only the one at fault meets its fate."""
    total = Work()
    _reopen(app, partition)
    for record in records:
        try:
            work = _process(app, partition, [record])
        except GarboError:
            raise
        except Exception as problem:  # noqa: BLE001  # the bug's fate is the host's decision
            log.error("%s: %s[%d]@%d passed over", app.settings.name, record.topic, partition, record.offset)
            app.observer.failed(type(problem).__name__)
            if app.failures.bury is not None and app.failures.fate is Fate.DEAD_LETTER:
                total.outputs.append(app.failures.bury(record, problem))
            _reopen(app, partition)
            continue
        app.table.write(partition, work.rows)  # the next record reads it
        total.rows.update(work.rows)
        total.outputs.extend(work.outputs)
    return total


def _reopen(app: ProcessorApp, partition: int) -> None:
    """What a failed call left in the processor's memory is not to be trusted."""
    app.processor.close(partition)
    app.processor.open(partition, app.table.rows(partition))


def _process(app: ProcessorApp, partition: int, records: Sequence[ConsumerRecord]) -> Work:
    work = app.processor.process(partition, records, app.table.rows(partition), time.time_ns() // 1_000_000)
    most = app.settings.max_message_bytes
    for value in work.rows.values():
        if value is not None and len(value) > most:
            raise TooLargeError(f"a row of {len(value)} bytes")
    for output in work.outputs:
        if output.value is not None and len(output.value) > most:
            raise TooLargeError(f"a message of {len(output.value)} bytes for {output.topic}")
    return work
