"""`garbo models`: how good each model is, and what its curves look like."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from garbo.bootstrap import wiring
from garbo.bootstrap.settings import load_settings
from garbo.cli.letters import Bootstrap, Config, Prefix, long
from garbo.cli.policies import Policies
from garbo.core.vocabulary.nearest import did_you_mean
from garbo.errors import ConfigError, NotFoundError
from garbo.learning import snapshots
from garbo.learning.evaluation.figures import MATURE_AT, STALE_AFTER, Figures
from garbo.learning.model_key import read_key
from garbo.learning.text import models_of
from garbo.readmodel.models import ModelLine, latest, lines

PLOTS: Final = (".svg", ".png")
_FEATURES: Final = 30  # lines a model
_WIDE: Final = 100  # columns


def models(
    names: Annotated[list[str] | None, typer.Argument(metavar="[MODEL]...", help="Only these models.")] = None,
    features: Annotated[
        bool, typer.Option("--features", help="Also list how much each feature explains, and which no longer come.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write calibration and learning curves; .svg or .png.")
    ] = None,
    in_json: Annotated[bool, typer.Option("--json", help="Print JSON, with the points of all curves.")] = False,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    config: Config = None,
) -> None:
    """Show how good each model is: what it predicted before it learnt the answer, against the answer.

    Reads the latest snapshot of each model, and the policy in force for its role.
    """
    if plot is not None and plot.suffix.lower() not in PLOTS:
        raise ConfigError(f"{plot}: a plot is a file {' or '.join(PLOTS)}")
    settings = load_settings(config, bootstrap=bootstrap, prefix=prefix)
    key = read_key(settings.model_key_file)
    found = latest(settings.kafka, wiring.topics(settings), lambda raw: snapshots.decode(raw, key))
    policy = Policies(settings).current
    shown = _named(lines(found.published, {**policy.models, **models_of(policy)} if policy else {}), names or [])
    if in_json:
        print(json.dumps([as_json(line) for line in shown], indent=2, ensure_ascii=False))
    else:
        out = Console(highlight=False)
        _print(out, shown, features)
        if found.refused:
            out.print(f"{found.refused} snapshots cannot be read; workers keep the ones before them.")
    if plot is not None:
        from garbo.cli.model_plots import draw

        draw([(line.model, line.figures) for line in shown if line.figures is not None and line.figures.count], plot)


def _named(found: list[ModelLine], names: Sequence[str]) -> list[ModelLine]:
    known = [line.model for line in found]
    for name in names:
        if name not in known:
            raise NotFoundError(f"there is no model {name!r}{did_you_mean(name, known)}")
    return [line for line in found if not names or line.model in names]


def _print(out: Console, shown: Sequence[ModelLine], features: bool) -> None:
    if not shown:
        out.print("No model: neither the policy has one, nor the topic a snapshot.")
        return
    out.print(table(shown, wide=out.width >= _WIDE))
    for line in shown:
        for sentence in remarks(line):
            out.print(f"{escape(line.model)}: {escape(sentence)}", soft_wrap=True)
    if features:
        for line in shown:
            if line.figures is not None:
                out.print()
                out.print(_features(line.model, line.figures))


def table(shown: Sequence[ModelLine], wide: bool) -> Table:
    """One line a model; where it is not `wide`, two, with the role below the name.

    calibration: the error in points of a hundred, and what chance alone would show.
    """
    made = Table(box=None, header_style="bold", padding=(0, 2 if wide else 1, 0, 0))
    made.add_column("model", overflow="fold")
    if wide:
        made.add_column("role", overflow="fold")
    for header in ("version", "examples", "AUC", "log loss", "calibration", "drift"):
        made.add_column(header, justify="right", no_wrap=True)
    made.add_column("maturity", no_wrap=True)
    for line in shown:
        role = (f"{line.role} of {line.of}" if line.of else line.role) or "not in the policy"
        names = [escape(line.model), escape(role)] if wide else [f"{escape(line.model)}\n  [dim]{escape(role)}[/]"]
        if line.figures is None:
            made.add_row(*names, "none", "0", "", "", "", "", "prior")
            continue
        summary = line.figures.summary()
        error, chance = summary.calibration_error, summary.calibration_noise
        made.add_row(
            *names,
            "@" + line.version.rpartition("@")[2].partition(".")[0],
            f"{summary.examples:,}",
            _decimal(summary.auc, 3),
            _decimal(summary.log_loss, 4),
            "" if error is None or chance is None else f"{100 * error:.1f} ({100 * chance:.1f})",
            str(summary.drifts),
            "mature" if summary.mature else f"{summary.evidence} of {MATURE_AT}",
        )
    return made


def remarks(line: ModelLine) -> list[str]:
    """What the table has no room for."""
    found = [line.trial] if line.trial else []
    if line.figures is None:
        return [*found, "no snapshot yet, its starting propensity decides"] if line.role else found
    summary = line.figures.summary()
    if summary.block_auc is not None:
        found.append(f"AUC {summary.block_auc:.3f} within blocks of {line.figures.curve.size} examples")
    error, chance = summary.calibration_error, summary.calibration_noise
    if summary.mature and error is not None and chance is not None and error > max(2 * chance, 0.03):
        found.append("predictions are further from the truth than chance explains")
    if line.figures.residual.alarms:
        since = line.figures.residual.width
        found.append(f"what happens moved away from the predictions; the last time {since:,} examples ago")
    if summary.stale:
        found.append(f"not in its last {STALE_AFTER:,} examples: {', '.join(summary.stale)}")
    return found


def _features(model: str, figures: Figures) -> Table:
    made = Table(title=f"features of {escape(model)}", title_justify="left", box=None, header_style="bold")
    made.add_column("feature", overflow="fold")
    made.add_column("importance", justify="right")
    made.add_column("in examples", justify="right")
    made.add_column("last seen")
    found = figures.use.lines()
    for line in found[:_FEATURES]:
        seen = "in the last example" if not line.unseen else f"{line.unseen:,} examples ago"
        made.add_row(escape(line.name), f"{line.importance:.3f}", f"{line.share:.0%}", seen)
    if len(found) > _FEATURES:
        made.add_row(f"and {len(found) - _FEATURES} more", "", "", "")
    return made


def as_json(line: ModelLine) -> dict[str, Any]:
    """A line of `--json`."""
    figures = line.figures
    return {
        "model": line.model,
        "role": line.role,
        "of": line.of,
        "version": line.version,
        "published_at": long(line.at) if line.version else None,
        "trial": line.trial,
        "figures": None if figures is None else figures.summary()._asdict(),
        "calibration": [] if figures is None else [group._asdict() for group in figures.calibration()],
        "learning_curve": [
            {"examples": block.examples, "accepted": block.accepted, "log_loss": block.log_loss, "auc": block.auc}
            for block in (figures.curve.points() if figures is not None else [])
        ],
        "features": [feature._asdict() for feature in (figures.use.lines() if figures is not None else [])],
    }


def _decimal(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
