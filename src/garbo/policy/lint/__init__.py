"""Checks across the files of a policy."""
