"""How Garbo learns who accepts: learners, their snapshots, and the scorer that decides with them.

Rules
 1. River is imported here and nowhere else, and only where a learner is *made*: importing it costs 0.8 s and
    100 MB, which a worker that only scores does not pay.
 2. What a model has learnt is plain data, numbers under names; never a pickle.
 3. A learner carried on from its parameters equals one that never stopped, to the last bit.
 4. No clock, no randomness: the same examples in the same order give the same model on every machine.
"""
