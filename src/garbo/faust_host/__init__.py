"""How a processor is hosted on Faust. The ONLY package that imports Faust.

Read in this order: `run` (what a process hosts), `agent` (one chunk through a processor), `app` (the parts, wired),
`consumer` and `transport` (Faust's extension point). What makes it exactly once is `garbo.runtime`.
"""
