"""A key's partition is the one that Kafka's own clients give it."""

import pytest

from garbo.processors.partitioner import murmur2, partition_for


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_kafkas(data: bytes, expected: int) -> None:
    """The values of Kafka's own UtilsTest.testMurmur2."""
    assert murmur2(data) == expected & 0xFFFFFFFF


def test_a_partition_is_always_one_there_is() -> None:
    """Also where the hash's high bit is set."""
    assert {partition_for(str(i).encode(), 5) for i in range(1000)} == set(range(5))
