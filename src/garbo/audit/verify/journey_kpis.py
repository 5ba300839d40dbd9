"""I25: the KPI cells are the sum of the facts on journey-flows, to the last count and histogram.

Rules
 1. The arithmetic is written again here, from docs/journey-kpis.md: neither the engine's fold nor the recomputation in
    SQL is used.
 2. Which ideal paths count since which offset stands in the processor's own row; which policy was in force when is not
    judged here.
 3. truncated: retention has deleted facts. Then only hours after the first fact's append are compared.
 4. Where there is no cell and no row of the processor, it does not run, and there is nothing to check.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from msgspec import DecodeError, msgpack

from garbo.audit.verify.report import InvariantResult
from garbo.core.vocabulary.effects import Flow

HOUR: Final = 3_600_000
KEPT: Final = 400 * 24  # hours
LAST: Final = 253_402_300_799_999
NAMES: Final = (
    "enter", "onward", "back", "aside", "drop", "end", "goal", "stay", "off_map", "skip", "return", "too_late",
    "merged", "contact", "positive", "neutral", "negative", "implicit", "need_in_time", "need_late", "need_unanswered",
    "lifecycle", "value_customer",
)  # fmt: skip
MAPS: Final = ("counts", "dwell", "answer", "targets", "held", "treated")
ENDED: Final = ("onward", "back", "aside", "drop", "end")
CODES: Final = {"onward": 0, "back": 1, "aside": 2, "drop": 3}
NEEDS: Final = {
    "answered": "need_in_time", "resolved": "need_in_time", "answered_late": "need_late",
    "unanswered": "need_unanswered",
}  # fmt: skip

Key: TypeAlias = tuple[int, int, str, str, str, str]
"""Partition, hour, journey, stage, channel, segment."""
Sums: TypeAlias = dict[tuple[str, int | str], int]
"""Map and key in it -> count."""


class Fact(NamedTuple):
    """A fact of journey-flows. appended_at: when the log took it (ms)."""

    partition: int
    offset: int
    appended_at: int
    flow: Flow


class Kpis(NamedTuple):
    """The topics of journeys. facts: in order within each partition. cells: (partition, message key) -> bytes.
    states: the processor's own row, by partition."""

    facts: list[Fact]
    cells: dict[tuple[int, bytes], bytes]
    states: dict[int, bytes]


