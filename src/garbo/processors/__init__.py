"""The steps of the pipeline: resolve, decide, learn. Synchronous, and behind ports only."""
