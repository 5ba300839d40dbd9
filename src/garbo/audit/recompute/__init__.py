"""Recorded decisions, made once more from the log and compared byte for byte."""
