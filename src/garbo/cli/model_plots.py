"""Calibration and learning curves of models, as a picture."""

from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Final

from garbo.errors import ConfigError
from garbo.learning.evaluation import calibration
from garbo.learning.evaluation.figures import Figures
from garbo.learning.evaluation.learning_curve import Block

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOSS: Final = "#1b6ca8"
_AUC: Final = "#c44536"
_GREY: Final = "#8a8a8a"


def draw(models: Sequence[tuple[str, Figures]], path: Path) -> None:
    """Write one row of two pictures for each model.

    Raises:
        ConfigError: no model has examples, matplotlib is missing, or the file cannot be written.
    """
    if not models:
        raise ConfigError("nothing to draw: no model has an example")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigError("a plot needs matplotlib: python -m pip install matplotlib") from None
    picture = Figure(figsize=(12, 4.2 * len(models)), layout="constrained")
    rows = picture.subplots(len(models), 2, squeeze=False)
    for (name, figures), (left, right) in zip(models, rows, strict=True):
        _calibration(left, name, figures)
        _learning(right, name, figures)
    try:
        picture.savefig(path)
    except OSError as problem:
        raise ConfigError(f"{path} cannot be written: {problem.strerror}") from None


def _calibration(axes: "Axes", name: str, figures: Figures) -> None:
    groups = figures.calibration()
    predicted = [group.predicted for group in groups]
    happened = [group.happened for group in groups]
    most = max(*predicted, *happened) * 1.08
    bands = list(calibration.band(groups))
    low, high = [low for low, _ in bands], [high for _, high in bands]
    axes.plot([0, most], [0, most], color=_GREY, linewidth=1, linestyle="--", label="perfect")
    axes.fill_between(predicted, low, high, color=_GREY, alpha=0.25, linewidth=0, label="95 % of chance around perfect")
    axes.plot(predicted, happened, color=_LOSS, marker="o", markersize=4, label="groups of equal mass")
    axes.set(
        xlim=(0, most),
        ylim=(0, most),
        xlabel="predicted",
        ylabel="share of yes",
        title=f"{name}: calibration, error {figures.summary().calibration_error or 0.0:.4f}",
    )
    axes.legend(loc="upper left", frameon=False)


def _learning(axes: "Axes", name: str, figures: Figures) -> None:
    blocks = figures.curve.points()
    if len(blocks) > 1 and blocks[-1].examples < figures.curve.size / 2:
        blocks = blocks[:-1]  # too short to be compared
    ends: list[int] = []
    for block in blocks:
        ends.append((ends[-1] if ends else 0) + block.examples)
    axes.plot(ends, [block.log_loss or 0.0 for block in blocks], color=_LOSS, label="log loss of the model")
    axes.plot(ends, [_of_rate(b) for b in blocks], color=_GREY, linewidth=1, label="log loss of the block's own rate")
    axes.set_ylim(0, 1.3 * max(block.log_loss or 0.0 for block in blocks))  # room for the legend
    axes.set(
        xlabel="examples learnt", ylabel="log loss (nats)", title=f"{name}: blocks of {blocks[0].examples} examples"
    )
    scale = axes.twinx()
    ranked = [(end, block.auc) for end, block in zip(ends, blocks, strict=True) if block.auc is not None]
    scale.plot(
        [end for end, _ in ranked], [auc for _, auc in ranked], color=_AUC, linewidth=1, label="AUC in the block"
    )
    scale.axhline(0.5, color=_AUC, linewidth=0.5, linestyle=":")
    scale.set_ylim(0.0, 1.0)
    scale.set_ylabel("AUC")
    if figures.residual.alarms:
        axes.axvline(figures.residual.last_alarm, color="black", linewidth=1, linestyle="--", label="last drift")
    handles, labels = axes.get_legend_handles_labels()
    more, names = scale.get_legend_handles_labels()
    axes.legend([*handles, *more], [*labels, *names], loc="upper left", ncols=2, frameon=False, fontsize="small")


def _of_rate(block: Block) -> float:
    """Log loss of somebody who knows the block's rate beforehand, and nothing about persons."""
    rate = block.accepted / block.examples
    return -sum(p * log(p) for p in (rate, 1.0 - rate) if p)
