"""How one action is chosen among those that may be made, and how the choice is recorded."""
