"""READ FIRST. I5: recomputing a recorded decision from the log gives the same bytes.

    Recomputer(codec, inputs).step(prior_row, message, record, recorded_bytes) -> Step(verdict, row, why)

Rules
 1. The inputs are the event as stored on party-events, the party's row before it, the policy and the snapshots that
    the record names, and the record's instant and age. Nothing else enters a decision (core.decide).
 2. The record holds the digest of the row before, not the row itself. The row comes from folding the party's earlier
    events, or from the changelog if retention has deleted them. A row with another digest has its own verdict.
 3. The comparison covers the bytes of the record and of the command, as today's codec writes them: it needs the same
    code and the same lock file.
 4. A decision without its policy, snapshot or row is reported as not recomputable. Nothing is guessed.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple

from msgspec import structs

from garbo.adapters.avro.codec import AvroCodec
from garbo.core.decide import Env, handle
from garbo.core.gates import scarcity
from garbo.core.party.state import decode, encode
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.policy import Policy
from garbo.core.scoring.scorer import LATE, Estimate, Scorer
from garbo.core.vocabulary.effects import DecisionRecord, Deliver, Effect
from garbo.core.vocabulary.events import PartyEvent
from garbo.core.vocabulary.ids import action_id, row_digest
from garbo.core.vocabulary.points import Point
from garbo.core.vocabulary.reasons import Reason
from garbo.learning.model_key import DEVELOPMENT_KEY
from garbo.learning.serving import SnapshotScorer
from garbo.processors.decide import placed
from garbo.processors.identifiers import DEFAULT_REGION, normalise_identifiers
from garbo.processors.ports import ConsumerRecord, Rejected

SHOWN: Final = 200  # characters of each value that a difference shows


class Verdict(Enum):
    """The result of recomputing one decision. The value is the text an operator sees."""

    SAME = "byte-equal"
    DIFFERS = "differs"
    WRONG_ROW = "made from another row"
    NOT_AVAILABLE = "cannot be recomputed"
    UNREADABLE = "cannot be read"


class Step(NamedTuple):
    """row: the party's row after the event; None: not known. why: a sentence; empty if the verdict is SAME.

    event, effects: what was decided on, and what came of it; None and nothing where nothing was recomputed.
    """

    verdict: Verdict
    row: bytes | None
    why: str = ""
    event: PartyEvent | None = None
    effects: Sequence[Effect] = ()


class ReplayInputs(NamedTuple):
    """What the decisions were made with: policies and snapshots by version; the sent commands' bytes by action_id.

    key: with which the snapshots are signed.
    """

    policies: Mapping[str, CompiledPolicy]
    snapshots: Mapping[str, bytes]
    commands: Mapping[str, bytes]
    key: bytes = DEVELOPMENT_KEY


class Recomputer:
    """Recomputes decisions one by one. The caller passes a party's decisions in the order of its log."""

    def __init__(self, codec: AvroCodec, inputs: ReplayInputs, region: str = DEFAULT_REGION) -> None:
        self._codec, self._inputs, self._region = codec, inputs, region
        self._scorers: dict[tuple[str, ...], SnapshotScorer | None] = {}

    def step(self, prior: bytes | None, message: ConsumerRecord, record: DecisionRecord, recorded: bytes) -> Step:
        """Recompute one decision.

        Args:
            prior: the party's row before the event; None: no row, or not known.
            message: the event, as stored on party-events.
            record: the recorded decision about it.
            recorded: the stored bytes of `record`.
        """
        try:
            event = self._codec.party_event(message)
        except Rejected as refused:
            why = f"its event cannot be read ({refused.reason.value}): look for its dead letter"
            return Step(Verdict.UNREADABLE, None, why)
        if row_digest(prior) != record.prior_state:
            if prior is None:
                return Step(
                    Verdict.NOT_AVAILABLE, None, f"the row before it, {record.prior_state}, is no longer on the log"
                )
            why = f"the record was made from row {record.prior_state or 'none'}, the log gives {row_digest(prior)}"
            return Step(Verdict.WRONG_ROW, None, why)
        policy = self._inputs.policies.get(record.policy_version)
        if policy is None:
            why = f"policy {record.policy_version} is not available: pass its folder with --policy"
            return Step(Verdict.NOT_AVAILABLE, None, why)
        event = normalise_identifiers(event, self._region, policy.policy.vocabulary.identifiers)
        scorer = self._scorer(record.models)
        if scorer is None:
            return Step(
                Verdict.NOT_AVAILABLE, None, f"a snapshot of {', '.join(record.models)} is no longer on the log"
            )
        env = Env(
            policy,
            RecordedScorer(scorer, record, policy),
            record.at,
            record.age_ms,
            RecordedQuota(record, policy.policy),
            scorer,
        )
        outcome = handle(decode(prior) if prior is not None else None, event, env)
        row = encode(outcome.state)
        effects = [placed(effect, message, prior, row) for effect in outcome.effects]
        why = self._compared(effects, recorded, record)
        return Step(Verdict.DIFFERS if why else Verdict.SAME, row, why, event, effects)

    def _compared(self, effects: Sequence[Effect], recorded: bytes, record: DecisionRecord) -> str:
        """How the recomputed record and command differ from those on the topics; empty if they are equal."""
        for made in effects:
            if isinstance(made, DecisionRecord) and self._codec.encode(made) != recorded:
                return differences(record, made) or "equal values, different bytes: another schema version wrote it"
            if isinstance(made, Deliver):
                sent = self._inputs.commands.get(made.action_id)
                if sent is None:
                    return f"command {made.action_id} is not on its topic"
                if self._codec.encode(made) != sent:
                    return f"command {made.action_id}: " + differences(self._codec.command(sent), made)
        return ""

    def _scorer(self, models: tuple[str, ...]) -> SnapshotScorer | None:
        if models not in self._scorers:
            self._scorers[models] = self._loaded(models)
        return self._scorers[models]

    def _loaded(self, models: tuple[str, ...]) -> SnapshotScorer | None:
        scorer = SnapshotScorer(self._inputs.key)
        for version in models:
            snapshot = self._inputs.snapshots.get(version)
            if snapshot is None or not scorer.update(snapshot):
                return None
        return scorer


