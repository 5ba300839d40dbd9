"""What a decision finds besides the row and the policy, as it was when it was recorded: models and scarce things.

Rules
 1. A model that was asked at the recorded decision, about an offer or a text, gives the answer of the version that the
    record names, or none where none came in time. Any other model answers with the version that its partition used
    last. A challenger that was promoted decides as long as its partition's records say so.
 2. What is used up of scarce things is counted from the beginning of the log. If the log no longer has its beginning,
    what the record itself found used up is used up all the same, as far as the ceiling is the same.
"""

from collections.abc import Collection, Iterable, Mapping

from garbo.audit.recompute.recompute import RecordedQuota, deciding_in, model_of, promoted_in
from garbo.core.gates import scarcity
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.policy import Policy
from garbo.core.policy.reading import Classified
from garbo.core.policy.reading import model_of as text_model
from garbo.core.scoring.scorer import LATE, Estimate
from garbo.core.vocabulary.effects import DecisionRecord, Effect, Spent
from garbo.learning.model_key import DEVELOPMENT_KEY
from garbo.learning.serving import SnapshotScorer
from garbo.processors.quota import PartitionQuota


class ModelsAsRecorded:
    """The models of one partition. Call `passed` after each decision, in the order of the log.

    snapshots: by version. key: with which they are signed.
    """

    def __init__(self, snapshots: Mapping[str, bytes], key: bytes = DEVELOPMENT_KEY) -> None:
        self._snapshots, self._key = snapshots, key
        self._last: dict[str, str] = {}  # model -> the version used last
        self._served: dict[str, tuple[str, SnapshotScorer]] = {}  # model -> that version, ready to answer
        self._promoted: dict[str, str] = {}  # champion -> the challenger in its place

    def at(self, record: DecisionRecord, policy: CompiledPolicy) -> "Answering":
        """The models at a recorded decision (rule 1). policy: the one that made it."""
        looking = [model_of(lineup.model) for lineup in record.lineups[1:]]
        kept = {champion: model for champion, model in self._promoted.items() if model not in looking}
        self._promoted = {**kept, **promoted_in(record, policy.policy)}
        deciding = set(deciding_in(record, policy).values())
        texts = map(text_model, policy.policy.reader.learns)
        versions = dict.fromkeys([*deciding, *looking, *texts], "")
        versions.update((model_of(version), version) for version in record.models)
        late = {model for model in deciding if not versions[model]} if record.fallback else set()
        return Answering(self, {**self._last, **versions}, late, self._promoted)

    def now(self) -> "Answering":
        """The models at a decision that was not recorded: those used last."""
        return Answering(self, dict(self._last), (), self._promoted)

    def passed(self, record: DecisionRecord) -> None:
        """The decision is behind us: later ones have at least its versions."""
        self._last.update((model_of(version), version) for version in record.models)

    def serve(self, model: str, version: str) -> SnapshotScorer | None:
        """What answers for `version`; None if its snapshot is no longer on the log."""
        held = self._served.get(model)
        if held is None or held[0] != version:
            snapshot, scorer = self._snapshots.get(version), SnapshotScorer(self._key)
            if snapshot is None or not scorer.update(snapshot):
                return None
            held = self._served[model] = version, scorer
        return held[1]


class Answering:
    """One decision's models. Implements `core.scoring.scorer.Scorer` and `core.policy.reading.TextModels`."""

    def __init__(
        self, models: ModelsAsRecorded, versions: Mapping[str, str], late: Collection[str], promoted: Mapping[str, str]
    ) -> None:
        self._models, self._versions, self._late, self._promoted = models, versions, late, promoted

    def estimate(self, model: str, features: Mapping[str, float]) -> Estimate | None:
        if model in self._late:
            return LATE
        version = self._versions.get(model, "")
        scorer = self._models.serve(model, version) if version else None
        return None if scorer is None else scorer.estimate(model, features)

    def classify(self, model: str, features: Mapping[str, float], labels: Collection[str]) -> Classified | None:
        version = self._versions.get(model, "")
        scorer = self._models.serve(model, version) if version else None
        return None if scorer is None else scorer.classify(model, features, labels)

    def promoted(self, champion: str) -> str:
        return self._promoted.get(champion, "")

    def update(self, snapshot: bytes) -> bool:
        return False  # they are as recorded

    def forget(self, model: str) -> None:
        pass


class QuotaAsRecorded:
    """Implements `core.gates.scarcity.Quota` at one recorded decision (rule 2).

    counted: what was used before it. record, policy: the recorded decision, and the policy that made it.
    """

    def __init__(self, counted: PartitionQuota, record: DecisionRecord, policy: Policy) -> None:
        self._counted, self._recorded, self._policy = counted, RecordedQuota(record, policy), policy

    def used(self, key: str, period: int) -> int:
        return self._counted.used(key, period)

    def share(self, key: str, period: int, whole: int) -> int:
        share, found = self._counted.share(key, period, whole), self._recorded.share(key, period, whole)
        if found == whole or whole != ceiling(self._policy, key):
            return share
        return min(share, self.used(key, period) + found)


def ceiling(policy: Policy, key: str) -> int:
    """How much of `key` (a channel's slots, an offer's stock) there is by `policy`; 0 where it is not scarce."""
    if key.startswith(scarcity.STOCK):
        action = policy.actions.get(key.removeprefix(scarcity.STOCK))
        return action.stock if action is not None else 0
    channel = policy.channels.get(key)
    return channel.capacity.at_most if channel is not None and channel.capacity is not None else 0


def spend(quota: PartitionQuota, effects: Iterable[Effect]) -> None:
    """Count what a decision has used."""
    for effect in effects:
        if isinstance(effect, Spent):
            quota.spend(effect.key, effect.period)
