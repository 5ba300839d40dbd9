"""What a worker takes of a topic that all workers read whole: the newest of each key that its processor accepts."""

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.runtime.broadcast import KEPT_BYTES, Broadcast, BroadcastUpdate


def arrived(*messages: tuple[bytes, bytes | None]) -> list[BroadcastUpdate]:
    broadcast = Broadcast(KafkaSettings("127.0.0.1:1"), ("models",))
    for key, value in messages:
        broadcast.keep("models", key, value)
    taken = broadcast.take()
    assert [] == broadcast.take()
    return taken


def test_each_key_once_with_its_values_the_newest_first() -> None:
    assert [
        BroadcastUpdate("models", b"card", (b"3",)),
        BroadcastUpdate("models", b"loan", (b"4", None, b"1")),
    ] == arrived((b"loan", b"1"), (b"loan", None), (b"card", b"3"), (b"loan", b"4"))


def test_the_values_before_the_newest_are_bounded_in_bytes_and_one_of_them_is_always_kept() -> None:
    large = b"x" * KEPT_BYTES
    (update,) = arrived((b"loan", b"1"), (b"loan", b"2"), (b"loan", large), (b"loan", large))
    assert (large, large) == update.values
    (update,) = arrived(*((b"loan", b"x" * (KEPT_BYTES // 4)) for _ in range(50)))
    assert 4 == len(update.values)
