"""Benchmarks, one unit of work each: `python -m benchmarks.NAME [--json]`. Competitors run in separate processes."""
