"""Hostile messages at every entrance, by Hypothesis and by atheris: `make fuzz`, docs/fuzzing.md."""
