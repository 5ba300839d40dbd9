"""The immutable policy model, one file for each YAML file."""
