"""`garbo journey recompute`: the KPI cells again, from the log of facts, and whether they are the streamed ones."""

from typing import Final

import typer

from garbo.bootstrap.settings import load_settings
from garbo.cli.journey_cells import Files, recomputed, streamed, waiting
from garbo.cli.letters import Bootstrap, Config, Prefix
from garbo.core.vocabulary.instants import HOUR
from garbo.journeys.recompute import Difference, differences

_SHOWN: Final = 5


def recompute_kpis(
    files: Files = None,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    config: Config = None,
) -> None:
    """Recompute every KPI cell from the facts on journey-flows, and compare it with the streamed one, byte for byte.

    Run it when the pipeline is idle. Where retention has deleted facts, only later hours are compared. Exits with 1
    when a cell differs.
    """
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
    with waiting() as status:
        found, first = recomputed(settings, status, files)
        cells = streamed(settings, status)
    wrong = differences(cells, found, first=first)
    left_out = sum(key.window < first.get(partition, 0) for partition, key in cells)
    print(f"{len(found):,} cells recomputed, {len(cells):,} streamed: {len(wrong):,} differ.")
    if left_out:
        print(f"{left_out:,} are not compared: retention has deleted some of their facts.")
    for difference in wrong[:_SHOWN]:
        print("  " + _words(difference))
    if wrong:
        raise typer.Exit(1)


def _words(found: Difference) -> str:
    key = found.key
    where = f"partition {found.partition}, hour {key.window * HOUR}, {'/'.join(name or '-' for name in key[1:])}"
    if found.streamed is None:
        return f"{where}: no cell was streamed"
    if found.recomputed is None:
        return f"{where}: no fact makes this cell"
    return f"{where}: other bytes"
