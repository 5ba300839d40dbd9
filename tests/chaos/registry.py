"""A schema registry for tests: the three requests of Confluent's that Garbo uses, over HTTP, in a thread.

with registry() as r:
    ConfluentRegistry(r.url)
    r.stop()     # it does not answer any more
    r.start()    # it answers at the same address, with the same ids
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


class Registry:
    """Ids count from 1, one for each text; any schema is compatible with any other.

    Attributes:
        schemas: texts by id; a test may add some.
        subjects: the subjects of all registrations, in order, with repetitions.
        asked: the requested ids, in order.
        refuse_all: the HTTP status of every answer; 0: normal answers.
    """

    def __init__(self) -> None:
        self.schemas: dict[int, str] = {}
        self.subjects: list[str] = []
        self.asked: list[int] = []
        self.refuse_all = 0
        self._versions: dict[str, list[int]] = {}
        self._lock = threading.Lock()
        self._http: ThreadingHTTPServer | None = None
        self._port = 0  # the system chooses it at the first start
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start to answer, at the same address as before."""
        if self._http is not None:
            return
        self._http = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        self._port = self._http.server_port
        threading.Thread(target=self._http.serve_forever, args=(0.05,), name="registry", daemon=True).start()

    def stop(self) -> None:
        """Stop to answer: connections are refused."""
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def register(self, subject: str, text: str) -> int:
        """The text's id, under one more subject."""
        with self._lock:
            self.subjects.append(subject)
            number = self._id_of(text) or max(self.schemas, default=0) + 1
            self.schemas[number] = text
            versions = self._versions.setdefault(subject, [])
            if number not in versions:
                versions.append(number)
            return number

    def look_up(self, subject: str, text: str) -> tuple[int, int] | None:
        """Id and version of a text registered under the subject, or known at all."""
        with self._lock:
            number = self._id_of(text)
            if number is None:
                return None
            versions = self._versions.get(subject, [])
            return number, versions.index(number) + 1 if number in versions else 1

    def _id_of(self, text: str) -> int | None:
        return next((number for number, held in self.schemas.items() if held == text), None)


@contextmanager
def registry() -> Iterator[Registry]:
    """A registry until the end of the block."""
    made = Registry()
    try:
        yield made
    finally:
        made.stop()


def _handler(of: Registry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["schema"]
            path = self.path.split("?")[0]
            subject = unquote(path.split("/")[2])
            if of.refuse_all:
                return self.refuse(of.refuse_all, of.refuse_all, "no")
            if path.endswith("/versions"):
                of.register(subject, text)
            found = of.look_up(subject, text)
            if found is None:
                return self.refuse(404, 40403, "Schema not found")
            return self.answer(200, {"id": found[0], "subject": subject, "version": found[1], "schema": text})

        def do_GET(self) -> None:
            number = int(self.path.split("/")[3].split("?")[0])
            of.asked.append(number)
            if of.refuse_all:
                return self.refuse(of.refuse_all, of.refuse_all, "no")
            if number not in of.schemas:
                return self.refuse(404, 40403, "Schema not found")
            return self.answer(200, {"schema": of.schemas[number]})

        def refuse(self, status: int, code: int, message: str) -> None:
            self.answer(status, {"error_code": code, "message": message})

        def answer(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
