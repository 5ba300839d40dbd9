"""The metrics of the models: how good each one is, and which one chooses.

Rules
 1. A figure is what the model's row says, so it does not begin at 0 when a worker starts.
 2. A model of the policy without any example is shown with 0 examples by every worker. Take the maximum over workers.
 3. Labels are the models of the policy and their roles; `series.MOST_SERIES` bounds them.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from prometheus_client.core import CounterMetricFamily, Metric

from garbo.adapters.observability.series import MOST_SERIES, Counter, Labels, gauge
from garbo.adapters.observability.specs import SPECS
from garbo.core.policy.models import CHAMPION, Model
from garbo.core.scoring.summary import Summary
from garbo.core.vocabulary.effects import DecisionRecord

_DRIFT: Final = "garbo_model_drift_total"


class ModelMetrics:
    """Its methods are those of `processors.meters.Meter` that are about models."""

    def __init__(self) -> None:
        self.decisions = Counter("garbo_model_decisions_total")
        self.metrics = (self.decisions,)
        self._summaries: dict[str, tuple[str, Summary | None]] = {}  # model -> role, figures

    def decided(self, record: DecisionRecord) -> None:
        """Count whose score chose, and which challenger had its share of the choice."""
        if record.chosen and record.model_version:
            self.decisions.add((_id(record.model_version), CHAMPION))
        for lineup in record.lineups:
            if lineup.model and lineup.share > 0.0:
                self.decisions.add((_id(lineup.model), lineup.role))

    def model(self, model: Model, summary: Summary | None) -> None:
        if model.id in self._summaries or len(self._summaries) < MOST_SERIES:
            self._summaries[model.id] = (model.role, summary)

    def models(self, ids: Collection[str]) -> None:
        for model in [known for known in self._summaries if known not in ids]:
            del self._summaries[model]

    def gauges(self) -> Iterator[Metric]:
        """The figures of every model, as last handed over."""
        known = list(self._summaries.items())
        rows = [((model, role), summary) for model, (role, summary) in known if summary is not None]
        yield gauge("garbo_model_examples", [((model, role), s.examples if s else 0) for model, (role, s) in known])
        yield gauge("garbo_model_evidence", [(labels, s.evidence) for labels, s in rows])
        yield gauge("garbo_model_mature", [(labels, int(s.mature)) for labels, s in rows])
        yield gauge("garbo_model_stale_features", [(labels, len(s.stale)) for labels, s in rows])
        for name, values in (
            ("garbo_model_auc", [(labels, s.auc) for labels, s in rows]),
            ("garbo_model_block_auc", [(labels, s.block_auc) for labels, s in rows]),
            ("garbo_model_log_loss", [(labels, s.log_loss) for labels, s in rows]),
            ("garbo_model_calibration_error", [(labels, s.calibration_error) for labels, s in rows]),
            ("garbo_model_calibration_noise", [(labels, s.calibration_noise) for labels, s in rows]),
        ):
            yield gauge(name, _known(values))
        spec = SPECS[_DRIFT]
        family = CounterMetricFamily(spec.name, spec.help, labels=spec.labels)
        for labels, summary in rows:
            family.add_metric(labels, summary.drifts)
        yield family


def _known(values: Sequence[tuple[Labels, float | None]]) -> list[tuple[Labels, float]]:
    return [(labels, value) for labels, value in values if value is not None]


def _id(version: str) -> str:
    """The model of a version, `id@examples`."""
    return version.rpartition("@")[0] or version
