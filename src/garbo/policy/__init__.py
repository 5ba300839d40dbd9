"""The policy an analyst writes in YAML, made into the immutable `core.policy.policy.Policy`.

Rules
 1. A policy is whole or refused: every error of every file is reported at once, as `file:line: what and why`.
 2. Unknown keys, unknown names and unknown variables are errors, with "did you mean".
 3. Text in, values out: nothing in a policy file can run code, expand without bound or reach the network.
 4. The version is a hash of the text, so two workers with one text have one version.
"""

from garbo.policy.loader import bundle, from_bundle, inspect, load, load_text
from garbo.policy.problems import Problem, Report

__all__ = ["Problem", "Report", "bundle", "from_bundle", "inspect", "load", "load_text"]
