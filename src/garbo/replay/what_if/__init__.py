"""What if: recorded decisions made again under another policy, and how they come out.

Two questions, two answers (docs/what-if.md):
 1. *One step* (`one_step`): each recorded decision is made again from its own recorded row, with policy B in the place
    of policy A. What one decision changes does not reach the next one.
 2. *Full replay* (`full`): the whole log from its start under B. What changes early acts on what comes later.
"""
