"""What holds a candidate back: the gates and the rules they apply."""
