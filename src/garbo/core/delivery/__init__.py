"""What follows from a choice: its place in time, its command, its record."""
