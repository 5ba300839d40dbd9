"""`garbo run`: run a worker with all processors or some of them."""

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
            "--processor",
            "-p",
            help="Run only this processor: resolve, decide, learn or journey_kpis; repeatable. By default all.",
        ),
    ] = None,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka broker, host:port (or GARBO_BOOTSTRAP).")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy folder to start with (or GARBO_POLICY_DIR).")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the local tables (or GARBO_DATA_DIR); by default in memory.")
    ] = None,
    slot: Annotated[
        str | None, typer.Option(help="Stable name of this worker, unique among the workers (or GARBO_SLOT).")
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="Prefix of all topic names (or GARBO_TOPIC_PREFIX).")] = None,
    clock: Annotated[
        str | None, typer.Option(help="wall: real time; stream: the time of the events (or GARBO_CLOCK).")
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(help="Port of /metrics, /healthz and /readyz (or GARBO_METRICS_PORT).")
    ] = None,
    config: Annotated[Path | None, typer.Option(envvar="GARBO_CONFIG", help="TOML file with settings.")] = None,
    log_level: Annotated[
        str, typer.Option(envvar="GARBO_LOG_LEVEL", help=f"Lowest level to log: {', '.join(logs.LEVELS)}.")
    ] = "info",
) -> None:
    """Run a worker until SIGTERM: process the events of its partitions, commit, stop."""
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
            live=lambda: True,  # an answer is the proof: the watchdog ends a process that makes no progress
            ready=lambda: restored.is_set() and metrics.all_assigned,
        )
        server = http_server.serve(answers, settings.metrics_host, settings.metrics_port)
    dispatchers = wiring.dispatcher_lag(settings, metrics)
    dispatchers.start()
    try:
        code = run_processors(hosted, on_ready=on_ready)
    finally:
        dispatchers.stop()
        if server is not None:
            server.close()
    raise typer.Exit(code)
