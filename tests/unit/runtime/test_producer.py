"""The producer's failures: each is remembered and met at the commit; none comes out as a bug."""

from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from garbo.adapters.kafka.settings import KafkaSettings
from garbo.errors import FencedError
from garbo.runtime.producer import RecordProducer, client_settings
from garbo.runtime.settings import ProcessorSettings

SETTINGS = ProcessorSettings("count", "garbo-count", ("in",))
KAFKA = KafkaSettings("127.0.0.1:1")


class Dead:
    """librdkafka's producer after a fatal error: it says so whatever one asks."""

    def __init__(self, full: bool = False, wrapped: str = "") -> None:
        self.full, self.wrapped = full, wrapped

    def __len__(self) -> int:
        return 1

    def _refuse(self, *_: Any) -> None:
        problem = KafkaException(KafkaError(KafkaError._GAPLESS_GUARANTEE, "a gap", True))
        if self.wrapped == "with its cause":  # as confluent-kafka 2.16 does when there is another report to call
            raise SystemError("returned a result with an exception set") from problem
        if self.wrapped == "alone":  # and at times, its first error lost
            raise SystemError("returned NULL without setting an exception: a gap")
        raise problem

    poll = flush = _refuse

    def produce(self, *_: Any) -> None:
        if self.full:
            raise BufferError
        raise KafkaException(KafkaError(KafkaError._GAPLESS_GUARANTEE, "a gap", True))


def producer(client: Dead) -> RecordProducer:
    made = RecordProducer(KAFKA, SETTINGS, transactional=False)
    made.client = client
    return made


@pytest.mark.parametrize(
    "call",
    [lambda p: p.serve(), lambda p: p.send("out", b"k", b"v"), lambda p: p.send("out", b"k", b"v", 0, p.watch)],
)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("wrapped", ["", "with its cause", "alone"])
def test_a_fatal_error_is_remembered_and_met_at_the_commit(
    call: Callable[[RecordProducer], None], full: bool, wrapped: str
) -> None:
    made = producer(Dead(full, wrapped))
    call(made)
    with pytest.raises(FencedError, match="a gap"):
        made.flush()


def test_a_bug_in_a_report_of_ours_is_not_taken_for_the_producers() -> None:
    class Report(Dead):
        def poll(self, timeout: float) -> None:
            raise SystemError("returned a result with an exception set") from ZeroDivisionError()

    with pytest.raises(SystemError):
        producer(Report()).serve()


def test_without_transactions_nothing_arrives_behind_a_gap() -> None:
    found = client_settings(KAFKA, SETTINGS, transactional=False)
    assert (found["enable.gapless.guarantee"], found["enable.idempotence"]) == (True, True)


@pytest.mark.parametrize("transactional", [True, False])
def test_a_key_lands_where_java_clients_put_it(transactional: bool) -> None:
    assert client_settings(KAFKA, SETTINGS, transactional=transactional)["partitioner"] == "murmur2_random"


def test_a_slot_has_one_transactional_id_so_a_restart_fences_its_former_self() -> None:
    slots = [
        ProcessorSettings("count", "garbo-count", ("in",), slot=slot, transaction_timeout_ms=7_000)
        for slot in ("0", "1", "0")
    ]
    found = [client_settings(KAFKA, slot, transactional=True) for slot in slots]
    assert [f["transactional.id"] for f in found] == ["garbo-count-0", "garbo-count-1", "garbo-count-0"]
    assert {f["transaction.timeout.ms"] for f in found} == {7_000}
