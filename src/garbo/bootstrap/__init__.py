"""Composition root: builds every part of a process from its settings."""
