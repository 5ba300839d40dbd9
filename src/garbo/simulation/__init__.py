"""Simulated populations: persons with a seed whose days become messages."""
