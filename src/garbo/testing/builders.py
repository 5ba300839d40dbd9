"""Messages for a test, built as producers build them: checked whole, identifiers in their one spelling.

Rules
 1. An instant is a string in Rome's time ("2024-03-04 12:00"), one with its own offset ("2024-03-04T12:00+01:00"), a
    `datetime` with its zone, or milliseconds since 1970.
 2. The event id is a function of the message, so two equal messages are one event. Give `event_id` to make them two.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeAlias, Unpack
from zoneinfo import ZoneInfo

from garbo.client import fields, messages
from garbo.client.fields import Identifiers, Instant
from garbo.core.vocabulary.events import Value
from garbo.core.vocabulary.ids import digest
from garbo.processors.ports import InboundMessage

At: TypeAlias = Instant | str

ZONE: Final = ZoneInfo("Europe/Rome")  # a policy's own default
_NO_ID: Final = "-"


def instant(given: At) -> int:
    """`given` in milliseconds since 1970 (rule 1).

    Raises:
        ValueError: a string that is no date and time.
        MessageError: it does not lie between 1970 and 9999, or a `datetime` has no zone.
    """
    if isinstance(given, str):
        parsed = datetime.fromisoformat(given)
        given = parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=ZONE)
    return fields.instant(given, "at")


def touchpoint(
    channel: str,
    kind: str,
    at: At,
    *,
    theme: str = "",
    text: str = "",
    direction: str = "inbound",
    attributes: Mapping[str, Value] | None = None,
    event_id: str = "",
    **identifiers: Unpack[Identifiers],
) -> InboundMessage:
    """Something the customer did: `touchpoint("web", "page_view", "2024-03-04 12:00", cookie="c", theme="travel")`.

    Raises:
        MessageError: a field is wrong; the sentence says which and what to do.
    """
    return _named(
        messages.touchpoint(
            channel,
            kind,
            event_id=event_id or _NO_ID,
            occurred_at=instant(at),
            theme=theme,
            text=text,
            direction=direction,
            attributes=attributes,
            **identifiers,
        )
    )


def consent(
    name: str, granted: bool, at: At, *, channel: str = "", event_id: str = "", **identifiers: Unpack[Identifiers]
) -> InboundMessage:
    """A consent given or withdrawn: `consent("own_promotion", True, "2024-03-04 12:00", cookie="c")`.

    Raises:
        MessageError: a field is wrong; the sentence says which and what to do.
    """
    return _named(
        messages.consent(
            name, granted, event_id=event_id or _NO_ID, occurred_at=instant(at), channel=channel, **identifiers
        )
    )


def outcome(
    status: str,
    at: At,
    *,
    action_id: str = "",
    action: str = "",
    channel: str = "",
    attributes: Mapping[str, Value] | None = None,
    event_id: str = "",
    **identifiers: Unpack[Identifiers],
) -> InboundMessage:
    """What became of an action: `outcome("accepted", at, action="call_information", cookie="c")`.

    Raises:
        MessageError: a field is wrong; the sentence says which and what to do.
    """
    return _named(
        messages.outcome(
            status,
            event_id=event_id or _NO_ID,
            occurred_at=instant(at),
            action_id=action_id,
            action=action,
            channel=channel,
            attributes=attributes,
            **identifiers,
        )
    )


def profile(
    at: At,
    *,
    attributes: Mapping[str, Value] | None = None,
    name: str = "",
    language: str = "",
    zone: str = "",
    household: str = "",
    household_role: str = "",
    lifecycle: str = "",
    event_id: str = "",
    **identifiers: Unpack[Identifiers],
) -> InboundMessage:
    """What a system of record knows: `profile("2024-03-04 12:00", cookie="c", email="ada@example.org", name="Ada")`.

    Raises:
        MessageError: a field is wrong; the sentence says which and what to do.
    """
    return _named(
        messages.profile(
            event_id=event_id or _NO_ID,
            occurred_at=instant(at),
            attributes=attributes,
            name=name,
            language=language,
            zone=zone,
            household=household,
            household_role=household_role,
            lifecycle=lifecycle,
            **identifiers,
        )
    )


def _named(built: InboundMessage) -> InboundMessage:
    if built.event_id != _NO_ID:
        return built
    return built._replace(event_id=f"test-{digest(str(built.at), repr(built.body))}")
