"""Validated files -> the core's immutable model, one module for each part of the policy.

The files have passed lint, so nothing is checked here.
"""
