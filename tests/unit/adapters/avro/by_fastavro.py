"""The codec as it is, and one that leaves every touchpoint to fastavro: what each makes of a message."""

from garbo.adapters.avro import AvroCodec, PackagedRegistry
from garbo.processors.ports import Rejected

CODEC = AvroCodec(PackagedRegistry())
BY_FASTAVRO = AvroCodec(PackagedRegistry())
BY_FASTAVRO._touchpoint = lambda _: None  # type: ignore[method-assign,assignment]


def verdict(codec: AvroCodec, raw: bytes) -> object:
    """The message as `codec` reads it, or why it is rejected."""
    try:
        return repr(codec.inbound(raw))  # repr tells 1 from True and 0.0 from -0.0
    except Rejected as e:
        return e.reason, e.detail
