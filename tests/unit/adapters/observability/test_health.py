"""What the three paths answer, without a server."""

import pytest
from prometheus_client import CollectorRegistry, Counter

from garbo.adapters.observability.health import NOT_LIVE, NOT_READY, Answer, health_answers


def broken() -> bool:
    raise RuntimeError("customer 4711")


def test_the_paths_are_these_three() -> None:
    assert {"/metrics", "/healthz", "/readyz"} == set(health_answers(CollectorRegistry()))


@pytest.mark.parametrize(("path", "probe", "no"), [("/healthz", "live", NOT_LIVE), ("/readyz", "ready", NOT_READY)])
def test_a_probe_that_says_no_or_raises_is_503_and_names_no_customer(path: str, probe: str, no: str) -> None:
    for asked in (lambda: False, broken):
        answers = health_answers(CollectorRegistry(), **{probe: asked})
        assert answers[path]("") == Answer(503, f"{no}\n".encode())


def test_each_request_asks_its_probe_again() -> None:
    ready = [False]
    answers = health_answers(CollectorRegistry(), ready=lambda: ready[0])
    assert (503, 200) == (answers["/readyz"]("").status, answers["/healthz"]("").status)
    ready[0] = True
    assert answers["/readyz"]("") == Answer(200, b"Ready.\n")


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0"),
    ],
)
def test_metrics_come_in_the_format_that_is_asked_for(accept: str, content_type: str) -> None:
    registry = CollectorRegistry()
    Counter("knocks", "At the door.", registry=registry).inc()
    answer = health_answers(registry)["/metrics"](accept)
    assert (200, True) == (answer.status, answer.content_type.startswith(content_type))
    assert b"knocks_total 1.0" in answer.body
