"""What a touchpoint says: what is declared is believed, and its free text fills in the rest.

The text is read here, when the event is applied, and never kept.
"""

from garbo.core.policy.policy import Policy
from garbo.core.policy.reading import NO_TEXT_MODELS, PRAISE, Reading, TextModels
from garbo.core.vocabulary.events import Touchpoint


def reading_of(touchpoint: Touchpoint, policy: Policy, models: TextModels = NO_TEXT_MODELS) -> Reading:
    """The theme, the intent and the tone of a touchpoint; "" for what neither its fields, its kind nor its text say.

    Thanks that come with a theme ask for something, as far as the text does not say that they are praise.
    """
    known = policy.touchpoints.get(touchpoint.kind)
    tone = known.tone if known is not None else ""
    if not touchpoint.text:
        return Reading(touchpoint.theme, "", tone)
    read = policy.reader.read(touchpoint.text, policy.languages, models)
    theme = touchpoint.theme or read.theme
    thanks = read.tone == PRAISE and theme and read.intent != PRAISE
    return Reading(theme, read.intent, tone or ("" if thanks else read.tone), read.models)
