"""One message, one unit of work: synchronous, ports only. Stages: resolve, decide, learn."""
