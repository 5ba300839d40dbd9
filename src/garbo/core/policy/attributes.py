"""Declared attributes, as attributes.yaml describes them."""

from msgspec import Struct

from garbo.core.vocabulary.events import Value


class Attribute(Struct, frozen=True):
    """A declared attribute. scope: "party", kept in the row, or "event", known during
    the event that carries it only. meaning: in the analyst's words."""

    name: str
    kind: str  # "int", "float", "string", "bool", "date" (text, "2027-03-31"), "list" (of strings), "map" (of numbers)
    default: Value
    scope: str = "party"
    meaning: str = ""
    sensitive: bool = False  # special-category data
