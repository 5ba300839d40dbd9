"""Where a producer's message goes: its topic, and the key its partition is chosen by."""

from garbo.core.vocabulary.events import Identifier
from garbo.processors.identifiers import key_of, normalised
from garbo.processors.ports import InboundMessage
from garbo.processors.topics import INBOUND


def routed(fact: InboundMessage) -> tuple[str, bytes]:
    """The topic a producer writes `fact` to, and the key: its first identifier, normalised."""
    topic = INBOUND[("Touchpoint", "ConsentChange", "ActionOutcome", "ProfileUpdate").index(type(fact.body).__name__)]
    first = fact.body.identifiers[0]
    known = normalised(first.kind, first.value) or Identifier(*first)
    return topic, key_of(known)
