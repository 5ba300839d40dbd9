"""Where a message lies: the partition that Kafka's Java clients, and librdkafka's `murmur2_random`, give a key.

All topics that a processor reads together have the same number of partitions, so what is known of one key lies on one
partition. A message elsewhere was written by a client with another partitioner, or by hand.
"""

import struct
from functools import lru_cache

REMEMBERED = 65_536  # keys; about 15 MB


def partition_for(key: bytes, partitions: int) -> int:
    """The partition librdkafka's `murmur2_random` and Java's default partitioner give a non-null key."""
    return _positive(key) % partitions


@lru_cache(REMEMBERED)
def _positive(key: bytes) -> int:
    return murmur2(key) & 0x7FFFFFFF


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit Murmur2 (org.apache.kafka.common.utils.Utils.murmur2, seed 0x9747b28c), unsigned."""
    length = len(data)
    h = 0x9747B28C ^ length
    whole = length & ~3
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        k = (word * 0x5BD1E995) & 0xFFFFFFFF
        k ^= k >> 24
        h = ((h * 0x5BD1E995) & 0xFFFFFFFF) ^ ((k * 0x5BD1E995) & 0xFFFFFFFF)
    if tail := data[whole:]:
        h = ((h ^ int.from_bytes(tail, "little")) * 0x5BD1E995) & 0xFFFFFFFF
    h ^= h >> 13
    h = (h * 0x5BD1E995) & 0xFFFFFFFF
    return h ^ (h >> 15)
