"""Reads an analyst's policy into the immutable `core.policy.policy.Policy`.

A policy is nine YAML files, and a tenth where it has words of its own.

Rules
 1. A policy is valid as a whole or refused. All errors of all files are reported at once, as `file:line: sentence`.
 2. Unknown keys, unknown names and unknown variables are errors, with "did you mean".
 3. A policy file contains values only: it cannot run code, expand without bound or reach the network.
 4. The version is a hash of the text, so workers with the same text have the same version.
"""

from garbo.policy.loader import bundle, from_bundle, inspect, load, load_text
from garbo.policy.problems import Problem, Report

__all__ = ["Problem", "Report", "bundle", "from_bundle", "inspect", "load", "load_text"]
