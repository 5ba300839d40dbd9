"""Integer histograms of durations: log-linear, 32 buckets an octave.

Rules
 1. Integers only, so that Python, SQL and any other language agree to the last bit.
 2. A value below 64 has a bucket of its own. The middle of a bucket is at most 1/64 = 1.6 % off its values.
 3. A histogram is a sparse dict, bucket -> signed count: adding and subtracting need no order, and zeros are dropped.
"""

from collections.abc import Mapping
from typing import Final

SUB: Final = 5  # log2 of the buckets of an octave


def bucket(value: int) -> int:
    """The bucket of a value, 0 or more. A negative value counts as 0."""
    if value < 0:
        return 0
    octave = value.bit_length() - SUB - 1
    return value if octave <= 0 else (octave << SUB) + (value >> octave)


def middle(index: int) -> int:
    """The value that stands for all of a bucket."""
    if index < 2 << SUB:
        return index
    octave = (index >> SUB) - 1
    return ((index & (1 << SUB) - 1 | 1 << SUB) << octave) + (1 << octave >> 1)


def quantile(histogram: Mapping[int, int], q: float) -> int | None:
    """The value below which a share `q` (0 to 1) of all values lies, at most 1.6 % off; None without a value.

    A count below zero (a correction whose fact is not in the histogram) stands for no value.
    """
    total = sum(count for count in histogram.values() if count > 0)
    if not total:
        return None
    rank, seen, last = q * (total - 1), 0, 0
    for index in sorted(histogram):
        count = histogram[index]
        if count <= 0:
            continue
        seen, last = seen + count, index
        if seen > rank:
            break
    return middle(last)
