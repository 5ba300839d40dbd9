"""The port between the checkpoint and the broker: two strategies to make the parts of a checkpoint durable.

`exactly_once` for a broker that keeps transactions, `at_least_once` for one that does not.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from confluent_kafka import TopicPartition

from garbo.processors.ports import Output

# The changelog has this partition's rows up to this offset. True: it follows the last one the table knows of. (Where
# there are transactions it never does: their control records lie between.)
Acknowledge = Callable[[int, int], bool]


class RolledBackError(Exception):
    """The checkpoint did not happen; its records are to be read again. Nothing for an operator to do."""


class CommitStrategy(Protocol):
    """How rows, outputs and offsets of one checkpoint reach the broker."""

    def start(self) -> None:
        """Once, before the group is joined. Blocks."""

    def begin(self) -> None:
        """A checkpoint opens."""

    def rows(self, partition: int, rows: Mapping[bytes, bytes | None], acknowledge: Acknowledge) -> None:
        """Rows for the changelog, in this order; `acknowledge` gets their offsets before `commit` returns."""

    def outputs(self, outputs: Sequence[Output]) -> None:
        """Records for other topics, in this order."""

    def commit(self, offsets: Sequence[TopicPartition], group: Any) -> None:
        """All of the checkpoint becomes durable. `group` is the group's metadata captured at assignment. Blocks.

        Raises:
            RolledBackError: nothing of it did; the worker may go on from the last commit.
            FencedError: nothing of it did, and this process must leave.
        """

    def abort(self) -> None:
        """Nothing of the checkpoint becomes durable, as far as the broker can take it back. Blocks."""
