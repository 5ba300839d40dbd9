"""Read models of the decisions, for the commands and services that show them."""
