"""Each benchmark is a named unit of work: `python -m benchmarks.NAME [--json]`. Each competitor has its own process."""
