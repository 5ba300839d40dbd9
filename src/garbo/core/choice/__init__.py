"""How one action is chosen among those that may be done, and how the choice is told."""
