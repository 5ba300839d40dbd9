"""What to do about a dead letter, by its reason: what `garbo dead-letters show` and docs/dead-letters.md say."""

from collections.abc import Mapping
from typing import Final

ADVICE: Final[Mapping[str, str]] = {
    "empty": "The producer sent a message without a value. Nothing can be mended: its system must send the event.",
    "null_key": "The producer sent no key. Redrive makes the key from the message; have the producer set it.",
    "too_large": "The message is larger than a processor takes. Have the producer send less, then the event again.",
    "not_avro": "The value is not framed Avro. Have the producer use Avro's serializer; write the message by hand.",
    "unknown_schema": "The registry lacks the schema. Check GARBO_REGISTRY_URL, register it, then redrive as it is.",
    "malformed": "The bytes end too early or too late. See what cut them on their way; write the message by hand.",
    "not_utf8": "A text is not UTF-8. Have the producer encode it as UTF-8; write the message by hand.",
    "wrong_type": "A message of this type does not belong on this topic, or its schema does not fit Garbo's.",
    "unknown_channel": "No channel has this name. Set it with --set channel=NAME, and correct the producer.",
    "unknown_purpose": "No consent has this name. Set it with --set consent=NAME, and correct the producer.",
    "unknown_word": "The policy does not declare this word. Declare it, or set the right one with --set FIELD=WORD.",
    "wrong_value": "A value is not of the type that the policy declares. Set it with --set, and correct the producer.",
    "no_identifier": "No identifier can be used. Set one with --set identifiers.KIND=VALUE, and correct the producer.",
    "future": "The event's time is ahead of the clock. Set it with --set at=TIME, and correct the producer's clock.",
    "invalid": "A field holds what it cannot hold; the detail names it. Set it with --set FIELD=VALUE.",
    "not_allowed": "Its source may not say this, or not on this topic. The system that may say it must send it.",
    "misplaced": "Its partition is not that of its key. Have the producer partition by murmur2; redrive as it is.",
    "bug": "The code of Garbo failed. Report the digest in the detail; redrive as it is, once a version mends it.",
}
UNKNOWN: Final = "This version does not know the reason: a newer Garbo wrote it."


def advice(reason: str) -> str:
    """One or two sentences."""
    return ADVICE.get(reason, UNKNOWN)
