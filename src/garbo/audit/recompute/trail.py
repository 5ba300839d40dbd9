"""Walks the recorded decisions in the order of the log and recomputes each.

Rules
 1. Only committed records count, with their stored bytes. A party's trail is its events on party-events, each with the
    record that names its place. Dead letters and ticks have no record and change no row.
 2. If retention has deleted the party's first events, the first row comes from the changelog, found by the digest that
    the record names. Later rows are folded.
 3. Without a known row no later decision of that party can be recomputed, until a record names a row that the
    changelog holds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.kafka.topics import DECIDE_CHANGELOG
from garbo.audit.recompute.recompute import Recomputer, ReplayInputs, Step, Verdict
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.ids import row_digest
from garbo.errors import GarboError
from garbo.learning import snapshots
from garbo.learning.model_key import DEVELOPMENT_KEY
from garbo.policy.loader import from_bundle
from garbo.processors.identifiers import DEFAULT_REGION
from garbo.processors.ports import ConsumerRecord, Rejected
from garbo.processors.topics import Topics

EXAMPLES: Final = 5

Read: TypeAlias = Callable[[Sequence[str], int | None], Iterable[ConsumerRecord]]
"""Full topic names, and one partition of each (None: all) -> committed records, ordered within each partition."""


class ReplayResult(NamedTuple):
    """One recomputed decision. record None: the record cannot be read, and `why` says where it is stored."""

    record: DecisionRecord | None
    verdict: Verdict
    why: str


class Retraced(NamedTuple):
    """One recorded decision and its recomputation.

    record None: it cannot be read. prior: the party's row before it; None: no row, or not known. message: its event;
    None: it is no longer on the log.
    """

    record: DecisionRecord | None
    step: Step
    prior: bytes | None = None
    message: ConsumerRecord | None = None


@dataclass(slots=True)
class Tally:
    """verdicts: number of decisions by verdict; examples: the first `EXAMPLES` that are not byte-equal."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, result: ReplayResult) -> None:
        self.verdicts[result.verdict] += 1
        if result.verdict is not Verdict.SAME and len(self.examples) < EXAMPLES:
            what = f"{result.record.decision_id} of {result.record.party}: " if result.record else ""
            self.examples.append(what + result.why)

    @property
    def total(self) -> int:
        return self.verdicts.total()

    @property
    def same(self) -> int:
        return self.verdicts[Verdict.SAME]


class Trail:
    """Reads an installation's topics.

    Args:
        read: reads committed records of topics.
        names: complete names of all topics that there are; commands may lie on the topic of a channel that is gone.
        policies: policies to use besides those on policy-versions.
        region: the country that a phone number without prefix belongs to (ISO 3166-1 alpha-2).
        key: with which model snapshots are signed.
    """

    def __init__(
        self,
        read: Read,
        codec: AvroCodec,
        topics: Topics,
        names: Iterable[str],
        policies: Iterable[CompiledPolicy] = (),
        region: str = DEFAULT_REGION,
        key: bytes = DEVELOPMENT_KEY,
    ) -> None:
        self._key = key
        self._read, self._codec, self._topics, self._region = read, codec, topics, region
        self._given, self._actions = tuple(policies), topics.of_commands(names)

    def walk(self, partition: int, report: Callable[[ReplayResult], None], party: str | None = None) -> None:
        """Recompute every decision of a partition, or only those of `party`, in the order of the log.

        Args:
            report: called once for each decision.

        Raises:
            BrokerError: the broker does not answer, or a topic is missing.
        """
        for record, step, *_ in self.retrace(partition, self.inputs(partition), party):
            report(ReplayResult(record, step.verdict, step.why))

    def retrace(
        self, partition: int, inputs: ReplayInputs, party: str | None = None,
        begin: Callable[[int], None] = lambda decisions: None,
    ) -> Iterator[Retraced]:  # fmt: skip
        """Every recorded decision of a partition, or of `party`, recomputed, in the order of the log.

        Args:
            inputs: what `inputs` gave for this partition.
            begin: called once with the number of decisions, before the first one.

        Raises:
            BrokerError: the broker does not answer, or a topic is missing.
        """
        only = None if party is None else party.encode()
        records, refused = self._records(partition, only)
        begin(len(records) + len(refused))
        yield from refused
        recomputer = Recomputer(self._codec, inputs, self._region)
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
            yield Retraced(record, step, prior, message)
        gone = Step(Verdict.NOT_AVAILABLE, None, "its event is no longer on party-events")
        for raw in records.values():
            yield Retraced(self._codec.decision(raw), gone)

    def _records(self, partition: int, only: bytes | None) -> tuple[dict[int, bytes], list[Retraced]]:
        """The records by their events' offsets; if an event has two, the first, because its commands were sent.

        And those that cannot be read, or name no event on this partition.
        """
        records: dict[int, bytes] = {}
        refused: list[Retraced] = []
        for message in self._read([self._topics.decisions], partition):
            if only is not None and message.key != only:
                continue
            raw = message.value or b""
            try:
                record = self._codec.decision(raw)
            except Rejected as problem:
                why = f"decisions[{message.partition}]@{message.offset} cannot be read: {problem.reason.value}"
                refused.append(Retraced(None, Step(Verdict.UNREADABLE, None, why)))
                continue
            if record.partition == partition:
                records.setdefault(record.offset, raw)  # bytes only: memory holds a whole partition's records
            else:
                why = "it names no event on its partition: an older version of Garbo wrote it"
                refused.append(Retraced(record, Step(Verdict.NOT_AVAILABLE, None, why)))
        return records, refused

    def inputs(self, partition: int | None) -> ReplayInputs:
        """The policies given, the policies and snapshots on the log, and the commands of a partition; None: of none."""
        policies = {policy.policy.version: policy for policy in self._given}
        for message in self._read([self._topics.policies], None):
            with suppress(GarboError):  # the workers refused it as well
                policy = compiled(from_bundle(message.value or b""))
                policies[policy.policy.version] = policy
        models: dict[str, bytes] = {}
        for message in self._read([self._topics.snapshots], None):
            with suppress(GarboError):
                models[snapshots.decode(message.value or b"", self._key).version] = message.value or b""
        commands: dict[str, bytes] = {}
        for message in () if partition is None else self._read(self._actions, partition):
            with suppress(Rejected):
                commands.setdefault(self._codec.command(message.value or b"").action_id, message.value or b"")
        return ReplayInputs(policies, models, commands, self._key)

    def _kept_rows(self, partition: int) -> dict[str, bytes]:
        rows = self._read([self._topics.named(DECIDE_CHANGELOG)], partition)
        return {row_digest(message.value): message.value for message in rows if message.value is not None}
