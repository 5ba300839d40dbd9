"""A decision record as sentences."""
