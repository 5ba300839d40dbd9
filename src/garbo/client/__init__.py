"""The public API for programs around Garbo: producers, which send messages, and dispatchers, which act on commands.

`__all__` is the API; semantic versioning holds for it (docs/api.md). Importing it brings neither Faust nor River, no
policy and no store: a producer stays small.
"""

from garbo.client.connection import Connection
from garbo.client.dispatcher import Dispatcher
from garbo.client.fields import Identifiers
from garbo.client.inbox import Inbox, MemoryInbox, Result, SqliteInbox, Unreadable
from garbo.client.producer import Producer
from garbo.core.vocabulary.effects import Deliver as Command
from garbo.errors import BrokerError, ConfigError, GarboError, MessageError, SchemaError, TopicError

__all__ = [
    "BrokerError",
    "Command",
    "ConfigError",
    "Connection",
    "Dispatcher",
    "GarboError",
    "Identifiers",
    "Inbox",
    "MemoryInbox",
    "MessageError",
    "Producer",
    "Result",
    "SchemaError",
    "SqliteInbox",
    "TopicError",
    "Unreadable",
]
