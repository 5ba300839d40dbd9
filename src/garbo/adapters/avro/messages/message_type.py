"""What is declared of a message: everything about it stands in its own file, as one `MessageType`."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeAlias

from fastavro import schemaless_writer

from garbo.adapters.avro.messages.fields import Datum

Writer: TypeAlias = Callable[..., bytes]


@dataclass(frozen=True, slots=True)
class MessageType:
    """One kind of message.

    Attributes:
        name: the full name of its Avro schema.
        value: the Python class. Of an inbound message it is the body; `InboundMessage` adds the event id and instant.
        topics: where it travels, without the deployment's prefix; "<channel>" stands for each channel of the policy.
            Empty: only as the body of a `PartyEvent`.
        key: what the Kafka key is.
        written_by: who writes it.
        read_by: who reads it.
        read: makes the value from what fastavro read. Raises `Rejected`.
        writer: given the five header bytes and the parsed schema, makes the function that writes a framed message.
    """

    name: str
    value: type
    topics: tuple[str, ...]
    key: str
    written_by: str
    read_by: str
    read: Callable[..., Any]
    writer: Callable[[bytes, Any], Writer]


def by_fastavro(datum: Callable[[Any], Datum]) -> Callable[[bytes, Any], Writer]:
    """A writer on fastavro; `datum` gives a value as the dictionary that fastavro writes."""

    def writer(header: bytes, schema: Any) -> Writer:
        def write(value: Any) -> bytes:
            stream = BytesIO()
            stream.write(header)
            schemaless_writer(stream, schema, datum(value))
            return stream.getvalue()

        return write

    return writer
