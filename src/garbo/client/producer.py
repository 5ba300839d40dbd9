"""Send touchpoints, consents, outcomes and profiles to Garbo.

Rules
 1. A message is checked whole before anything is sent: a wrong one raises, and sends nothing.
 2. Messages travel in the background. A message has arrived when `flush` or the end of the `with` returned, and not
    before; a message that cannot arrive raises there, or at the next message.
 3. `unconfirmed` names the events that no broker has acknowledged. Send them again soon, with a new Producer
    under the same ids: Garbo recognises an id among the party's latest 16 events.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Final, Self, Unpack
from uuid import uuid4

from garbo.adapters.kafka.reader import partition_count
from garbo.adapters.kafka.writer import TIMEOUT_S, Writer
from garbo.client import fields, messages
from garbo.client.connection import Connection, connected
from garbo.client.fields import Identifiers, Instant
from garbo.core.policy.vocabulary import DEFAULT, Vocabulary
from garbo.core.vocabulary.events import Value
from garbo.errors import BrokerError, MessageError
from garbo.processors.dead_letters import MAX_MESSAGE_BYTES
from garbo.processors.identifiers import DEFAULT_REGION
from garbo.processors.ports import InboundMessage
from garbo.processors.routing import routed

log = logging.getLogger("garbo.client.producer")

# Resolve puts each message into an envelope (event id again, party, place on the log), which must pass the same limit.
_ENVELOPE_BYTES: Final = 2048


class Producer:
    """`with Producer(bootstrap="127.0.0.1:9092") as garbo: garbo.touchpoint("web", "page_view", customer_id="1001")`.

    Every method takes identifiers as keywords (`customer_id`, `email`, `phone`, `cookie`, ...; see `Identifiers`) and
    returns the event id. `event_id`: give the id that your system knows the event by. It is the same when you send the
    event again, so Garbo applies it once. Without it a random one is made, and an event sent twice counts twice.
    `occurred_at`: when it happened; now, if left out.

    One Producer serves one thread.

    Args:
        bootstrap: the broker's `host:port`. For security, a topic prefix or a schema registry give `connection`.
        connection: where Kafka and the schemas are. With neither argument: `Connection.from_env()`.
        region: the country that a telephone number without a prefix belongs to; the workers' `GARBO_REGION`.
        vocabulary: the words of the policy in use: `garbo.policy.loader.load(folder).vocabulary`.
        timeout_s: how long one message may take to arrive. A broker's restart takes 3 to 30 seconds.

    Raises:
        ConfigError: a setting is wrong, or no broker is named.
        SchemaError: the schema registry does not answer, or lacks a schema.
    """

    def __init__(
        self,
        bootstrap: str = "",
        *,
        connection: Connection | None = None,
        region: str = DEFAULT_REGION,
        vocabulary: Vocabulary = DEFAULT,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        where = connected(bootstrap, connection)
        self._vocabulary = vocabulary
        self._kafka, self._region, self._timeout_s = where.kafka(), region, timeout_s
        self._codec = where.codec()
        self._writer = Writer(self._kafka, timeout_s=timeout_s)
        self._topics: set[str] = set()  # those that are known to exist
        self._unconfirmed: dict[int, str] = {}
        self._count = 0

    def touchpoint(
        self,
        channel: str,
        kind: str,
        *,
        theme: str = "",
        text: str = "",
        direction: str = "inbound",
        attributes: Mapping[str, Value] | None = None,
        source_system: str = "",
        event_id: str | None = None,
        occurred_at: Instant | None = None,
        **identifiers: Unpack[Identifiers],
    ) -> str:
        """Something the customer did, or (`direction="outbound"`) a contact that another system made.

        Args:
            channel: where: web, app, email, ...
            kind: what: a name from the policy's `journey.yaml`, such as page_view.
            theme: what it is about: a name from the policy's `themes.yaml`. Empty: Garbo looks for one in `text`.
            text: free text, read once and never stored.

        Raises:
            MessageError: a field is wrong; the sentence says which and what to do. Nothing was sent.
            BrokerError: this or an earlier message cannot arrive; see `unconfirmed`.
        """
        return self.send(
            messages.touchpoint(
                channel,
                kind,
                event_id=_named(event_id),
                occurred_at=_when(occurred_at),
                theme=theme,
                text=text,
                direction=direction,
                attributes=attributes,
                source_system=source_system,
                region=self._region,
                vocabulary=self._vocabulary,
                **identifiers,
            )
        )

    def consent(
        self,
        name: str,
        granted: bool,
        *,
        evidence: str = "",
        channel: str = "",
        event_id: str | None = None,
        occurred_at: Instant | None = None,
        **identifiers: Unpack[Identifiers],
    ) -> str:
        """A consent given or withdrawn. `evidence` says where the proof lies; `channel` where it was given.

        Raises:
            MessageError, BrokerError: as `touchpoint` does.
        """
        return self.send(
            messages.consent(
                name,
                granted,
                event_id=_named(event_id),
                occurred_at=_when(occurred_at),
                evidence=evidence,
                channel=channel,
                region=self._region,
                vocabulary=self._vocabulary,
                **identifiers,
            )
        )

    def outcome(
        self,
        status: str,
        *,
        action_id: str = "",
        action: str = "",
        channel: str = "",
        attributes: Mapping[str, Value] | None = None,
        event_id: str | None = None,
        occurred_at: Instant | None = None,
        **identifiers: Unpack[Identifiers],
    ) -> str:
        """What became of an action.

        With an `action_id` and no `event_id`, the event id is `<action_id>:<status>` (`<action_id>:<action>:<status>`
        where the action is named): a report sent twice is one event.

        Args:
            status: delivered, opened, clicked, accepted, refused, no_answer, complaint, unsubscribed or failed.
            action_id: the command's. With it, give the command's `party` as identifier.
            action: the action's name: of a contact that another system made, or of an offer that rode on the command's.

        Raises:
            MessageError, BrokerError: as `touchpoint` does.
        """
        if event_id is None and action_id:
            given = {"action_id": action_id, "action": action, "status": status}
            event_id = ":".join(filter(None, (fields.string(field, value) for field, value in given.items())))
        return self.send(
            messages.outcome(
                status,
                event_id=_named(event_id),
                occurred_at=_when(occurred_at),
                action_id=action_id,
                action=action,
                channel=channel,
                attributes=attributes,
                region=self._region,
                vocabulary=self._vocabulary,
                **identifiers,
            )
        )

    def profile(
        self,
        *,
        attributes: Mapping[str, Value] | None = None,
        name: str = "",
        language: str = "",
        zone: str = "",
        household: str = "",
        household_role: str = "",
        lifecycle: str = "",
        event_id: str | None = None,
        occurred_at: Instant | None = None,
        **identifiers: Unpack[Identifiers],
    ) -> str:
        """What a system of record knows about a person. An empty field changes nothing.

        Args:
            attributes: those that the policy's `attributes.yaml` declares; a worker ignores others.
            zone: the person's time zone, an IANA name such as Europe/Rome: quiet hours are judged in it.
            household: the household's id in the system of record.
            lifecycle: lead, prospect, customer or former.

        Raises:
            MessageError, BrokerError: as `touchpoint` does.
        """
        return self.send(
            messages.profile(
                event_id=_named(event_id),
                occurred_at=_when(occurred_at),
                attributes=attributes,
                name=name,
                language=language,
                zone=zone,
                household=household,
                household_role=household_role,
                lifecycle=lifecycle,
                region=self._region,
                vocabulary=self._vocabulary,
                **identifiers,
            )
        )

    def send(self, message: InboundMessage) -> str:
        """Send a message that was built before, by `garbo.testing`'s builders for instance.

        Raises:
            MessageError: it is larger than a worker reads.
            BrokerError: this or an earlier message cannot arrive.
            TopicError: the topic does not exist.
        """
        name, key = routed(message)
        value = self._codec.encode_inbound(message)
        most = MAX_MESSAGE_BYTES - _ENVELOPE_BYTES - len(message.event_id.encode())
        if len(value) > most:
            raise MessageError(
                f"The message has {len(value)} bytes, and a worker reads {most} at most; shorten its texts."
            )
        topic = self._existing(name)
        self._count = number = self._count + 1
        self._unconfirmed[number] = message.event_id
        try:
            self._writer.write(topic, key, value, on_arrival=partial(self._unconfirmed.__delitem__, number))
        except BrokerError:  # this one was not taken: the caller has the error, and `unconfirmed` those before it
            del self._unconfirmed[number]
            raise
        return message.event_id

    def flush(self) -> None:
        """Return when every message so far has arrived.

        Raises:
            BrokerError: some cannot arrive; see `unconfirmed`.
        """
        self._writer.flush()

    def unconfirmed(self) -> tuple[str, ...]:
        """The ids of the events that no broker has acknowledged so far, in the order they were sent."""
        return tuple(self._unconfirmed.values())

    def _existing(self, name: str) -> str:
        """The topic's full name, once it is known to exist: asking for it by name would make some brokers create it."""
        topic = self._kafka.topic(name)
        if topic not in self._topics:
            partition_count(self._kafka, topic, answer_s=self._timeout_s)
            self._topics.add(topic)
        return topic

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Flush, also after an error of the caller's: what was sent before it happened all the same."""
        try:
            self.flush()
        except BrokerError as problem:
            if error is None:
                raise
            log.warning("%s", problem)  # the caller's own error says more


def _named(event_id: str | None) -> str:
    """The caller's id, or a random one. An empty id is not "none": it is a field that the caller failed to fill."""
    return uuid4().hex if event_id is None else event_id


def _when(occurred_at: Instant | None) -> Instant:
    """The caller's instant, or now."""
    return datetime.now(UTC) if occurred_at is None else occurred_at
