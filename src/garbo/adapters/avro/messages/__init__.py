"""Every message Garbo reads or writes, one a file; this table of them is what the codec is built from.

A new message: its `.avsc` in schemas/ (published in ids.json), a file here, a line below. docs/schemas.md is generated.
"""

from typing import Final

from garbo.adapters.avro.messages import (
    action_command,
    dead_letter,
    decision_record,
    identity_link,
    internal_events,
    journey_finding,
    journey_flow,
    journey_kpi,
    learning_example,
    objection,
    party_event,
)
from garbo.adapters.avro.messages.message_type import MessageType
from garbo.adapters.avro.messages.party_event import INBOUND

MESSAGES: Final[tuple[MessageType, ...]] = (
    *INBOUND.values(),
    identity_link.MESSAGE,
    party_event.MESSAGE,
    *internal_events.MESSAGES,
    action_command.MESSAGE,
    decision_record.MESSAGE,
    learning_example.MESSAGE,
    journey_flow.MESSAGE,
    journey_kpi.MESSAGE,
    journey_finding.MESSAGE,
    dead_letter.MESSAGE,
    objection.MESSAGE,
)

__all__ = ["INBOUND", "MESSAGES", "MessageType"]
