"""Build a producer's message, or say in a sentence why it cannot be built. Pure: no clock, no broker.

Rules
 1. What these functions return, every worker reads: no field of it can become a dead letter. One exception: an instant
    ahead of the workers' clocks, which are not known here, becomes a dead letter `future`.
 2. Nothing is dropped in silence. An identifier, an attribute or a name that a worker would ignore is an error here.
    Only None is left out: it says "not known".
 3. Identifiers leave in their one spelling, the strongest first: the first is the message's key.
"""

from collections.abc import Mapping
from typing import Unpack

from garbo.client import fields
from garbo.client.fields import REGION, Identifiers, Instant
from garbo.core.journeys.lifecycle import STATES
from garbo.core.party.consent import CONSENTS
from garbo.core.vocabulary.events import (
    ActionOutcome,
    Channel,
    ConsentChange,
    Direction,
    OutcomeStatus,
    ProfileUpdate,
    Touchpoint,
    Value,
)
from garbo.errors import MessageError
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
    region: str = REGION,
    **identifiers: Unpack[Identifiers],
) -> InboundMessage:
    """Something the customer did, or (`direction="outbound"`) a contact that another system made.

    Args:
        channel: where: web, app, branch, ...
        kind: what: a name from the policy's `journey.yaml`, such as page_view.
        theme: what it is about: a name from the policy's `themes.yaml`. Empty: Garbo looks for one in `text`.
        text: free text, read once and never stored.

    Raises:
        MessageError: a field is wrong; the sentence says which and what to do.
    """
    body = Touchpoint(
        fields.code("channel", channel, Channel),
        fields.filled("kind", kind),
        fields.code("direction", direction, Direction),
        fields.identifiers(identifiers, region),
        fields.attributes(attributes),
        fields.string("theme", theme),
        fields.string("text", text),
        fields.string("source_system", source_system),
    )
    return InboundMessage(fields.filled("event_id", event_id), fields.instant(occurred_at), body)


def consent(
    name: str,
    granted: bool,
    *,
    event_id: str,
    occurred_at: Instant,
    evidence: str = "",
    channel: str = "",
    region: str = REGION,
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
        fields.identifiers(identifiers, region),
        fields.string("evidence", evidence),
        fields.code("channel", channel, Channel) if channel else None,
    )
    return InboundMessage(fields.filled("event_id", event_id), fields.instant(occurred_at), body)


def outcome(
    status: str,
    *,
    event_id: str,
    occurred_at: Instant,
    action_id: str = "",
    action: str = "",
    channel: str = "",
    attributes: Mapping[str, Value] | None = None,
    region: str = REGION,
    **identifiers: Unpack[Identifiers],
) -> InboundMessage:
    """What became of an action.

    Args:
        status: delivered, opened, clicked, accepted, refused, no_answer, complaint, unsubscribed or failed.
        action_id: the command's. With it, give the command's `party` as identifier.
        action: the action's name: of a contact that another system made, or of an offer that rode on the command's.

    Raises:
        MessageError: a field is wrong; the sentence says which and what to do.
    """
    action_id, action = fields.string("action_id", action_id), fields.string("action", action)
    if not action_id and not action:
        raise MessageError("An outcome needs the command's action_id, or the name of the action another system made.")
    body = ActionOutcome(
        fields.code("status", status, OutcomeStatus),
        action_id,
        action,
        fields.code("channel", channel, Channel) if channel else None,
        fields.identifiers(identifiers, region),
        fields.attributes(attributes),
    )
    return InboundMessage(fields.filled("event_id", event_id), fields.instant(occurred_at), body)


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
    region: str = REGION,
    **identifiers: Unpack[Identifiers],
) -> InboundMessage:
    """What a system of record knows about a person. An empty field changes nothing.

    Args:
        attributes: those that the policy's `attributes.yaml` declares; a worker ignores others.
        zone: the person's time zone, an IANA name such as Europe/Rome: quiet hours are judged in it.
        household: the household's id in the system of record.
        lifecycle: lead, prospect, customer or former.

    Raises:
        MessageError: a field is wrong; the sentence says which and what to do.
    """
    body = ProfileUpdate(
        fields.identifiers(identifiers, region),
        fields.attributes(attributes),
        fields.string("name", name),
        fields.string("language", language),
        fields.zone(zone),
        fields.household(household),
        fields.string("household_role", household_role),
        fields.one_of("lifecycle", lifecycle, STATES) if lifecycle else "",
    )
    return InboundMessage(fields.filled("event_id", event_id), fields.instant(occurred_at), body)
