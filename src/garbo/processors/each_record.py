"""One record after another, and what happens to one that cannot be processed. The same rule in every processor.

1. `Rejected`: the message cannot be used. It becomes a dead letter with its reason.
2. A `GarboError` is not about the record (a row that cannot be read, a registry that does not answer), nor is a lack
   of memory. It is raised, and the host leaves; the records of this call come again.
3. Any other exception is a bug of ours in processing this one record. It becomes a dead letter too, with the reason
   `bug`, and the records around it are processed.
4. Nothing of a failed record remains: `handle` changes rows, outputs and memory when nothing of it can fail any more,
   or puts them back before it raises.
"""

from collections.abc import Callable, Sequence

from garbo.errors import GarboError
from garbo.processors.dead_letters import DeadLetters
from garbo.processors.ports import ConsumerRecord, Rejected, Work


def each_record(
    records: Sequence[ConsumerRecord],
    handle: Callable[[ConsumerRecord], None],
    work: Work,
    dead: DeadLetters,
    now_ms: int,
) -> None:
    """Handle all records in order; dead letters join `work`."""
    for record in records:
        try:
            handle(record)
        except Rejected as refused:
            work.outputs.append(dead.rejected(record, refused, now_ms))
        except (GarboError, MemoryError):
            raise
        except Exception as bug:  # noqa: BLE001  # rule 3
            work.outputs.append(dead.bug(record, bug, now_ms))
