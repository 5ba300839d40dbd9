"""Garbo: a real-time next-best-action engine. Start reading at `garbo.core.decide`."""

__version__ = "0.1.0"
