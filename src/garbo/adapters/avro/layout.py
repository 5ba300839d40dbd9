"""What a schema says of its bytes: which fields come in which order, and of which types."""

from typing import Any, TypeAlias

Layout: TypeAlias = str | tuple[Any, ...]


def layout(schema: Any) -> Layout:
    """The layout of a parsed schema, as nested tuples; two schemas with one layout differ at most in enum symbols.

    Names of types, defaults and symbols are left out: code that reads or writes by hand takes the symbols from the
    schema itself.
    """
    if isinstance(schema, str):
        return schema
    if isinstance(schema, list):
        return ("union", *map(layout, schema))
    kind = schema["type"]
    if kind == "record":
        return ("record", *[(field["name"], layout(field["type"])) for field in schema["fields"]])
    if kind in ("array", "map"):
        return (kind, layout(schema["items" if kind == "array" else "values"]))
    if kind == "fixed":
        return (kind, schema["size"])
    return layout(kind)
