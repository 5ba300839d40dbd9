"""`garbo run`: a worker, with all processors or some."""

import threading
from pathlib import Path
from typing import Annotated

import typer

from garbo.adapters.observability import http_server, logs
from garbo.adapters.observability.health import health_answers
from garbo.adapters.observability.metrics import Metrics
from garbo.bootstrap import garbage_collection, wiring
from garbo.bootstrap.settings import load_settings
from garbo.faust_host.run import run_processors
from garbo.processors.topics import PROCESSORS


def run(
    processor: Annotated[
        list[str] | None,
        typer.Option(
            "--processor", "-p", help="Host only this processor: resolve, decide or learn. Repeat it for several."
        ),
    ] = None,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka, host:port (or GARBO_BOOTSTRAP).")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy folder to start with (or GARBO_POLICY_DIR).")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the local tables; without it they are in memory.")
    ] = None,
    slot: Annotated[str | None, typer.Option(help="This worker's stable name, unique among its workers.")] = None,
    prefix: Annotated[str | None, typer.Option(help="Prefix of all topics (or GARBO_TOPIC_PREFIX).")] = None,
    clock: Annotated[str | None, typer.Option(help="wall: live; stream: time is what the events say.")] = None,
    metrics_port: Annotated[int | None, typer.Option(help="Port of /metrics, /healthz and /readyz.")] = None,
    config: Annotated[Path | None, typer.Option(envvar="GARBO_CONFIG", help="TOML file of settings.")] = None,
    log_level: Annotated[
        str, typer.Option(envvar="GARBO_LOG_LEVEL", help=f"The least level that is logged: {', '.join(logs.LEVELS)}.")
    ] = "info",
) -> None:
    """Run a worker until SIGTERM: process the assigned partitions, commit, leave the groups."""
    logs.configure(log_level)
    settings = load_settings(
        config, bootstrap=bootstrap, policy_dir=policy, data_dir=data, slot=slot, prefix=prefix, clock=clock,
        metrics_port=metrics_port,
    )  # fmt: skip
    metrics = Metrics()
    restored = threading.Event()
    garbage_collection.tune_gc()

    def on_ready() -> None:
        garbage_collection.freeze_gc()
        restored.set()

    hosted = wiring.hosted_processors(settings, processor or PROCESSORS, metrics=metrics)
    server = None
    if settings.metrics_port >= 0:
        answers = health_answers(
            metrics.registry,
            live=lambda: True,  # an answer proves it: the watchdog ends a process that stands still
            ready=lambda: restored.is_set() and metrics.all_assigned,
        )
        server = http_server.serve(answers, settings.metrics_host, settings.metrics_port)
    try:
        code = run_processors(hosted, on_ready=on_ready)
    finally:
        if server is not None:
            server.close()
    raise typer.Exit(code)