def check(kpis: Kpis, *, truncated: bool) -> InvariantResult:
    """Check I25."""
    result = InvariantResult("I25", "the KPI cells are the sum of the facts on journey-flows")
    if not kpis.cells and not kpis.states:
        return result
    wanted: dict[Key, Sums] = defaultdict(dict)
    upto: dict[Key, int] = {}
    newest: dict[int, int] = {}
    whole: dict[int, int] = {}
    paths = {partition: _paths(raw) for partition, raw in kpis.states.items()}
    for fact in kpis.facts:
        result.checked += 1
        partition, flow = fact.partition, fact.flow
        whole.setdefault(partition, -(-fact.appended_at // HOUR))
        if not 0 <= flow.at <= LAST:
            continue  # a dead letter; I6 asks for it
        hour = flow.at // HOUR
        newest[partition] = max(hour, newest.get(partition, -1))
        if hour < newest[partition] - KEPT:
            places: Iterable[tuple[Key, Sums]] = [_late(partition, newest[partition], flow)]
        else:
            places = _places(partition, hour, flow, _at(paths.get(partition, ()), fact.offset).get(flow.journey, ()))
        for key, sums in places:
            upto[key] = fact.offset
            for name, count in sums.items():
                wanted[key][name] = wanted[key].get(name, 0) + count
    found = _cells(kpis.cells, result)
    for key in sorted(upto.keys() | found.keys()):
        partition, hour = key[:2]
        if hour < newest.get(partition, 0) - KEPT or (truncated and hour < whole.get(partition, 0)):
            continue
        result.checked += 1
        expected = upto.get(key, -1), {name: count for name, count in wanted.get(key, {}).items() if count}
        if expected != found.get(key):
            result.violations.append(f"{_words(key)}: {_difference(expected, found.get(key))}")
    return result


def _places(partition: int, hour: int, flow: Flow, ideal: Sequence[str]) -> Iterator[tuple[Key, Sums]]:
    """The cells of a fact, and what it adds to each."""
    sign, kind = flow.sign, str(flow.kind)
    here = (partition, hour, flow.journey, flow.origin, flow.channel, flow.segment)
    if flow.axis == "lifecycle":
        key = (partition, hour, "(lifecycle)", flow.origin, "", flow.segment)
        yield key, {_count("lifecycle"): sign, ("targets", flow.target): sign}
    elif kind == "move":
        there = (partition, hour, flow.journey, flow.target, flow.to_channel, flow.segment)
        if flow.origin:
            sums = _exit(flow, _how(ideal, flow.origin, flow.target))
            if flow.target:
                sums["targets", flow.target] = sign
            yield here, sums
        if flow.target:
            yield there, {_count("enter"): sign, **_met(flow, "enter")}
    elif kind in ("drop", "end", "merged"):
        yield here, _exit(flow, kind)
    elif kind in ("enter", "return", "goal", "skip"):
        stage, channel = flow.target or flow.origin, flow.to_channel or flow.channel
        sums = {_count(kind): sign} | (_met(flow, "skip") if kind == "skip" else {})
        yield (partition, hour, flow.journey, stage, channel, flow.segment), sums
    elif kind == "need":
        yield here, {_count(NEEDS[flow.obstacle]): sign} if flow.obstacle in NEEDS else {}
    elif kind == "response":
        said = [flow.quality] * (flow.quality in ("positive", "neutral", "negative")) + ["implicit"] * flow.implicit
        sums = {_count(what): sign for what in said}
        sums |= {("treated", f"{flow.action}|{what}"): sign for what in said if flow.action}
        yield here, sums | _delivered(flow)
    else:
        sums = {_count(kind): sign}
        if kind == "contact":
            sums |= _delivered(flow)
            if flow.action:
                sums["treated", f"{flow.action}|contact"] = sign
        yield here, sums


def _late(partition: int, hour: int, flow: Flow) -> tuple[Key, Sums]:
    return (partition, hour, flow.journey, flow.origin, flow.channel, flow.segment), {_count("too_late"): 1}


def _exit(flow: Flow, how: str) -> Sums:
    sign, dwell = flow.sign, _bucket(flow.dwell_ms)
    sums: Sums = {_count(how): sign}
    if how in ENDED:
        answer = dwell * 64 + 8 if flow.answered_ms < 0 else _bucket(flow.answered_ms) * 64
        met = (32 if flow.obstacle.split(":")[0] == "negative" else 16) if flow.obstacle else 0
        sums["answer", answer + ENDED.index(how) + met] = sign
    if how in CODES:
        sums["dwell", dwell * 4 + CODES[how]] = sign
    return sums | _met(flow, how)


def _met(flow: Flow, how: str) -> Sums:
    return {("held", f"{flow.obstacle}|{how}"): flow.sign} if flow.obstacle else {}


def _delivered(flow: Flow) -> Sums:
    amount, name = flow.sign * flow.value_customer, "value_customer"
    return {_count(name): amount} | ({("treated", f"{flow.action}|{name}"): amount} if flow.action else {})


def _how(ideal: Sequence[str], origin: str, target: str) -> str:
    if target not in ideal:
        return "aside"
    return "onward" if origin not in ideal or ideal.index(target) > ideal.index(origin) else "back"


def _count(name: str) -> tuple[str, int]:
    return "counts", NAMES.index(name)


def _bucket(value: int) -> int:
    """32 buckets an octave; below 64 one for each value."""
    octave = 0
    while value >> octave >= 64:
        octave += 1
    return octave * 32 + (max(value, 0) >> octave)


def _paths(raw: bytes) -> list[tuple[int, Mapping[str, Sequence[str]]]]:
    try:
        _, maps = msgpack.decode(raw)
        return [(first, ideal) for first, ideal in maps]
    except (DecodeError, TypeError, ValueError):
        return []


def _at(paths: Sequence[tuple[int, Mapping[str, Sequence[str]]]], offset: int) -> Mapping[str, Sequence[str]]:
    return next((ideal for first, ideal in reversed(paths) if first <= offset), {})


def _cells(cells: Mapping[tuple[int, bytes], bytes], result: InvariantResult) -> dict[Key, tuple[int, Sums]]:
    found: dict[Key, tuple[int, Sums]] = {}
    for (partition, key), raw in cells.items():
        try:
            names: list[str] = msgpack.decode(key[5:])
            upto, *maps = msgpack.decode(raw, strict=False)
            sums = {(of, name): n for of, counts in zip(MAPS, maps, strict=True) for name, n in counts.items()}
        except (DecodeError, TypeError, ValueError, AttributeError):
            result.violations.append(f"partition {partition}: {key!r} is no cell")
            continue
        journey, stage, channel, segment = names
        found[partition, int.from_bytes(key[1:5]), journey, stage, channel, segment] = upto, sums
    return found


def _words(key: Key) -> str:
    partition, hour, *names = key
    return f"partition {partition}, hour {hour}, {'/'.join(name or '-' for name in names)}"


def _difference(expected: tuple[int, Mapping[Any, int]], found: tuple[int, Mapping[Any, int]] | None) -> str:
    if found is None:
        return f"the facts up to {expected[0]} make a cell, and there is none"
    if expected[0] != found[0]:
        return f"the last fact is at {expected[0]}, the cell counts up to {found[0]}"
    wrong = [name for name in expected[1].keys() | found[1].keys() if expected[1].get(name) != found[1].get(name)]
    first = min(wrong, key=lambda name: (MAPS.index(name[0]), name[1]))
    of, name = first
    what = NAMES[int(name)] if of == "counts" else name
    return f"{of} of {what}: {expected[1].get(first, 0)} in the facts, {found[1].get(first, 0)} in the cell"
