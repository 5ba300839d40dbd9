"""The scorers, one a file. A new one is a file here and a line in `learning.registry`."""
