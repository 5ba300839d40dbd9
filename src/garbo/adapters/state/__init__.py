"""Where a processor's rows lie on one machine: plain ordered key-value storage, one store a partition.

Rules
 1. A store knows nothing of transactions: what is written here is committed already. The overlay of the open
    transaction lives in `garbo.runtime.state_table`.
 2. Every write carries the changelog position it stands for, in the same atomic batch.
 3. A store is a cache of its changelog: when it is doubtful it is thrown away and rebuilt, never repaired.
"""

from garbo.adapters.state.memory import MemoryStores
from garbo.adapters.state.rocks import RocksStores
from garbo.adapters.state.store import ChangelogPosition, Store, Stores

__all__ = ["ChangelogPosition", "MemoryStores", "RocksStores", "Store", "Stores"]
