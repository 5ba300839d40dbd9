"""The garbage collector, told what kind of process this is.

A worker makes thousands of short-lived objects a chunk, nearly none of them in a cycle: they are gone by reference
count. At Python's own thresholds the collector looks at them every 700 allocations all the same, and took a quarter of
a decision's time (82 us against 61, measured by switching it down).
"""

import gc


def tune_gc() -> None:
    """Look for cycles rarely. Generation 2 still comes, every 20 million allocations or so."""
    gc.set_threshold(20_000, 20, 50)


def freeze_gc() -> None:
    """What has been loaded stays for good: modules, schemas, the policy. Never look at it again."""
    gc.collect()
    gc.freeze()
