"""What a model is given, and the port through which it answers."""
