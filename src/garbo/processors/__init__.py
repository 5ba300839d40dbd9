"""The steps of the pipeline: resolve, decide, learn, journey_kpis. Synchronous, and behind ports only."""
