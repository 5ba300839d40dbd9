"""READ FIRST. I5: a recorded decision, made once more from the log, comes out the same, byte for byte.

    Recomputer(codec, means).step(prior_row, message, record, its_bytes) -> Step(verdict, row, why)

Rules
 1. Inputs are the event as it lies on party-events, the party's row before it, the policy and the snapshots the record
    names, and the record's instant and age. Nothing else enters a decision (core.decide), so nothing else is needed.
 2. The row before is not on record, its digest is: it comes from folding the party's earlier events, or, where
    retention has taken those, from the changelog. Another row than the one named is a verdict of its own.
 3. Compared are the bytes of the record and of the command, as the codec writes them today: same code, same lock file.
 4. What cannot be recomputed is said, never guessed: a policy, a snapshot or a row that is not at hand.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple

from msgspec import structs

from garbo.adapters.avro.codec import AvroCodec
from garbo.core.decide import Env, handle
from garbo.core.party.state import decode, encode
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.vocabulary.effects import DecisionRecord, Deliver, Effect
from garbo.core.vocabulary.ids import row_digest
from garbo.learning.serving import SnapshotScorer
from garbo.processors.decide import placed
from garbo.processors.identifiers import DEFAULT_REGION, normalise_identifiers
from garbo.processors.ports import ConsumerRecord, Rejected

SHOWN: Final = 200  # characters of a value in a difference


class Verdict(Enum):
    """What became of one decision."""

    SAME = "byte-equal"
    DIFFERS = "differs"
    WRONG_ROW = "stands on another row"
    NOT_AT_HAND = "cannot be recomputed"
    UNREADABLE = "cannot be read"


class Step(NamedTuple):
    """row: what the party's row is after the event; None: not known. why: in a sentence, unless the same."""

    verdict: Verdict
    row: bytes | None
    why: str = ""


class ReplayInputs(NamedTuple):
    """What decided: policies and snapshots by version; commands' bytes by action_id."""

    policies: Mapping[str, CompiledPolicy]
    snapshots: Mapping[str, bytes]
    commands: Mapping[str, bytes]


class Recomputer:
    """Recomputes decisions one by one; a party's in the order of its log."""

    def __init__(self, codec: AvroCodec, means: ReplayInputs, region: str = DEFAULT_REGION) -> None:
        self._codec, self._means, self._region = codec, means, region
        self._scorers: dict[tuple[str, ...], SnapshotScorer | None] = {}

    def step(self, prior: bytes | None, message: ConsumerRecord, record: DecisionRecord, recorded: bytes) -> Step:
        """The decision about `message` (of party-events), on the row `prior`. recorded: `record` as it lies."""
        try:
            event = normalise_identifiers(self._codec.party_event(message), self._region)
        except Rejected as refused:
            return Step(Verdict.UNREADABLE, None, f"its event cannot be read: {refused.reason.value}")
        if row_digest(prior) != record.prior_state:
            if prior is None:
                return Step(
                    Verdict.NOT_AT_HAND, None, f"the row before it, {record.prior_state}, is no longer on the log"
                )
            why = f"the record stands on row {record.prior_state or 'none'}, the log gives {row_digest(prior)}"
            return Step(Verdict.WRONG_ROW, None, why)
        policy = self._means.policies.get(record.policy_version)
        if policy is None:
            return Step(Verdict.NOT_AT_HAND, None, f"policy {record.policy_version} is not at hand; give its --policy")
        scorer = self._scorer(record.models)
        if scorer is None:
            return Step(Verdict.NOT_AT_HAND, None, f"a snapshot of {', '.join(record.models)} is no longer on the log")
        env = Env(policy, scorer, record.at, record.age_ms)
        outcome = handle(decode(prior) if prior is not None else None, event, env)
        row = encode(outcome.state)
        effects = [placed(effect, message, prior, row) for effect in outcome.effects]
        why = self._compared(effects, recorded, record)
        return Step(Verdict.DIFFERS if why else Verdict.SAME, row, why)

    def _compared(self, effects: Sequence[Effect], recorded: bytes, record: DecisionRecord) -> str:
        """How what was recomputed differs from what is on the topics; empty when it does not."""
        for made in effects:
            if isinstance(made, DecisionRecord) and self._codec.encode(made) != recorded:
                return differences(record, made) or "the same values in other bytes: another version of the schema"
            if isinstance(made, Deliver):
                sent = self._means.commands.get(made.action_id)
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
        scorer = SnapshotScorer()
        for version in models:
            snapshot = self._means.snapshots.get(version)
            if snapshot is None or not scorer.update(snapshot):
                return None
        return scorer


def differences(recorded: DecisionRecord | Deliver, made: DecisionRecord | Deliver) -> str:
    """The fields that differ, each with both values."""
    theirs, ours = structs.asdict(recorded), structs.asdict(made)
    return "; ".join(
        f"{name}: recorded {theirs[name]!r:.{SHOWN}}, recomputed {ours[name]!r:.{SHOWN}}"
        for name in theirs
        if theirs[name] != ours.get(name)
    )
