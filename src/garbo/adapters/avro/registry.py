"""The schema behind an id: from the packaged schemas, or from a Confluent-compatible registry.

Rules
 1. An unknown id is the message's fault (None: a dead letter). A registry that does not answer is not the message's
    fault (SchemaError: the worker stops and no message is lost).
 2. An id is asked for once. A refusal is remembered for a minute, so that bad messages cannot flood the registry.
 3. Subjects are record names (`garbo.Touchpoint`), not topics: party-events carries several types.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from confluent_kafka.schema_registry import Schema as RegisteredSchema
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from garbo.adapters.avro.schemas import Schema, current, packaged, parsed
from garbo.errors import SchemaError

# A producer registers before it writes, so a good id is unknown only while the registry replicates it.
REFUSAL_SECONDS: Final = 60.0
# Distinct bad ids remembered. Beyond that a producer writes noise; forgetting them all costs one question for each.
REFUSALS: Final = 1_024

_NOT_FOUND: Final = frozenset({404, 40403})


class Registry(Protocol):
    """The port. Twins: `PackagedRegistry`, `ConfluentRegistry`."""

    def id_of(self, name: str) -> int:
        """The id under which today's version of the packaged schema `name` is written."""

    def schema(self, schema_id: int) -> Any | None:
        """The parsed writer's schema behind an id; None if there is no such id.

        Raises:
            SchemaError: the registry does not answer, or the schema is not one Garbo can read with.
        """


class PackagedRegistry:
    """The schemas that came with the package. No server is needed."""

    def __init__(self) -> None:
        self._ids = {name: schema.id for name, schema in current().items()}
        self._schemas = {s.id: s.parsed() for versions in packaged().values() for s in versions}

    def id_of(self, name: str) -> int:
        return self._ids[name]

    def schema(self, schema_id: int) -> Any | None:
        return self._schemas.get(schema_id)


class ConfluentRegistry:
    """A schema registry by URL. Registers the packaged schemas, or with `register=False` only looks them up.

    It knows the packaged ids too, so that messages written before the registry was set up stay readable.

    Args:
        url: the registry's address; `mock://` is an in-process one for tests.
        config: further settings of `SchemaRegistryClient` (`basic.auth.user.info`, `ssl.ca.location`, ...).
        register: whether this process may register schemas; False if a deployment pipeline does it.

    Raises:
        SchemaError: the registry does not answer, refuses a schema as incompatible, or lacks one.
    """

    def __init__(
        self,
        url: str,
        config: Mapping[str, Any] | None = None,
        *,
        register: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place = urlsplit(url).hostname or url.split("@")[-1]  # for messages: never with a password
        self._client = SchemaRegistryClient.new_client({"url": url, **(config or {})})
        self._clock = clock
        self._refused: dict[int, float] = {}
        self._packaged = PackagedRegistry()
        self._schemas: dict[int, Any] = {}
        self._ids: dict[str, int] = {}
        for schema in current().values():
            registered = self._register(schema) if register else self._look_up(schema)
            self._ids[schema.name] = registered
            self._schemas[registered] = schema.parsed()

    def id_of(self, name: str) -> int:
        return self._ids[name]

    def schema(self, schema_id: int) -> Any | None:
        known = self._schemas.get(schema_id) or self._packaged.schema(schema_id)
        if known is not None:
            return known
        now = self._clock()
        if self._refused.get(schema_id, now) > now:
            return None
        fetched = self._fetch(schema_id)
        if fetched is None:
            if len(self._refused) >= REFUSALS:
                self._refused.clear()
            self._refused[schema_id] = now + REFUSAL_SECONDS
            return None
        self._schemas[schema_id] = fetched
        return fetched

    def _fetch(self, schema_id: int) -> Any | None:
        try:
            found = self._client.get_schema(schema_id)
        except SchemaRegistryError as e:
            if e.http_status_code in _NOT_FOUND or e.error_code in _NOT_FOUND:
                return None
            raise SchemaError(f"The schema registry at {self._place} refuses id {schema_id}: {e}.") from e
        except Exception as e:
            raise self._unreachable(e) from e
        if found.schema_type != "AVRO" or found.schema_str is None:
            return None  # JSON Schema or Protobuf: none of ours
        try:
            return parsed(found.schema_str)
        except SchemaError:
            return None  # a schema with references, say: none of ours has any

    def _register(self, schema: Schema) -> int:
        try:
            registered: int = self._client.register_schema(schema.name, RegisteredSchema(schema.text, "AVRO"))
        except SchemaRegistryError as e:
            raise SchemaError(
                f"The schema registry at {self._place} refuses {schema.name}: {e}. If it is incompatible with what "
                "is registered, compare both; if writing is forbidden, register it elsewhere and start with "
                "registration off."
            ) from e
        except Exception as e:
            raise self._unreachable(e) from e
        return registered

    def _look_up(self, schema: Schema) -> int:
        try:
            found = self._client.lookup_schema(schema.name, RegisteredSchema(schema.text, "AVRO"))
        except SchemaRegistryError as e:
            raise SchemaError(
                f"The schema registry at {self._place} does not hold this version of {schema.name}: {e}. Register "
                f"it under the subject {schema.name}, or start with registration on."
            ) from e
        except Exception as e:
            raise self._unreachable(e) from e
        if found.schema_id is None:
            raise SchemaError(f"The schema registry at {self._place} gives no id for {schema.name}.")
        return int(found.schema_id)

    def _unreachable(self, error: Exception) -> SchemaError:
        return SchemaError(
            f"The schema registry at {self._place} does not answer ({type(error).__name__}). Check its URL and that "
            "it runs, or leave the URL out to use the packaged schemas."
        )
