"""How a processor is hosted on Faust. The ONLY package that imports Faust.

Read in this order: `run` (what a process hosts), `app` (Faust's hooks, adapted to `garbo.runtime`), `agent` (chunks to
the processor), `transport` and `consumer` (Faust's extension point). What makes it exactly once is `garbo.runtime`.
"""
