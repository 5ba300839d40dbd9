"""What a language has to say: tables of templates with `{blanks}`, and how it writes a number.

Every language has the same keys, and each of its templates the same blanks: a test compares them.
"""

from collections.abc import Mapping
from typing import NamedTuple

from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason
from garbo.explain.why_not import Why


class Sentences(NamedTuple):
    """One language.

    events, intents: by the record's event type and intent; the key "" is for one that is not listed. A consent and an
    outcome have more than one sentence. causes: of a proactive point; "date_" is for every date, "" for none. phrases:
    by the name that the code uses. answers: to "why not?". entries: of an action's `when`, by what they are `on`; with
    "_any" where no name is given.
    """

    decimal_point: str
    events: Mapping[str, str]
    intents: Mapping[str, str]
    causes: Mapping[str, str]
    dispositions: Mapping[Disposition, str]
    need_ends: Mapping[NeedEnd, str]
    reasons: Mapping[Reason, str]
    phrases: Mapping[str, str]
    answers: Mapping[Why, str]
    entries: Mapping[str, str]
