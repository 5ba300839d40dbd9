"""Fault runs: real workers on a real Kafka, hurt by a seeded schedule, judged by what the topics say.

python -m tests.chaos --tier short      READ __main__.py for what it can be told
"""
