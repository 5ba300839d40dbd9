"""The journey map, analysed: where a journey narrows and why, what its relief gives, what customers avoid, the report.

Read `narrowing.py` first. Everything here is a function of merged cells (`core.journeys.cells`) and of the map.
"""
