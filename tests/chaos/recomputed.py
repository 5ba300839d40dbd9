"""I5: recomputes every decision of the run from the log, byte for byte; one process per partition, two at a time."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import ConfluentRegistry
from garbo.adapters.kafka.reader import present, read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.audit.recompute.recompute import Verdict
from garbo.audit.recompute.trail import Tally, Trail
from garbo.core.policy.compiled import compiled
from garbo.policy.loader import load
from garbo.processors.ports import ConsumerRecord
from garbo.processors.topics import Topics


def recomputed(bootstrap: str, registry_url: str, policy: Path, partitions: int) -> tuple[Counter[Verdict], list[str]]:
    """The number of decisions by verdict, and the first that are not byte-equal."""
    verdicts: Counter[Verdict] = Counter()
    examples: list[str] = []
    # A new interpreter for each: its hash seed differs from that of the worker that decided.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for tally in pool.map(partial(walked, bootstrap, registry_url, policy), range(partitions)):
            verdicts += tally.verdicts
            examples += tally.examples
    return verdicts, examples


def walked(bootstrap: str, registry_url: str, policy: Path, partition: int) -> Tally:
    """The tally of one partition."""
    kafka = KafkaSettings(bootstrap=bootstrap)

    def read(topics: Sequence[str], only: int | None) -> Iterable[ConsumerRecord]:
        return read_all(kafka, topics, partitions=None if only is None else {topic: [only] for topic in topics})

    codec = AvroCodec(ConfluentRegistry(registry_url))
    tally = Tally()
    Trail(read, codec, Topics(), present(kafka), [compiled(load(policy))]).walk(partition, tally.add)
    return tally
