"""A small HTTP server for answers by path (health and metrics), in threads of its own.

Rules
 1. Loopback by default: no answer holds a customer's data, but how much a business does concerns nobody else.
 2. In its own threads: it answers while the event loop hangs, which is when somebody asks.
 3. A path without an answer is 404; only GET and HEAD are understood.
"""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self

from garbo.adapters.observability.health import Answer, Answers
from garbo.errors import ConfigError

SLOW_CLIENT_S: Final = 10.0  # a request is one line and a few headers; a slower client only holds a thread


class Server:
    """A running server; `port` is the one the system chose where 0 was asked for."""

    def __init__(self, http: ThreadingHTTPServer) -> None:
        self._http = http
        self.port: int = http.server_address[1]
        self._thread = threading.Thread(target=http.serve_forever, args=(0.1,), name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering, and free the port."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(answers: Answers, host: str, port: int) -> Server:
    """Serve `answers` until `close`.

    Raises:
        ConfigError: the address cannot be had.
    """
    try:
        return Server(_Http((host, port), _handler(answers)))
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
        """Without the standard server's name look-up, which may wait seconds for a DNS server that does not answer."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is not worth a log line."""


def _handler(answers: Answers) -> type[BaseHTTPRequestHandler]:
    *others, last = answers
    nothing_here = Answer(404, f"Here are {', '.join(others)} and {last}.\n".encode())

    class Handler(BaseHTTPRequestHandler):
        timeout = SLOW_CLIENT_S
        server_version, sys_version = "garbo", ""

        def do_GET(self) -> None:
            self._reply(with_body=True)

        def do_HEAD(self) -> None:
            self._reply(with_body=False)

        def _reply(self, *, with_body: bool) -> None:
            answer = answers.get(self.path.partition("?")[0])
            reply = nothing_here if answer is None else answer(self.headers.get("Accept", ""))
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if with_body:
                self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            """A scrape every ten seconds is not worth a log line."""

    return Handler
