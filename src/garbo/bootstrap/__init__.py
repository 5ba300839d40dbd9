"""Composition root: the only place, with `testing`, that wires rooms together."""
