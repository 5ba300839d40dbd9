"""A Kafka broker without any installation: for the quick start and for tests of one worker."""

from garbo.embedded.broker import EmbeddedBroker

__all__ = ["EmbeddedBroker"]
