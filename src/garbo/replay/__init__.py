"""Feeds recorded histories into a running pipeline, waits, counts the outputs and reports."""
