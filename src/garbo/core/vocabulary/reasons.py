"""Why a candidate was held back, and how an event ended: closed sets of codes.

A code is stable for ever, because records are kept. `explain` has a sentence for each, in every language.
"""

from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why a candidate was not made. `core.gates.gates.GATES` says which gate gives which."""

    CONSENT_DENIED = "consent_denied"
    SUPPRESSED = "suppressed"
    NOT_ELIGIBLE = "not_eligible"
    NOT_SUITABLE = "not_suitable"
    RULE_ERROR = "rule_error"
    UNREACHABLE = "unreachable"
    ALREADY_PLANNED = "already_planned"
    COOLDOWN = "cooldown"
    CAP_REACHED = "cap_reached"
    SPACING = "spacing"
    SEQUENCE = "sequence"
    EXCLUSION = "exclusion"
    LEDGER_FULL = "ledger_full"
    NO_OPENING = "no_opening"
    LATE = "late"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    OUTRANKED = "outranked"
    BELOW_SILENCE = "below_silence"
    NOT_CHOSEN = "not_chosen"
    HELD_OUT = "held_out"
    NO_CAPACITY = "no_capacity"
    CONDITION = "condition"
    TRIED = "tried"
    PUBLIC = "public"
    OBJECTED = "objected"


class Verdict(NamedTuple):
    """A gate's answer: no reason, no objection. `detail` names the rule, consent or scope; never personal data."""

    reason: Reason | None = None
    detail: str = ""


ALLOWED = Verdict()


class Disposition(StrEnum):
    """How an event on the party's log ended. Each offset gives exactly one record or one dead letter."""

    DECIDED = "decided"
    DUPLICATE = "duplicate"
    FORWARDED = "forwarded"
    MOVED = "moved"


class NeedEnd(StrEnum):
    """How a need ended."""

    ANSWERED = "answered"
    PROMISED = "promised"
    RESOLVED = "resolved"  # the customer, or another channel, settled it
    UNANSWERED = "unanswered"


ANSWERED_LATE = "answered_late"
"""How a need ended that was answered after its deadline, where figures tell it apart."""


class DeadLetterReason(StrEnum):
    """Why a message could not be used and became a dead letter."""

    EMPTY = "empty"
    NULL_KEY = "null_key"
    TOO_LARGE = "too_large"
    NOT_AVRO = "not_avro"
    UNKNOWN_SCHEMA = "unknown_schema"
    MALFORMED = "malformed"
    NOT_UTF8 = "not_utf8"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_CHANNEL = "unknown_channel"
    UNKNOWN_PURPOSE = "unknown_purpose"
    NO_IDENTIFIER = "no_identifier"
    FUTURE = "future"
    INVALID = "invalid"
    BUG = "bug"
    UNKNOWN_WORD = "unknown_word"
    WRONG_VALUE = "wrong_value"
    NOT_ALLOWED = "not_allowed"
    MISPLACED = "misplaced"
