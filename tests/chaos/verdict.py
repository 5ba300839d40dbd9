"""The verdict on a run, from the topics and from the workers' tables.

The independent checker covers decisions and commands. This module adds: recomputing each decision gives the same bytes
(I5); a local table equals its changelog (I7, second half); and no row of a party in the changelog is older than the
row before it, as a zombie that was not refused would leave it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import ConfluentRegistry
from garbo.adapters.kafka.reader import present, read_all
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.kafka.topics import CHANGELOGS
from garbo.adapters.state import RocksStores, Store
from garbo.audit.recompute.recompute import Verdict as Recomputed
from garbo.audit.verify import invariants, rules
from garbo.audit.verify.log import QUOTA_ROW, Log, collect
from garbo.audit.verify.report import SHOWN, Report
from garbo.core.party.state import decode
from garbo.errors import StoreError
from tests.chaos.recomputed import recomputed

BUG: Final = "bug"


@dataclass(slots=True)
class Verdict:
    """The checker's report, and the further checks in the same form. kinds: records by outcome."""

    report: Report
    more: dict[str, "CheckResult"]
    kinds: Counter[str]

    @property
    def violations(self) -> int:
        return self.report.violations + sum(len(result.violations) for result in self.more.values())

    def as_dict(self) -> dict[str, Any]:
        report = self.report.as_dict()
        report["violations"] = self.violations
        report["invariants"] |= {
            name: {
                "says": result.says, "checked": result.checked, "violations": len(result.violations),
                "first": result.violations[:SHOWN],
            }
            for name, result in self.more.items()
        }  # fmt: skip
        report["not_checked"] = {}
        report["kinds"] = dict(sorted(self.kinds.items()))
        return report


@dataclass(slots=True)
class CheckResult:
    """The result of one check."""

    says: str
    checked: int = 0
    violations: list[str] = field(default_factory=list)


def check_run(
    kafka: KafkaSettings,
    registry_url: str,
    policy: Path,
    partitions: int,
    data: list[Path],
    poisons: list[bytes],
    corrupted: Collection[Path],
) -> Verdict:
    """Read everything and check it. The workers must have ended. corrupted: tables whose files a fault has changed."""
    log = collect(partial(read_all, kafka), AvroCodec(ConfluentRegistry(registry_url)), present(kafka), kafka.prefix)
    report = invariants.check(log, rules.read(policy), exactly_once=True)
    more = {
        "I5": CheckResult("every decision, recomputed from the log in another process, is byte-equal"),
        "I7 tables": CheckResult("a table that a worker left equals its changelog up to its position"),
        "I7 order": CheckResult("no party's row in the changelog is older than the one before it"),
        "no bugs": CheckResult("no event became a dead letter because the engine failed"),
        "no poison": CheckResult("no decision used a poisoned model"),
    }
    verdicts, more["I5"].violations = recomputed(kafka.bootstrap, registry_url, policy, partitions)
    more["I5"].checked = verdicts.total()
    more["I5"].violations += [""] * (verdicts.total() - verdicts[Recomputed.SAME] - len(more["I5"].violations))
    for processor, changelog in CHANGELOGS.items():
        _tables(kafka, processor, changelog, data, corrupted, more["I7 tables"], more["I7 order"])
    _bugs(log, more["no bugs"])
    _poison(kafka, poisons, more["no poison"])
    return Verdict(report, more, _kinds(log))


def _kinds(log: Log) -> Counter[str]:
    kinds = Counter(f"decided: {decision.disposition}" for decision in log.decisions)
    kinds.update(f"dead letter: {dead.reason}" for dead in log.dead)
    return kinds


def _bugs(log: Log, result: CheckResult) -> None:
    result.checked = len(log.dead)
    result.violations = [
        f"{dead.of} became a dead letter of {dead.processor}: {BUG}" for dead in log.dead if dead.reason == BUG
    ]


