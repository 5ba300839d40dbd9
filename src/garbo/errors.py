"""The one error tree. Each leaf an operator can meet says what to do about it.

Rule: a user's mistake is a `GarboError`; the CLI prints its sentence, never a traceback.
"""


class GarboError(Exception):
    """Anything Garbo can explain in a sentence."""


class ConfigError(GarboError):
    """A setting is missing, unknown or dangerous. Operator action: correct the named setting."""


class PolicyError(GarboError):
    """The policy folder is wrong. Operator action: run `garbo check DIR` and mend every line it names."""


class StoryError(GarboError):
    """A story of a policy is wrong. Operator action: mend every line it names; docs/journeys.md has the format."""


class SchemaError(GarboError):
    """A schema is missing or incompatible. Operator action: check the registry URL and the schema named."""


class MessageError(GarboError):
    """A message cannot be sent as it was built. Operator action: correct the field that the sentence names."""


class BrokerError(GarboError):
    """The broker refused or did not answer. Operator action: check the address, then the broker's own log."""


class TopicError(BrokerError):
    """A topic is missing or has the wrong partition count. Operator action: run `garbo topics --create`."""


class FencedError(BrokerError):
    """Another worker took this one's place. Operator action: none; the supervisor restarts this process."""


class StoreError(GarboError):
    """The local table cannot be used. Operator action: remove the named folder; it is rebuilt from the changelog."""


class NotFoundError(GarboError):
    """No such party, decision or file."""
