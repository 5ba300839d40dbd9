"""Whether a schema that is not ours may be used to read a message: a hostile one could hang or overflow a worker."""

from typing import Any, Final

_NAMED: Final = frozenset({"record", "error", "enum", "fixed"})


def refusal(schema: Any) -> str:
    """Why `schema` is refused; empty if it is not.

    Two kinds are refused: recursive schemas (fastavro recurses in C, where no limit holds), and arrays whose items may
    take no bytes (a count of 2**62 nulls is ten bytes long and takes for ever to read).
    """
    try:
        _width(schema, {}, ())
    except _RefusedError as e:
        return str(e)
    return ""


class _RefusedError(Exception):
    pass


def _width(schema: Any, known: dict[str, int], inside: tuple[str, ...]) -> int:
    """The least bytes a value may take."""
    if isinstance(schema, list):
        for branch in schema:
            _width(branch, known, inside)
        return 1  # the branch's index
    if isinstance(schema, str):
        if schema in inside:
            raise _RefusedError("refers to itself")
        return known.get(schema, 0 if schema == "null" else 1)
    kind = schema["type"]
    if isinstance(kind, dict | list):
        return _width(kind, known, inside)
    if kind in ("array", "map"):
        least = _width(schema["items" if kind == "array" else "values"], known, inside)
        if kind == "array" and least == 0:
            raise _RefusedError("has an array whose items may take no bytes")
        return 1
    if kind not in _NAMED:
        return _width(kind, known, inside)
    name = schema["name"]
    if kind in ("record", "error"):
        width = sum([_width(field["type"], known, (*inside, name)) for field in schema["fields"]])
    else:
        width = schema["size"] if kind == "fixed" else 1
    known[name] = width
    return int(width)
