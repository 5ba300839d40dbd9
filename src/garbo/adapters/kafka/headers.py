"""The Kafka headers of a message as Garbo's records hold them."""

from typing import Any

from confluent_kafka import Message

from garbo.processors.ports import Headers


def headers_of(message: Message) -> Headers:
    """The headers of a message that was read; empty if it has none."""
    found: Any = message.headers()  # librdkafka's types are those of a producer; a consumer gives a list of pairs
    return tuple([(name, value or b"") for name, value in found]) if found else ()
