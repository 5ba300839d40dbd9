"""Identifiers in one spelling: phones in E.164, e-mails in lower case, everything trimmed. This comes first of all.

Source: ITU-T E.164; phonenumbers (Google's libphonenumber). A number without a country prefix is read as `region`'s.
"""

from collections.abc import Collection
from functools import lru_cache

import phonenumbers
from msgspec.structs import replace

from garbo.core.policy.vocabulary import DEFAULT
from garbo.core.vocabulary.events import Identifier, InboundBody, PartyEvent

PARTY = "party"  # an identifier that is the party id itself: dispatchers have it from the command
PHONES = frozenset({"phone", "verified_phone"})
EMAILS = frozenset({"email", "verified_email"})
DEFAULT_REGION = "IT"  # ISO 3166-1 alpha-2: whose numbers lack a country code, unless the settings say otherwise
LONGEST = 256  # characters; an e-mail address has at most 254


def normalised(
    kind: str, value: str, region: str = DEFAULT_REGION, kinds: Collection[str] = DEFAULT.identifiers
) -> Identifier | None:
    """The identifier in its one spelling; None if the kind is none of `kinds` or the value cannot be of this kind."""
    value = value.strip()
    # Checked before the cache below: its 65,536 entries would otherwise hold any value sent, up to 8 GB of them.
    if len(value) > LONGEST or (kind not in kinds and kind != PARTY):
        return None
    return _normalised(kind, value, region)


@lru_cache(maxsize=65536)
def _normalised(kind: str, value: str, region: str) -> Identifier | None:
    if not is_usable(value):
        return None
    if kind in EMAILS:
        local, _, domain = value.lower().rpartition("@")
        return Identifier(kind, f"{local}@{domain}") if local and domain else None
    if kind in PHONES:
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_possible_number(number):
            return None
        return Identifier(kind, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    if kind == "social":
        value = value.lower().lstrip("@ ")
        if not value:
            return None
    return Identifier(kind, value)


def normalise_identifiers(event: PartyEvent, region: str, kinds: Collection[str]) -> PartyEvent:
    """`event` with its identifiers of `kinds` in their one spelling: the row keeps it, and a dispatcher is given it."""
    body = event.body
    if not isinstance(body, InboundBody):
        return event
    spelled = [normalised(kind, value, region, kinds) for kind, value in body.identifiers]
    found = tuple([i for i in spelled if i is not None])
    return event if found == body.identifiers else replace(event, body=replace(body, identifiers=found))


def is_usable(value: str) -> bool:
    """Not empty, at most `LONGEST`, and without control characters: a NUL separates the parts of a link's key."""
    return 0 < len(value) <= LONGEST and not any(c < " " or c == "\x7f" for c in value)


def key_of(identifier: Identifier) -> bytes:
    """The message key `kind:value`. It decides the partition on which an identifier's links live."""
    return f"{identifier.kind}:{identifier.value}".encode()
