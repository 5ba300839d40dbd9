"""The consents in words, as consents.yaml describes them. What each purpose needs by law is in `core.party.consent`."""

from collections.abc import Mapping

from msgspec import Struct


class ConsentDefinition(Struct, frozen=True):
    """label: by language. article: the article of law that asks for it. mandatory: no service without it."""

    name: str
    label: Mapping[str, str] = {}
    article: str = ""
    mandatory: bool = False
