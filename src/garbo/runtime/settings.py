"""One processor's settings: what it reads, where its table is logged, and its clocks. Each number has its reason."""

from dataclasses import dataclass
from pathlib import Path

from garbo.errors import ConfigError


@dataclass(frozen=True, slots=True)
class ProcessorSettings:
    """How one processor is hosted. Topic names are complete: the prefix is in them.

    Attributes:
        name: one of `processors.topics.PROCESSORS`.
        group: the consumer group, as a rule prefix + "garbo-" + name.
        inputs: topics with equal partition counts; partition n of all of them shares one table.
        changelog: the compacted topic the table is logged to; None for a processor that writes no rows.
        broadcast: compacted topics every worker reads whole (models, policies).
        outputs: topics it writes, besides the changelog. They are only checked: a message says itself where it goes.
        exactly_once: one transaction for rows, outputs and offsets. False where the broker keeps no transactions, and
            for a processor whose rows are only ever added: outputs, rows, offsets in this order, at least once.
        data_dir: folder of the local stores, of this process alone; None keeps rows in memory.
        slot: the place this worker fills among its equals. A restart in the same slot fences its former self at once.
        static_membership: a restart within the session timeout keeps its partitions without a rebalance.
    """

    name: str
    group: str
    inputs: tuple[str, ...]
    changelog: str | None = None
    broadcast: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    exactly_once: bool = True
    data_dir: Path | None = None
    slot: str = "0"
    static_membership: bool = False

    # What a committed record waits for. Under load it grows to three times the last commit's duration, so that
    # commits take a quarter of the time at most, up to `max_commit_interval_s`.
    commit_interval_s: float = 0.02
    max_commit_interval_s: float = 0.1

    max_chunk: int = 500  # 500 decisions of 100 us hold the event loop for 50 ms; more pays nothing (measured)
    max_poll: int = 2000  # what one poll takes: enough for all chunks in flight
    max_in_flight: int = 4  # chunks fetched and not yet done: memory, and what a rebalance throws away

    fetch_wait_ms: int = 10  # how long the broker may wait for more: half a commit interval
    fetch_min_bytes: int = 1  # for how many bytes the broker waits, `fetch_wait_ms` at most
    linger_ms: int = 5  # how long the producer may wait for more: the commit flushes anyhow

    # A dead worker's partitions are taken over after session timeout + transaction timeout.
    session_timeout_ms: int = 10_000
    heartbeat_ms: int = 3_000
    transaction_timeout_ms: int = 10_000
    delivery_timeout_ms: int = 120_000  # at least once: outlive a broker's restart, then leave

    restore_limit_s: float = 900.0  # 90 million rows at 100,000 rows/s

    # Kafka keeps tombstones for `delete.retention.ms` (24 h by default). A store left alone for longer may hold rows
    # deleted since; after half of that it is not trusted.
    local_rows_max_age_s: float = 12 * 3600.0

    max_message_bytes: int = 4 * 1024 * 1024  # a model snapshot or a policy document in one message

    def commit_limit_s(self, *, exactly_once: bool) -> float:
        """Seconds after which the process leaves: an answer would come too late for everybody who waits.

        A commit takes milliseconds; the restart rolls back what is open, whatever the broker has made of it. At least
        once, both flushes (outputs, then rows) may outlive a broker's restart.
        """
        if exactly_once:
            return 15.0
        return 2 * self.delivery_timeout_ms / 1000 + 60.0

    def __post_init__(self) -> None:
        if not self.inputs:
            raise ConfigError(f"processor {self.name}: it reads no topic; name at least one input.")
        if self.session_timeout_ms < 3 * self.heartbeat_ms:
            raise ConfigError(f"processor {self.name}: the session timeout must be three heartbeats at least.")
        if self.commit_interval_s <= 0 or self.max_chunk < 1 or self.max_in_flight < 1:
            raise ConfigError(
                f"processor {self.name}: commit interval, chunk size and chunks in flight must be positive."
            )
