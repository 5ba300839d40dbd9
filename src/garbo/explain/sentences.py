"""What a language has to say: tables of templates with `{blanks}`, and how it writes a number.

Every language has the same keys, and each of its templates the same blanks: a test compares them.
"""

from collections.abc import Mapping
from typing import NamedTuple

from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason


class Sentences(NamedTuple):
    """One language.

    events, intents: by the record's event type and intent; the key "" is for one that is not listed. phrases: by the
    name that `explain.record` uses.
    """

    decimal_point: str
    events: Mapping[str, str]
    intents: Mapping[str, str]
    dispositions: Mapping[Disposition, str]
    need_ends: Mapping[NeedEnd, str]
    reasons: Mapping[Reason, str]
    phrases: Mapping[str, str]
