"""Declared attributes, as attributes.yaml describes them."""

from msgspec import Struct

from garbo.core.vocabulary.events import Value


class Attribute(Struct, frozen=True):
    """A declared attribute: undeclared ones are not kept. scope "party": on the row; "event": this event only."""

    name: str
    kind: str  # "int" | "float" | "string" | "bool"
    default: Value
    scope: str = "party"
