"""Declared attributes, as attributes.yaml describes them."""

from msgspec import Struct

from garbo.core.vocabulary.events import Value


class Attribute(Struct, frozen=True):
    """A declared attribute; undeclared ones are not kept. scope: "party", kept in the row, or "event", known during
    the event that carries it only. meaning: in the analyst's words."""

    name: str
    kind: str  # "int" | "float" | "string" | "bool" | "date" (text, "2027-03-31")
    default: Value
    scope: str = "party"
    meaning: str = ""
    sensitive: bool = False  # special-category data
