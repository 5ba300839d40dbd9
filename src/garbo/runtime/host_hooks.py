"""What an assignment asks of the host that carries chunks from the fetcher to the processor."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from garbo.runtime.partition import TP


@dataclass(frozen=True, slots=True)
class HostHooks:
    """Four calls, all on the event loop.

    Attributes:
        assigned: new partitions and their epoch. The host lets go of all it carries, then calls
            `ProcessorRuntime.prepare` and `ProcessorRuntime.open_gate`.
        revoked: these partitions are gone; everything of theirs is closed already.
        suspend: carry nothing until `resume`, and drop what is carried. The argument is the new epoch.
        resume: carry again, from the positions that were sought; ends with `ProcessorRuntime.open_gate`.
    """

    assigned: Callable[[frozenset[TP], int], Awaitable[None]]
    revoked: Callable[[frozenset[TP]], Awaitable[None]]
    suspend: Callable[[int], None]
    resume: Callable[[], None]
