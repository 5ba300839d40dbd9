"""Avro on the wire: the packaged schemas, the registries, and the engine's codec."""

from garbo.adapters.avro.codec import AvroCodec
from garbo.adapters.avro.registry import ConfluentRegistry, PackagedRegistry, Registry

__all__ = ["AvroCodec", "ConfluentRegistry", "PackagedRegistry", "Registry"]