def _poison(kafka: KafkaSettings, poisons: list[bytes], result: CheckResult) -> None:
    if not poisons:
        return
    for record in read_all(kafka, [kafka.prefix + "decisions"]):
        result.checked += 1
        if any(poison in (record.value or b"") for poison in poisons):
            result.violations.append(f"decisions[{record.partition}]@{record.offset} was made by a poisoned model")


# ---- tables ----------------------------------------------------------------------------------------------------------


def _tables(
    kafka: KafkaSettings, processor: str, changelog: str, data: list[Path], corrupted: Collection[Path],
    tables: CheckResult, order: CheckResult,
) -> None:  # fmt: skip
    """One pass over the changelog: at each store's position the folded rows must equal the store's."""
    name = kafka.prefix + changelog
    waiting: dict[int, list[tuple[int, str, Store]]] = defaultdict(list)
    for partition, place, store in _stores(processor, name, data, corrupted):
        position = store.position()
        waiting[partition].append((-1 if position is None else position.offset, place, store))
    for found in waiting.values():
        found.sort(key=lambda entry: entry[0])
    rows: dict[int, dict[bytes, bytes]] = defaultdict(dict)
    markers: dict[bytes, dict[str, int]] = {}
    try:
        for record in read_all(kafka, [name]):
            due = waiting[record.partition]
            while due and due[0][0] < record.offset:
                _compare(due.pop(0), rows[record.partition], tables)
            key = record.key or b""
            if record.value is None:
                rows[record.partition].pop(key, None)
                continue
            rows[record.partition][key] = record.value
            if processor == "decide" and key != QUOTA_ROW:
                _forward(key, record.value, f"{changelog}[{record.partition}]@{record.offset}", markers, order)
        for partition, due in waiting.items():
            for entry in due:
                _compare(entry, rows[partition], tables)
            due.clear()
    finally:
        for found in waiting.values():
            for _, _, store in found:
                store.close()


def _stores(
    processor: str, changelog: str, data: list[Path], corrupted: Collection[Path]
) -> Iterator[tuple[int, str, Store]]:
    prefix = f"{processor}-{changelog}-"
    for folder in data:
        stores = RocksStores(folder / processor, f"{processor}-{changelog}")
        for path in sorted((folder / processor).glob(f"{prefix}*")):
            number = path.name.removeprefix(prefix)
            if not number.isdigit():  # a worker has set it aside as corrupt
                continue
            store = stores.open(int(number))
            if path in corrupted and not _readable(store):  # no worker has opened it since; each would set it aside
                store.close()
                continue
            yield int(number), f"{folder.name}/{processor}-{number}", store


def _readable(store: Store) -> bool:
    try:
        for _ in store.scan():
            pass
    except StoreError:
        return False
    return True


def _compare(entry: tuple[int, str, Store], rows: dict[bytes, bytes], result: CheckResult) -> None:
    offset, place, store = entry
    result.checked += 1
    try:
        held = dict(store.scan())
    except StoreError as problem:
        result.violations.append(f"{place}, position {offset}: {problem}")
        return
    finally:
        store.close()
    if held != rows:
        missing, spare = len(rows.keys() - held.keys()), len(held.keys() - rows.keys())
        other = sum(rows[key] != held[key] for key in rows.keys() & held.keys())
        result.violations.append(
            f"{place}, position {offset}: {missing} rows are missing, {spare} are no rows, {other} differ"
        )


def _forward(key: bytes, value: bytes, place: str, markers: dict[bytes, dict[str, int]], result: CheckResult) -> None:
    """From row to row the offsets that a party has applied of each source never decrease."""
    result.checked += 1
    applied, before = decode(value).applied, markers.get(key, {})
    for source, offset in applied.items():
        if offset < before.get(source, -1):
            result.violations.append(f"{place}: a row is back at {source}@{offset}, after {before[source]}")
    markers[key] = applied
