"""One step: each recorded decision is made again from its own recorded row, with policy B in the place of policy A.

Rules
 1. The row before is the recorded one: the log is folded with the policies that decided, and a row whose digest is not
    the recorded one is not used. The event, its instant and age, the models and what is scarce are as recorded, too.
 2. Only decisions that policy A made are compared. Those of other policies move the rows on and are counted.
 3. A decision that does not come out as recorded even under A (another version of Garbo made it, or its row or a
    model is no longer on the log) is not compared: a difference would not be the policy's.
 4. The draws have the seeds of the record if both policies have the same `salt`. A against A differs in nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from garbo.audit.recompute.recompute import ReplayInputs, Verdict
from garbo.audit.recompute.trail import Retraced, Trail
from garbo.core.decide import Env, handle
from garbo.core.party.state import decode
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.vocabulary.effects import DecisionRecord, Effect
from garbo.processors.quota import PartitionQuota
from garbo.replay.what_if.as_recorded import ModelsAsRecorded, QuotaAsRecorded, spend
from garbo.replay.what_if.decided import Change, changes, decided

OTHER_POLICY: Final = "another policy made them"
NOT_AS_RECORDED: Final = "they do not come out as recorded under policy A either"


class Made(NamedTuple):
    """A recorded decision, made again.

    record None: it cannot be read. other: how it comes out under B; None if it was not compared, and `why_not` says
    why. changes: in what the two differ; empty for nothing.
    """

    record: DecisionRecord | None
    other: DecisionRecord | None = None
    changes: tuple[Change, ...] = ()
    why_not: str = ""


class OneStep:
    """Makes the decisions of policy `before` again under policy `after`.

    trail: reads the log; it knows both policies. partitions: of party-events.
    """

    def __init__(self, trail: Trail, before: CompiledPolicy, after: CompiledPolicy, partitions: int) -> None:
        self._trail, self._before, self._after, self._partitions = trail, before, after, partitions

    def walk(self, partition: int, begin: Callable[[int], None] = lambda decisions: None) -> Iterator[Made]:
        """Every recorded decision of a partition, in the order of the log.

        Args:
            begin: called once with their number, before the first one.

        Raises:
            BrokerError: the broker does not answer, or a topic is missing.
        """
        inputs = self._trail.inputs(None)  # a command that is no longer on its topic was decided all the same
        models = ModelsAsRecorded(inputs.snapshots, inputs.key)
        quota = PartitionQuota(partition, lambda: self._partitions, None)
        for found in self._trail.retrace(partition, inputs, begin=begin):
            yield self._made(found, inputs, models, quota)
            if found.record is not None:
                models.passed(found.record)
            spend(quota, found.step.effects)

    def _made(self, found: Retraced, inputs: ReplayInputs, models: ModelsAsRecorded, quota: PartitionQuota) -> Made:
        record, step = found.record, found.step
        if record is None:
            return Made(None, why_not=Verdict.UNREADABLE.value)
        if record.policy_version != self._before.policy.version:
            return Made(record, why_not=OTHER_POLICY)
        if step.event is None:
            return Made(record, why_not=step.verdict.value)
        recorded = decided(record)
        if decided(record_of(step.effects)) != recorded:
            return Made(record, why_not=NOT_AS_RECORDED)
        policy = inputs.policies[record.policy_version]
        answering = models.at(record, policy)
        env = Env(
            self._after,
            answering,
            record.at,
            record.age_ms,
            QuotaAsRecorded(quota, record, policy.policy),
            answering,
        )
        outcome = handle(decode(found.prior) if found.prior is not None else None, step.event, env)
        other = record_of(outcome.effects)
        return Made(record, other, changes(recorded, decided(other)))


def record_of(effects: Sequence[Effect]) -> DecisionRecord:
    """The decision record among the effects of one event: there is exactly one."""
    return next(effect for effect in effects if isinstance(effect, DecisionRecord))
