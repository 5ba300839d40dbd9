"""Fault runs: real workers on a real Kafka, a seeded schedule of faults, and checks of the topics.

python -m tests.chaos --tier short      READ __main__.py for the options
"""
