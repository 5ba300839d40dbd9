"""Read models of decisions and dead letters, for the commands and services that show them."""
