"""How the engine is hosted on Kafka. The ONLY package that imports Faust.

Read in this order: `run` (what a process hosts), `agents` (one chunk through a stage), `transport` (Faust on
librdkafka: what makes it exactly once).
"""
