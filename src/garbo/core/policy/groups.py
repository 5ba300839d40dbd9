"""Groups of offers, as actions.yaml describes them."""

from collections.abc import Mapping

from msgspec import Struct


class Group(Struct, frozen=True):
    """Offers that an analyst steers together. label: by language. lever: multiplies the score of each of them. model:
    their acceptance model; "": none."""

    name: str
    label: Mapping[str, str] = {}
    lever: float = 1.0
    model: str = ""
