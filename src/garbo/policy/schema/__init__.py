"""The schema of each policy file: pydantic models and the units they use."""
