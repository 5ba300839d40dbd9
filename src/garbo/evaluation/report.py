"""The whole evaluation of a log, as plain values."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from garbo.core.policy.policy import Policy
from garbo.errors import ConfigError, NotFoundError
from garbo.evaluation import draws as drawn
from garbo.evaluation.columns import columns
from garbo.evaluation.draws import Selection
from garbo.evaluation.rows import Rows, plain
from garbo.evaluation.targets import (
    FACTORS,
    PolicyOf,
    Target,
    challengers,
    champions,
    lineup,
    mean_propensity,
    without,
)
from garbo.evaluation.uplift import Uplift, uplift
from garbo.learning.evaluation.off_policy import Estimates, estimates


class Evaluated(NamedTuple):
    """A target with its estimates. unknown: decisions at which it cannot be said what it would do, left out.
    estimates: None with a reason in `refused`."""

    name: str
    kind: str  # "champions" | "model" | "without"
    unknown: int
    estimates: Estimates | None
    refused: tuple[str, ...]


class Report(Struct):
    """What `garbo evaluate` says."""

    selection: Selection
    window: int
    targets: list[Evaluated]
    uplift: Uplift | None
    unreadable: int

    @property
    def refused(self) -> bool:
        """Was every question refused?"""
        asked = [not one.refused for one in self.targets] + ([not self.uplift.refused] if self.uplift else [])
        return bool(asked) and not any(asked)

    def data(self) -> dict[str, Any]:
        """As plain values, for JSON. A refused target has its reasons and no estimate."""
        s = self.selection
        return {
            "decisions": {
                name: getattr(s, name)
                for name in ("decided", "undrawn", "unprofiled", "open", "odd", "silent", "answered", "unknown")
            }
            | {"used": len(s.draws), "unreadable": self.unreadable, "window_ms": self.window},
            "targets": [_data(one) for one in self.targets],
            "uplift": None if self.uplift is None else _uplift(self.uplift),
        }


def evaluate(
    rows: Rows,
    policy_of: PolicyOf,
    window: int,
    *,
    models: Sequence[str] | None = None,
    factors: Sequence[str] | None = None,
    conversion: str = "",
) -> Report:
    """Evaluate targets on a log.

    Args:
        policy_of: finds the policy of a decision. window: the longest time (ms) from a contact to its label.
        models: challengers and shadows, by id; None: all in the records. factors: to leave out, one at a time, of
            `targets.FACTORS`; None: all. conversion: the touchpoint of the uplift; empty: no uplift.

    Raises:
        NotFoundError: a model is in no record.
        ConfigError: there is no such factor.
    """
    known = challengers(rows.decisions)
    for model in models or ():
        if model not in known:
            there = f"there are {', '.join(known)}" if known else "they have no challenger and no shadow"
            raise NotFoundError(f"no decision has a lineup with `{model}`: {there}.")
    for factor in factors or ():
        if factor not in FACTORS:
            raise ConfigError(f"a score has no factor `{factor}`: it has {', '.join(FACTORS)}.")
    selection = drawn.select(rows.decisions, drawn.outcomes(rows.examples), window)
    asked: list[tuple[str, str, Target]] = [("champions", "champions", champions)] if known else []
    asked += [(model, "model", lineup(model)) for model in (known if models is None else models)]
    mean = mean_propensity(selection.draws)
    asked += [(f, "without", without(f, policy_of, mean)) for f in (FACTORS if factors is None else factors)]
    return Report(
        selection=selection,
        window=window,
        targets=[_evaluated(name, kind, target, selection) for name, kind, target in asked],
        uplift=uplift(rows.decisions, conversion, policy_of) if conversion else None,
        unreadable=rows.unreadable,
    )


def longest_window(policies: Iterable[Policy]) -> int:
    """The longest window of any model's target, in ms; 0 without a model."""
    targets = [model.target for policy in policies for model in policy.models.values()]
    return max((max((t.window, *t.windows.values())) for t in targets), default=0)


def _evaluated(name: str, kind: str, target: Target, selection: Selection) -> Evaluated:
    log, unknown = columns(selection.draws, target)
    if not log.decisions:
        why = "no decision can be used" if not selection.draws else "it cannot be said what it would do at any decision"
        return Evaluated(name, kind, unknown, None, (why,))
    try:
        result = estimates(log)
    except ValueError as problem:
        return Evaluated(name, kind, unknown, None, (str(problem),))
    return Evaluated(name, kind, unknown, result, result.refused)


def _data(one: Evaluated) -> dict[str, Any]:
    data: dict[str, Any] = {"name": one.name, "kind": one.kind, "unknown": one.unknown, "refused": list(one.refused)}
    e = one.estimates
    if e is None:
        return data
    data |= {
        "decisions": e.decisions, "parties": e.clusters, "ess": e.ess, "largest_weight": e.largest,
        "mean_weight": e.mean_weight, "unsupported": e.unsupported, "doubts": list(e.doubts),
    }  # fmt: skip
    if not one.refused:
        for name in ("logged", "ips", "snips", "dm", "dr", "gain"):
            data[name] = {key: plain(value) for key, value in getattr(e, name)._asdict().items()}
    return data


def _uplift(u: Uplift) -> dict[str, Any]:
    data: dict[str, Any] = {"conversion": u.conversion, "hold_out_share": u.share, "refused": u.refused}
    for name, group in (("with_marketing", u.marketed), ("held_out", u.held_out)):
        data[name] = {"parties": group.parties, "converted": group.converted}
    if not u.refused:
        data |= {"difference": u.difference, "low": u.low, "high": u.high}
    return data
