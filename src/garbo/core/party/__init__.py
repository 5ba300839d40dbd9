"""What we know of a party: its row and how each event folds into it."""
