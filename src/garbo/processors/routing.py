"""Where a producer's message goes: its topic, and the key its partition is chosen by."""

from garbo.core.vocabulary.events import Identifier
from garbo.processors.identifiers import key_of, normalised
from garbo.processors.ports import InboundMessage
from garbo.processors.topics import INBOUND_TOPICS


def routed(message: InboundMessage) -> tuple[str, bytes]:
    """The topic (without prefix) a producer writes `message` to, and the key: its first identifier, normalised."""
    first = message.body.identifiers[0]
    known = normalised(first.kind, first.value) or Identifier(*first)
    return INBOUND_TOPICS[type(message.body)], key_of(known)
