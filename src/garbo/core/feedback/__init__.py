"""What an outcome tells: whose it was, and what may be learnt from it."""
