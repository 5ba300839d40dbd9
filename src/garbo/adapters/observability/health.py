"""`/metrics`, `/healthz` and `/readyz`, and nothing else, over plain HTTP.

Rules
 1. Loopback unless told: there is no customer's data here, but a business's volumes are nobody else's either.
 2. In threads of its own: it answers while the event loop hangs, which is when somebody asks.
 3. A probe that raises is a probe that says no.
"""

import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, NamedTuple, Self

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from garbo.errors import ConfigError

SLOW_CLIENT_S: Final = 10.0  # a scrape is one line and a few headers; who needs longer holds a thread for nothing

TEXT: Final = "text/plain; charset=utf-8"
NOT_LIVE: Final = "A stage of this worker cannot go on; its last log lines say why."
NOT_READY: Final = "A stage of this worker waits for its partitions or restores its rows."


class Answer(NamedTuple):
    """What a request gets."""

    status: int
    body: bytes
    content_type: str = TEXT


class Server:
    """A running server; `port` is the one it got where 0 was asked for."""

    def __init__(self, http: ThreadingHTTPServer) -> None:
        self._http = http
        self.port: int = http.server_address[1]
        self._thread = threading.Thread(target=http.serve_forever, args=(0.1,), name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer nobody any more, and give the port back."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(
    registry: CollectorRegistry,
    host: str = "127.0.0.1",
    port: int = 9464,
    *,
    live: Callable[[], bool] = lambda: True,
    ready: Callable[[], bool] = lambda: True,
) -> Server:
    """Serve until `close`. `live` and `ready` are asked from several threads, and answer at once.

    Raises:
        ConfigError: the address cannot be had.
    """
    handler = _handler(
        lambda path, accept: {
            "/metrics": lambda: _scraped(registry, accept),
            "/healthz": lambda: _probed(live, "Alive.", NOT_LIVE),
            "/readyz": lambda: _probed(ready, "Ready.", NOT_READY),
        }.get(path, _nothing_here)()
    )
    try:
        return Server(_Http((host, port), handler))
    except (OSError, OverflowError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "no such port"
        raise ConfigError(
            f"metrics cannot be served at {host}:{port}: {why}; choose another by GARBO_METRICS_HOST and "
            "GARBO_METRICS_PORT."
        ) from problem


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Without the name look-up of the standard server, which may wait seconds for a DNS that is not there."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


def _handler(answer: Callable[[str, str], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = SLOW_CLIENT_S
        server_version, sys_version = "garbo", ""

        def do_GET(self) -> None:
            self._reply(with_body=True)

        def do_HEAD(self) -> None:
            self._reply(with_body=False)

        def _reply(self, *, with_body: bool) -> None:
            reply = answer(self.path.partition("?")[0], self.headers.get("Accept", ""))
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if with_body:
                self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            """A scrape every ten seconds is no news."""

    return Handler


def _scraped(registry: CollectorRegistry, accept: str) -> Answer:
    encode, content_type = choose_encoder(accept)
    return Answer(200, encode(registry), content_type)


def _probed(probe: Callable[[], bool], yes: str, no: str) -> Answer:
    try:
        good = probe()
    except Exception:  # noqa: BLE001  # rule 3
        good = False
    return Answer(200 if good else 503, (yes if good else no).encode() + b"\n")


def _nothing_here() -> Answer:
    return Answer(404, b"Here are /metrics, /healthz and /readyz.\n")
