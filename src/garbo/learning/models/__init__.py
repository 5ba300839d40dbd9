"""The scorers, one per file. A new scorer is a file here and a line in `learning.registry`."""
