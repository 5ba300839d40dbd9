"""The broker's process: librdkafka's mock cluster by ctypes; it executes its parent's commands (see broker.py)."""

import ctypes
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import confluent_kafka.cimpl

from garbo.errors import BrokerError

BROKER_ID: Final = 1  # a mock cluster of one; its brokers are numbered from 1
_PRODUCER: Final = 0  # RD_KAFKA_PRODUCER: any client handle works, because the cluster only uses its threads


class MockCluster:
    """The child's side: librdkafka by ctypes.

    The extension module links librdkafka, so ctypes finds the symbols through it. Each platform's wheel keeps the
    library file elsewhere, so searching for the file would not be portable.

    Raises:
        BrokerError: librdkafka refuses to create the cluster.
    """

    def __init__(self, rebalance_delay_ms: int) -> None:
        self._lib: Any = _declare(ctypes.CDLL(confluent_kafka.cimpl.__file__))
        message = ctypes.create_string_buffer(512)
        conf = self._lib.rd_kafka_conf_new()
        # Errors only: the handle has no bootstrap.servers on purpose and would warn about that.
        self._lib.rd_kafka_conf_set(conf, b"log_level", b"3", message, len(message))
        handle = self._lib.rd_kafka_new(_PRODUCER, conf, message, len(message))
        if not handle:
            raise BrokerError(message.value.decode())
        self._cluster = self._lib.rd_kafka_mock_cluster_new(handle, 1)
        if not self._cluster:
            raise BrokerError("librdkafka could not open a port on loopback: check the machine's network settings.")
        self._lib.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, rebalance_delay_ms)

    def bootstrap(self) -> str:
        return str(self._lib.rd_kafka_mock_cluster_bootstraps(self._cluster).decode())

    def create(self, topic: str, partitions: int) -> None:
        self._check(self._lib.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1), topic)

    def down(self) -> None:
        self._check(self._lib.rd_kafka_mock_broker_set_down(self._cluster, BROKER_ID), "down")

    def up(self) -> None:
        self._check(self._lib.rd_kafka_mock_broker_set_up(self._cluster, BROKER_ID), "up")

    def fail(self, api_key: int, errors: Sequence[int]) -> None:
        codes = (ctypes.c_int * len(errors))(*errors)
        self._lib.rd_kafka_mock_push_request_errors_array(self._cluster, api_key, len(errors), codes)

    def _check(self, code: int, what: str) -> None:
        if code:
            raise BrokerError(f"{what}: {self._lib.rd_kafka_err2str(code).decode()}")


def _declare(lib: Any) -> Any:
    """Declare each C function's types: without them ctypes cuts pointers to 32 bits."""
    pointer, text, number, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_conf_set": (number, [pointer, text, text, text, size]),
        "rd_kafka_new": (pointer, [number, pointer, text, size]),
        "rd_kafka_err2str": (text, [number]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, number]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_topic_create": (number, [pointer, text, number, number]),
        "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_broker_set_down": (number, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_broker_set_up": (number, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_push_request_errors_array": (None, [pointer, ctypes.c_int16, size, pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def _execute(cluster: MockCluster, command: Mapping[str, Any]) -> object:
    match command["do"]:
        case "down":
            cluster.down()
        case "up":
            cluster.up()
        case "fail":
            cluster.fail(command["api_key"], command["errors"])
        case unknown:
            raise BrokerError(f"unknown command: {unknown}")
    return True


def _serve() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which must still drain and commit
    start = json.loads(sys.stdin.readline())
    cluster = MockCluster(start["rebalance_delay_ms"])
    try:
        for topic, partitions in start["topics"].items():
            cluster.create(topic, partitions)
        _answer({"ok": cluster.bootstrap()})
    except BrokerError as e:
        _answer({"error": str(e)})
        return
    while line := sys.stdin.readline():
        try:
            _answer({"ok": _execute(cluster, json.loads(line))})
        except BrokerError as e:
            _answer({"error": str(e)})


def _answer(answer: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve()
