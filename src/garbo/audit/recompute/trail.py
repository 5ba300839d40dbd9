"""The trail of decisions as the topics hold it, walked once more in the order of the log.

Rules
 1. Committed records only, and as they lie: the trail of a party is its events on party-events, each with the record
    that names its place. What became a dead letter, and ticks, have no record and change no row.
 2. Where the trail begins after the party's first event (retention), the first row comes from the changelog, by the
    digest the record names; after that, rows are folded.
 3. A row that is not known makes every later decision of its party impossible to recompute, until the changelog has
    one that is named.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.kafka.topics import DECIDE_CHANGELOG
from garbo.audit.recompute.recompute import Recomputer, ReplayInputs, Verdict
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.ids import row_digest
from garbo.errors import GarboError
from garbo.learning import snapshots
from garbo.policy.loader import from_bundle
from garbo.processors.identifiers import DEFAULT_REGION
from garbo.processors.ports import ConsumerRecord, Rejected
from garbo.processors.topics import Topics

EXAMPLES: Final = 5

Read: TypeAlias = Callable[[Sequence[str], int | None], Iterable[ConsumerRecord]]
"""Complete topic names, and one partition of each (None: all) -> their committed records, by partition in order."""


class ReplayResult(NamedTuple):
    """One decision, recomputed. record None: it cannot be read, and `why` says where it lies."""

    record: DecisionRecord | None
    verdict: Verdict
    why: str


@dataclass(slots=True)
class Tally:
    """verdicts: how many decisions came out how; examples: the first that did not come out the same."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, found: ReplayResult) -> None:
        self.verdicts[found.verdict] += 1
        if found.verdict is not Verdict.SAME and len(self.examples) < EXAMPLES:
            what = f"{found.record.decision_id} of {found.record.party}: " if found.record else ""
            self.examples.append(what + found.why)

    @property
    def total(self) -> int:
        return self.verdicts.total()

    @property
    def same(self) -> int:
        return self.verdicts[Verdict.SAME]


class Trail:
    """Reads an installation's topics.

    Args:
        policies: policies at hand besides those on policy-versions.
    """

    def __init__(
        self,
        read: Read,
        codec: AvroCodec,
        topics: Topics,
        policies: Iterable[CompiledPolicy] = (),
        region: str = DEFAULT_REGION,
    ) -> None:
        self._read, self._codec, self._topics, self._region = read, codec, topics, region
        self._given = tuple(policies)

    def walk(self, partition: int, tell: Callable[[ReplayResult], None], party: str | None = None) -> None:
        """Recompute every decision of a partition, or only those of `party`, in the order of the log.

        Raises:
            BrokerError: the broker does not answer, or a topic is missing.
        """
        only = None if party is None else party.encode()
        records = self._records(partition, only, tell)
        recomputer = Recomputer(self._codec, self._means(partition), self._region)
        rows: dict[bytes, bytes | None] = {}
        kept: Mapping[str, bytes] | None = None
        for message in self._read([self._topics.party_events], partition):
            raw = records.pop(message.offset, None)
            if raw is None:
                continue
            record = self._codec.decision(raw)
            key = record.party.encode()
            prior = rows.get(key)
            if prior is None and record.prior_state:
                kept = self._kept_rows(partition) if kept is None else kept
                prior = kept.get(record.prior_state)
            step = recomputer.step(prior, message, record, raw)
            rows[key] = step.row
            tell(ReplayResult(record, step.verdict, step.why))
        for raw in records.values():
            tell(ReplayResult(self._codec.decision(raw), Verdict.NOT_AT_HAND, "its event is no longer on party-events"))

    def _records(self, partition: int, only: bytes | None, tell: Callable[[ReplayResult], None]) -> dict[int, bytes]:
        """The records by their events' offsets; of two for one event the first, for what it sent is out.

        What names no event on this partition is told at once: it can be found nowhere.
        """
        found: dict[int, bytes] = {}
        for message in self._read([self._topics.decisions], partition):
            if only is not None and message.key != only:
                continue
            raw = message.value or b""
            try:
                record = self._codec.decision(raw)
            except Rejected as refused:
                why = f"decisions[{message.partition}]@{message.offset} cannot be read: {refused.reason.value}"
                tell(ReplayResult(None, Verdict.UNREADABLE, why))
                continue
            if record.partition == partition:
                found.setdefault(record.offset, raw)  # the bytes alone: a partition's are all held at once
            else:
                tell(ReplayResult(record, Verdict.NOT_AT_HAND, "it names no event on its partition: an older writer's"))
        return found

    def _means(self, partition: int) -> ReplayInputs:
        policies = {policy.policy.version: policy for policy in self._given}
        for message in self._read([self._topics.policies], None):
            with suppress(GarboError):  # workers refused it, too
                policy = compiled(from_bundle(message.value or b""))
                policies[policy.policy.version] = policy
        models: dict[str, bytes] = {}
        for message in self._read([self._topics.snapshots], None):
            with suppress(GarboError):
                models[snapshots.decode(message.value or b"").version] = message.value or b""
        commands: dict[str, bytes] = {}
        for message in self._read(self._topics.all_actions, partition):
            with suppress(Rejected):
                commands.setdefault(self._codec.command(message.value or b"").action_id, message.value or b"")
        return ReplayInputs(policies, models, commands)

    def _kept_rows(self, partition: int) -> dict[str, bytes]:
        rows = self._read([self._topics.named(DECIDE_CHANGELOG)], partition)
        return {row_digest(message.value): message.value for message in rows if message.value is not None}
