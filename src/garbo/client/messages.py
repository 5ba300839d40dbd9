"""Build a producer's message, or say in a sentence why it cannot be built. Pure: no clock, no broker.

The fields are those of `Producer`'s methods. vocabulary: the words of the policy in use (`policy.vocabulary`).

Rules
 1. Every worker can read what these functions return: no field of it can become a dead letter. Two exceptions:
    an instant ahead of the workers' clocks becomes a dead letter `future`; a kind, theme, attribute or action that
    the policy does not have becomes `unknown_word` or `wrong_value`. Neither is known here.
 2. Nothing is dropped in silence. An identifier, an attribute or a name that a worker would ignore is an error here.
    Only None is left out: it says "not known".
 3. Identifiers leave in their one spelling, the strongest first: the first is the message's key.
"""

from collections.abc import Mapping
from typing import Unpack

from garbo.client import fields
from garbo.client.fields import Identifiers, Instant
from garbo.core.party.consent import CONSENTS
from garbo.core.policy.vocabulary import DEFAULT, Vocabulary
from garbo.core.vocabulary.events import (
    ActionOutcome,
    ConsentChange,
    Direction,
    InboundBody,
    ProfileUpdate,
    Touchpoint,
    Value,
)
from garbo.errors import MessageError
from garbo.processors.identifiers import DEFAULT_REGION
from garbo.processors.ports import InboundMessage


def touchpoint(
    channel: str,
    kind: str,
    *,
    event_id: str,
    occurred_at: Instant,
    theme: str = "",
    text: str = "",
    direction: str = "inbound",
    attributes: Mapping[str, Value] | None = None,
    source_system: str = "",
    region: str = DEFAULT_REGION,
    vocabulary: Vocabulary = DEFAULT,
    **identifiers: Unpack[Identifiers],
) -> InboundMessage:
    """Something the customer did, or (`direction="outbound"`) a contact that another system made.

    Raises:
        MessageError: a field is wrong; the sentence says which and what to do.
    """
    body = Touchpoint(
        fields.one_of("channel", channel, vocabulary.channels),
        fields.filled("kind", kind),
        Direction(fields.one_of("direction", direction, [d.value for d in Direction])),
        fields.identifiers(identifiers, region, vocabulary.identifiers),
        fields.attributes(attributes),
        fields.string("theme", theme),
        fields.string("text", text),
        fields.string("source_system", source_system),
    )
    return _message(event_id, occurred_at, body)


def consent(
    name: str,
    granted: bool,
    *,
    event_id: str,
    occurred_at: Instant,
    evidence: str = "",
    channel: str = "",
    region: str = DEFAULT_REGION,
    vocabulary: Vocabulary = DEFAULT,
    **identifiers: Unpack[Identifiers],
) -> InboundMessage:
    """A consent given or withdrawn. `evidence` says where the proof lies; `channel` where it was given.

    Raises:
        MessageError: a field is wrong; the sentence says which and what to do.
    """
    if not isinstance(granted, bool):
        raise MessageError(f"granted must be True or False, not {type(granted).__name__}: a consent is never a guess.")
    body = ConsentChange(
        fields.one_of("consent", name, CONSENTS),
        granted,
        fields.identifiers(identifiers, region, vocabulary.identifiers),
        fields.string("evidence", evidence),
        fields.one_of("channel", channel, vocabulary.channels) if channel else None,
    )
    return _message(event_id, occurred_at, body)


def outcome(
    status: str,
    *,
    event_id: str,
    occurred_at: Instant,
    action_id: str = "",
    action: str = "",
    channel: str = "",
    attributes: Mapping[str, Value] | None = None,
    region: str = DEFAULT_REGION,
    vocabulary: Vocabulary = DEFAULT,
    **identifiers: Unpack[Identifiers],
) -> InboundMessage:
    """What became of an action.

    Raises:
        MessageError: a field is wrong; the sentence says which and what to do.
    """
    action_id, action = fields.string("action_id", action_id), fields.string("action", action)
    if not action_id and not action:
        raise MessageError("An outcome needs the command's action_id, or the name of the action another system made.")
    body = ActionOutcome(
        fields.one_of("status", status, vocabulary.statuses),
        action_id,
        action,
        fields.one_of("channel", channel, vocabulary.channels) if channel else None,
        fields.identifiers(identifiers, region, vocabulary.identifiers),
        fields.attributes(attributes),
    )
    return _message(event_id, occurred_at, body)


def profile(
    *,
    event_id: str,
    occurred_at: Instant,
    attributes: Mapping[str, Value] | None = None,
    name: str = "",
    language: str = "",
    zone: str = "",
    household: str = "",
    household_role: str = "",
    lifecycle: str = "",
    region: str = DEFAULT_REGION,
    vocabulary: Vocabulary = DEFAULT,
    **identifiers: Unpack[Identifiers],
) -> InboundMessage:
    """What a system of record knows about a person. An empty field changes nothing.

    Raises:
        MessageError: a field is wrong; the sentence says which and what to do.
    """
    body = ProfileUpdate(
        fields.identifiers(identifiers, region, vocabulary.identifiers),
        fields.attributes(attributes),
        fields.string("name", name),
        fields.string("language", language),
        fields.zone(zone),
        fields.household(household),
        fields.string("household_role", household_role),
        fields.one_of("lifecycle", lifecycle, vocabulary.lifecycle) if lifecycle else "",
    )
    return _message(event_id, occurred_at, body)


def _message(event_id: str, occurred_at: Instant, body: InboundBody) -> InboundMessage:
    return InboundMessage(fields.filled("event_id", event_id), fields.instant(occurred_at), body)
