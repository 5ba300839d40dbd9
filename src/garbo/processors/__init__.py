"""Processors resolve, decide and learn: synchronous, ports only. One message is one unit of work."""
