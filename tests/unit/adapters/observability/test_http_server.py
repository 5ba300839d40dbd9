"""Three paths over HTTP, and nothing else."""

import http.client
import socket
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import CollectorRegistry

from garbo.adapters.observability.health import health_answers
from garbo.adapters.observability.http_server import Server, serve
from garbo.adapters.observability.metrics import Metrics
from garbo.errors import ConfigError

Probe = Callable[[], bool]


@pytest.fixture
def started() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(live: Probe = lambda: True, ready: Probe = lambda: True) -> Server:
        servers.append(serve(health_answers(Metrics().registry, live=live, ready=ready), "127.0.0.1", 0))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ask(server: Server, path: str, method: str = "GET") -> tuple[int, str, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body, response


def test_metrics_are_in_prometheus_text(started: Callable[..., Server]) -> None:
    status, body, response = ask(started(), "/metrics")
    assert status == 200
    assert 'garbo_blocks_total{reason="cap_reached"} 0.0' in body
    assert (response.getheader("Content-Type") or "").startswith("text/plain; version=")


def test_a_worker_is_ready_when_it_says_so(started: Callable[..., Server]) -> None:
    ready = [False]
    server = started(ready=lambda: ready[0])
    assert ask(server, "/readyz")[:2] == (
        503,
        "A processor of this worker waits for its partitions or restores its rows.\n",
    )
    assert ask(server, "/healthz")[:2] == (200, "Alive.\n")
    ready[0] = True
    assert ask(server, "/readyz")[:2] == (200, "Ready.\n")


def test_a_probe_that_raises_says_no(started: Callable[..., Server]) -> None:
    def broken() -> bool:
        raise RuntimeError("customer 4711")

    status, body, _ = ask(started(live=broken), "/healthz")
    assert status == 503
    assert "4711" not in body


@pytest.mark.parametrize("path", ["/", "/metrics/", "/debug", "/../etc/passwd", "/table/parties/1"])
def test_nothing_else_is_served(started: Callable[..., Server], path: str) -> None:
    assert ask(started(), path)[0] == 404


def test_nothing_is_taken(started: Callable[..., Server]) -> None:
    assert ask(started(), "/metrics", "POST")[0] == 501


def test_a_head_request_has_no_body(started: Callable[..., Server]) -> None:
    status, body, _ = ask(started(), "/healthz?verbose", "HEAD")
    assert (status, body) == (200, "")


def test_a_silent_client_holds_nobody_up(started: Callable[..., Server]) -> None:
    server = started()
    with socket.create_connection(("127.0.0.1", server.port)):
        assert ask(server, "/healthz")[0] == 200


def test_an_address_taken_is_a_sentence_that_names_the_setting(started: Callable[..., Server]) -> None:
    taken = started().port
    other = socket.socket()
    other.bind(("127.0.0.1", 0))
    other.listen()
    with other, pytest.raises(ConfigError, match="GARBO_METRICS_PORT"):
        serve(health_answers(CollectorRegistry()), "127.0.0.1", other.getsockname()[1])
    with pytest.raises(ConfigError, match="GARBO_METRICS_PORT"):
        serve(health_answers(CollectorRegistry()), "127.0.0.1", taken)
    with pytest.raises(ConfigError, match="no such port"):
        serve(health_answers(CollectorRegistry()), "127.0.0.1", 70_000)


def test_after_close_the_port_is_free_again() -> None:
    server = serve(health_answers(CollectorRegistry()), "127.0.0.1", 0)
    port = server.port
    server.close()
    with serve(health_answers(CollectorRegistry()), "127.0.0.1", port) as again:
        assert ask(again, "/healthz")[0] == 200
