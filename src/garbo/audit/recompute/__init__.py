"""Recomputes recorded decisions from the log and compares them byte for byte."""