class RecordedScorer:
    """The models at a recorded decision: who decided is the record's word, and those that had no time to answer then do
    not answer now. (Late challengers and shadows have no version in the record: none of theirs is loaded.)"""

    def __init__(self, scorer: Scorer, record: DecisionRecord, policy: CompiledPolicy) -> None:
        self._scorer = scorer
        self._promoted = promoted_in(record, policy.policy)
        self._late: set[str] = set()
        if record.fallback:
            deciding = deciding_in(record, policy)
            answered = {deciding.get(s.action) for s in record.scored if s.model_output >= 0}
            self._late = {model for model in deciding.values() if model not in answered}

    def estimate(self, model: str, features: Mapping[str, float]) -> Estimate | None:
        return LATE if model in self._late else self._scorer.estimate(model, features)

    def promoted(self, champion: str) -> str:
        return self._promoted.get(champion, "")

    def update(self, snapshot: bytes) -> bool:
        return self._scorer.update(snapshot)

    def forget(self, model: str) -> None:
        self._scorer.forget(model)


def model_of(version: str) -> str:
    """The model's id, of a version ("g@120") or of itself."""
    return version.rpartition("@")[0] or version


def promoted_in(record: DecisionRecord, policy: Policy) -> dict[str, str]:
    """Champion -> the challenger that decided in its place, as the record says."""
    names = record.lineups[0].model.split() if record.lineups else ()
    models = [policy.models[name] for name in map(model_of, names) if name in policy.models]
    return {model.of: model.id for model in models}


def deciding_in(record: DecisionRecord, policy: CompiledPolicy) -> dict[str, str]:
    """Scored action -> the model that decided on it, for those whose family has one."""
    promoted, actions = promoted_in(record, policy.policy), policy.policy.actions
    families = {s.action: actions[s.action].family for s in record.scored if s.action in actions}
    champions = {name: policy.champions[family].id for name, family in families.items() if family in policy.champions}
    return {name: promoted.get(champion, champion) for name, champion in champions.items()}


class RecordedQuota:
    """What was left of scarce things at a recorded decision, as far as that decision asked: the record names what it
    found used up. Implements `core.gates.scarcity.Quota`."""

    def __init__(self, record: DecisionRecord, policy: Policy) -> None:
        self._gone = {b.detail for b in record.blocked if b.reason is Reason.NO_CAPACITY}
        known = policy.channels.get(record.chosen_channel)
        self._taken = ""  # the last slot of its period went to the chosen action itself; what followed found none
        if not self._gone or not record.action_id or known is None or known.capacity is None:
            return
        period = scarcity.period_of(known.capacity, record.placed_at, policy)
        # What was planned for this period had its slot before, and what is shown to who is there needs none.
        chosen_here = record.action_id == action_id(record.party, record.event_id, 0)
        moved = scarcity.period_of(known.capacity, record.occurred_at, policy) != period
        if record.point != Point.INBOUND and (chosen_here or moved):
            self._taken = f"{known.name}:{period}"

    def used(self, key: str, period: int) -> int:
        return 0

    def share(self, key: str, period: int, whole: int) -> int:
        name = key if key.startswith(scarcity.STOCK) else f"{key}:{period}"
        if name not in self._gone:
            return whole
        return 1 if name == self._taken else 0


def differences(recorded: DecisionRecord | Deliver, made: DecisionRecord | Deliver) -> str:
    """The fields that differ, each with both values, at most `SHOWN` characters each."""
    theirs, ours = structs.asdict(recorded), structs.asdict(made)
    return "; ".join(
        f"{name}: recorded {theirs[name]!r:.{SHOWN}}, recomputed {ours[name]!r:.{SHOWN}}"
        for name in theirs
        if theirs[name] != ours.get(name) and repr(theirs[name]) != repr(ours.get(name))  # NaN is no other than NaN
    )
