"""What `/metrics`, `/healthz` and `/readyz` answer. This module does not know which server asks.

Rules
 1. An answer is a function of the request's `Accept` header and of the state: any HTTP server can serve these paths.
 2. A probe that raises says no.
 3. No label and no text holds a customer's data.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

TEXT: Final = "text/plain; charset=utf-8"
NOT_LIVE: Final = "A processor of this worker cannot go on; its last log lines say why."
NOT_READY: Final = "A processor of this worker waits for its partitions or restores its rows."


class Answer(NamedTuple):
    """What a request gets."""

    status: int
    body: bytes
    content_type: str = TEXT


Answers: TypeAlias = Mapping[str, Callable[[str], Answer]]  # by path; called with the Accept header


def health_answers(
    registry: CollectorRegistry,
    *,
    live: Callable[[], bool] = lambda: True,
    ready: Callable[[], bool] = lambda: True,
) -> Answers:
    """The answers by path. `live` and `ready` are asked from several threads, and return at once."""
    return {
        "/metrics": lambda accept: _metrics(registry, accept),
        "/healthz": lambda _: _probe(live, "Alive.", NOT_LIVE),
        "/readyz": lambda _: _probe(ready, "Ready.", NOT_READY),
    }


def _metrics(registry: CollectorRegistry, accept: str) -> Answer:
    encode, content_type = choose_encoder(accept)
    return Answer(200, encode(registry), content_type)


def _probe(probe: Callable[[], bool], yes: str, no: str) -> Answer:
    try:
        good = probe()
    except Exception:  # noqa: BLE001  # rule 2
        good = False
    return Answer(200 if good else 503, (yes if good else no).encode() + b"\n")
