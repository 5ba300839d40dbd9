"""The map of a policy, looked at by people: what is odd about it, and how it is drawn."""
