"""Plays the golden journeys on a broker and prints what happens."""
