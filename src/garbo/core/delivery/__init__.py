"""What a choice comes to: its place in time, its command."""
