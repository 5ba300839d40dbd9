"""A Kafka broker with nothing installed: for the quick start and for tests of one worker."""

from garbo.embedded.broker import EmbeddedBroker

__all__ = ["EmbeddedBroker"]
