"""What changed between two policies, in sentences that an analyst reads.

`compare` finds the changes in the built policies, whatever structs they are made of; `words` says how a value is
written. Comments and the order of keys are not in a built policy, so they change nothing.
"""

from garbo.policy.diff.compare import Difference, Kind, differences
from garbo.policy.diff.sentences import Sentence, sentences

__all__ = ["Difference", "Kind", "Sentence", "differences", "sentences"]
