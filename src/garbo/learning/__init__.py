"""Learning to predict acceptance: learners, their snapshots, and the scorer that decisions use.

Rules
 1. River is imported in this package only, and only when a learner is *made*. The import costs 0.8 s and 100 MB; a
    worker that only scores does not pay it.
 2. A model's parameters are plain data, numbers under names; never a pickle.
 3. A learner restored from its parameters equals one that never stopped, to the last bit.
 4. No clock, no randomness: the same examples in the same order give the same model on every machine.
"""
