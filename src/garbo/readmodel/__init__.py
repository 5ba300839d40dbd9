"""What was decided, as those who ask read it: console, explain, privacy."""
