"""Where a stage's rows lie on one machine: plain ordered key-value storage, one store a partition.

Rules
 1. A store knows nothing of transactions: what is written here is committed already. The overlay of the open
    transaction lives in `garbo.topology.transport.party_table`.
 2. Every write carries the changelog position it stands for, in the same atomic batch.
 3. A store is a cache of its changelog: when it is doubtful it is thrown away and rebuilt, never repaired.
"""

from garbo.adapters.stores.memory import MemoryStores
from garbo.adapters.stores.rocks import RocksStores
from garbo.adapters.stores.store import Checkpoint, Store, Stores

__all__ = ["Checkpoint", "MemoryStores", "RocksStores", "Store", "Stores"]
