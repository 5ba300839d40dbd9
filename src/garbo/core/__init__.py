"""The decision: pure. Values in, values out; no clock, no randomness, no I/O, no logging; stdlib and msgspec only."""
