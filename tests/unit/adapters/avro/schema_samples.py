"""Data and changes made from a schema itself, so that a field added to an .avsc is exercised without a change here.

`samples` gives data of a record schema: first one in which every field has a value of its own and none its default,
then for each field, nested ones too, every branch, every symbol, and short and long strings, arrays and maps.
`changes` gives the same schema with one field dropped, moved, added or of another type, for every field.
"""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from garbo.adapters.avro.messages.fields import IDENTIFIERS, LAST_INSTANT
from garbo.adapters.avro.schemas import current
from garbo.core.vocabulary.effects import VALUE_LIMIT

NOT_EMPTY: Final = {"event_id", "party", "party_id", "winner", "Touchpoint.kind", "Touchpoint.text", "Source.topic",
             "MemberUpdate.member", "HouseholdJoined.member"}  # fmt: skip
NOT_NEGATIVE: Final = {"Source.partition", "Source.offset"}
NEW_FIELD: Final = {"name": "added", "type": "string", "default": "new", "doc": "A new field."}


def schema(name: str) -> Any:
    """Today's schema of a message, each type written out where it is used (under a name of its own)."""
    return _written_out(json.loads(current()[name].text), {}, count(2))


def _written_out(found: Any, seen: dict[str, Any], number: Iterator[int]) -> Any:
    if isinstance(found, list):
        return [_written_out(branch, seen, number) for branch in found]
    if isinstance(found, str):
        known = seen.get(found)
        return found if known is None else {**known, "name": f"{known['name']}{next(number)}"}
    out = dict(found)
    for inner in ("items", "values"):
        if inner in out:
            out[inner] = _written_out(out[inner], seen, number)
    if "fields" in out:
        out["fields"] = [{**f, "type": _written_out(f["type"], seen, number)} for f in out["fields"]]
    if "name" in out:
        seen[out["name"]] = out
    return out


def samples(record: Any) -> list[dict[str, Any]]:
    return list(_record(record, count(1)))


def _record(record: Any, number: Iterator[int]) -> Iterator[dict[str, Any]]:
    variants = {f["name"]: list(_values(f["type"], f"{record['name']}.{f['name']}", number)) for f in record["fields"]}
    first = {name: values[0] for name, values in variants.items()}
    coded = [name for name in first if f"{name}_name" in first]  # the enum's symbol says it, or the name beside it
    named = {**first, **dict.fromkeys(coded, "UNKNOWN")}
    yield named
    for name, values in variants.items():
        for value in values if name in coded else values[1:]:
            if name in coded:
                yield {**named, name: value, f"{name}_name": ""}
            elif (symbol := name.removesuffix("_name")) in coded and not value:
                yield {**named, name: value, symbol: first[symbol]}
            else:
                yield {**named, name: value}


def _values(kind: Any, path: str, number: Iterator[int]) -> Iterator[Any]:
    """Values of a type; the first is never the default, and is unlike any other field's."""
    if isinstance(kind, list):
        for branch in sorted(kind, key=lambda b: b == "null"):
            yield from _values(branch, path, number)
    elif isinstance(kind, str):
        yield from _primitives(kind, path, number)
    elif kind["type"] == "enum":
        yield from kind["symbols"][1:]  # UNKNOWN is what a reader sees, and no writer writes
    elif kind["type"] == "record":
        yield from _record(kind, number)
    elif kind["type"] == "array":
        items = list(_values(kind["items"], path, number))
        sizes = (63, IDENTIFIERS) if path.endswith(".identifiers") else (63, 64, 200)
        yield items[:2]
        yield from ([item] for item in items)
        yield []
        yield from (items[:1] * size for size in sizes)
    elif kind["type"] == "map":
        values = list(_values(kind["values"], path, number))
        field = path.split(".")[1]  # no key of one map stands in another: attributes lie in three
        yield dict(zip((f"{field} one", f"{field} two"), values, strict=False))
        yield from ({f"{field} è": value} for value in values)
        yield {}
        yield from ({f"{field} {n}": values[0] for n in range(size)} for size in (63, 64, 200))
    elif kind.get("logicalType") == "timestamp-millis":
        yield from (1_700_000_000_000 + next(number), 0, 1, LAST_INSTANT)
    else:
        yield from _values(kind["type"], path, number)


def _primitives(kind: str, path: str, number: Iterator[int]) -> Iterator[Any]:
    n = next(number)
    field = path.split(".")[1]
    match kind:
        case "null":
            yield None
        case "boolean":
            yield from (True, False)
        case "int" | "long" if path == "JourneyFlow.sign":
            yield from (1, -1)
        case "int" | "long" if path == "JourneyFlow.value_customer":
            yield from (n + 1_000, 0, -1, VALUE_LIMIT, -VALUE_LIMIT)
        case "int" | "long" if path == "LearningExample.label":
            yield from (1, 0)
        case "int" | "long":
            bits = 31 if kind == "int" else 63
            yield from (n + 1_000, 0, 63, 64, 2**bits - 1)
            if path not in NOT_NEGATIVE:
                yield from (-1, -64, -65, -(2**bits))
        case "double":
            yield from (n + 0.5, 0.0, -0.0, 1.7e308, -5e-324)
        case "bytes":
            yield from (f"bytes {n}".encode(), b"", bytes(range(256)), b"\xff" * 70_000)
        case "string":
            yield from (f"{path} {n}"[-60:], "x", "y" * 63, "z" * 64, "è€🙂" * 20, "w" * 200)
            if field not in NOT_EMPTY and path not in NOT_EMPTY:
                yield ""
        case _:
            raise AssertionError(f"no values of {kind}: teach this file")


def changes(record: Any) -> Iterator[tuple[str, Any]]:
    """(what was changed, the changed schema)."""
    fields = record["fields"]
    for i, field in enumerate(fields):
        what = f"{record['name']}.{field['name']}"
        yield f"{what} dropped", {**record, "fields": [*fields[:i], *fields[i + 1 :]]}
        if i:
            yield f"{what} moved up", {**record, "fields": [*fields[: i - 1], field, fields[i - 1], *fields[i + 1 :]]}
        yield f"a field before {what}", {**record, "fields": [*fields[:i], NEW_FIELD, *fields[i:]]}
        for how, kind in _other_types(field["type"]):
            yield f"{what} {how}", {**record, "fields": [*fields[:i], {**field, "type": kind}, *fields[i + 1 :]]}
    yield f"a field at the end of {record['name']}", {**record, "fields": [*fields, NEW_FIELD]}


def _other_types(kind: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(kind, list):
        yield "with another branch order", kind[::-1]
        for i, branch in enumerate(kind):
            yield from ((how, [*kind[:i], other, *kind[i + 1 :]]) for how, other in _nested(branch))
        return
    yield "optional", ["null", kind]
    yield from _nested(kind)


def _nested(kind: Any) -> Iterator[tuple[str, Any]]:
    """Changes of a record somewhere in a type."""
    if not isinstance(kind, dict):
        return
    if kind["type"] == "record":
        yield from changes(kind)
    for inner in ("items", "values"):
        if inner in kind:
            yield from ((how, {**kind, inner: other}) for how, other in _other_types(kind[inner]))
