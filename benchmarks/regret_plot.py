"""The regret of runs as a picture: rolling on the left, cumulative on the right."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.regret_figures import ROLLING, Result


def draw(found: Sequence[Result], path: Path) -> None:
    """Write the picture to `path`."""
    picture = Figure(figsize=(12, 5), layout="constrained")
    left, right = picture.subplots(1, 2)
    for one in found:
        style = {"color": "#8a8a8a", "linestyle": ":"} if one.name == "uniform" else {}
        style |= {"color": "black", "linestyle": "--"} if one.name == "constant" else {}
        left.plot(one.places, one.rolling, linewidth=1.2, label=one.name, **style)
        right.plot(one.places, one.curve, linewidth=1.2, label=one.name, **style)
        for after in one.promoted.values():
            left.axvline(after, color="#c44536", linewidth=1, label="promotion")
    for axes in (left, right):
        axes.axvline(found[0].drift, color="#8a8a8a", linewidth=1)
        axes.set_ylim(0)
        axes.set_xlim(0)
        axes.set_xlabel("decisions (the line: tastes change)")
    left.set_ylabel(f"expected yeses lost a decision, mean of {ROLLING:,}")
    right.set_ylabel("expected yeses lost since the start; the oracle loses 0")
    right.legend(loc="upper left", frameon=False, fontsize="small")
    if any(one.promoted for one in found):
        left.legend(loc="lower right", frameon=False, fontsize="small")
    picture.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
