"""What we know of a party: its row, and what each event changes in it."""
