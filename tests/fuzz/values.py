"""The strings and numbers of hostile messages: plausible ones by field, and ugly ones for any field."""

from typing import Final

from garbo.adapters.avro.messages.fields import LAST_INSTANT
from garbo.core.policy.vocabulary import DEFAULT
from tests.fuzz.initial_state import ACTION_IDS, AT, BANK, IDENTIFIERS, PARTIES, TIMERS

_KINDS = (*DEFAULT.identifiers, "party", "household", "")
_VALUES = (*(i.value for i in IDENTIFIERS), *PARTIES, "x", "x@y", "+393331234567", "3331234567", "@x")
_THEMES = ("", *BANK.themes)
_ACTIONS = ("", *BANK.actions)

# "Record.field" or "field" -> values that a real producer might write there.
PLAUSIBLE: Final[dict[str, tuple[str, ...]]] = {
    "Identifier.kind": _KINDS,
    "Identifier.value": _VALUES,
    "Touchpoint.kind": (*(n for need in BANK.needs.values() for n in need.opened_by), "page_view", "purchase", "x"),
    "event_id": ("e", "evt-1", "evt-2", "evt-3"),
    "topic": _THEMES,  # the field's name on the wire
    "action": _ACTIONS,
    "action_id": ("", "a-1", *ACTION_IDS),
    "text": ("", "quanto costa il mutuo?", "€"),
    "party_id": PARTIES,
    "party": PARTIES,
    "winner": (*PARTIES, "0-0", "9-9"),
    "loser": PARTIES,
    "member": PARTIES,
    "forwarded_from": ("", "", *PARTIES),
    "household": ("", "hh-1"),
    "zone": ("", "Europe/Rome", "America/New_York", "Nowhere/Atall", "Europe", "../../etc/passwd", "/etc", "UTC\0"),
    "language": ("", "it", "en", "xx"),
    "lifecycle": ("", "lead", "prospect", "customer", "former", "king"),
    "timer": ("t-1", *TIMERS),
    "family": tuple(BANK.models),
    "example_id": ("x-1", "x-2", "x-3"),
    "attributes": (*BANK.attributes, "action", "action_class", "purpose", "x"),
    **dict.fromkeys(("origin", "target"), ("", "enquiry", "proposal", "decision")),
    "journey": ("", "card", "pension"),
    "features": tuple(f.name for model in BANK.models.values() for f in model.features),
    "Source.topic": ("elsewhere", "touchpoints", "profiles"),
}

UGLY: Final[tuple[bytes, ...]] = (
    b"",
    b"\0",
    b"a\0b",
    b"a|b:c\x1f",
    b"\xff\xfe\xfd",  # not UTF-8
    b"\xed\xa0\x80",  # a lone surrogate, as CESU-8 writes it
    b"\xc0\x80",  # an overlong NUL
    b"\xf4\x90\x80\x80",  # beyond U+10FFFF
    "\u202e\ufeff\U0001f4a3".encode(),
    ("e" + "\u0301" * 200).encode(),
    b"{{name}} %s %n ${x} {0.__class__}",
    b"' OR 1=1 --",
    b" \t\r\n ",
    b"+" + b"9" * 300,
    b"@" * 40,
    b"a@" * 20 + b"b",
)

# Lengths of long strings: longer than a field may be, shorter than a message may be.
LENGTHS: Final = (201, 257, 4_096, 20_000, 60_000)

EXTREME: Final = (0, 1, -1, 2**31 - 1, 2**31, -(2**31), 2**53, 2**62, 2**63 - 1, -(2**63))
INSTANTS: Final = (
    AT,
    *[AT - n for n in range(12)],
    AT + 60_000,
    0,
    1,
    AT - 86_400_000 * 400,
    AT + 300_001,
    LAST_INSTANT,
    LAST_INSTANT + 1,
)
DOUBLES: Final = (
    *(0.0, 1.0, -0.0, 0.5, 1e15, -1e15, 9.9e14, 5e-324, 1.8e308),
    *(float("nan"), float("inf"), float("-inf")),
)
