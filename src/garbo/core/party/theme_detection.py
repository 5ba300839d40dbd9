"""What a touchpoint is about: its declared theme, else the theme that its free text suggests.

The text is read here, when the event is applied, and never kept. The words of the policy's themes are enough to route a
post: the theme with most distinct words in the text wins, the first declared among equals.
"""

from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.events import Touchpoint


def tone_of(touchpoint: Touchpoint, theme: str, policy: Policy) -> str:
    """The tone that the kind declares, else the one that the text betrays; "" for none.

    Thanks that come with a question, or with a theme, are a question.
    """
    known = policy.touchpoints.get(touchpoint.kind)
    if known is not None and known.tone:
        return known.tone
    if not touchpoint.text or not policy.tones:
        return ""
    text = touchpoint.text.lower()
    found, most = "", 0
    for tone, words in policy.tones.items():
        hits = sum(1 for word in words if word in text)
        if hits > most:
            found, most = tone, hits
    return "" if found == "praise" and (theme or "?" in text) else found


def theme_of(touchpoint: Touchpoint, policy: Policy) -> str:
    """The theme's name; empty when neither the declaration nor the text gives one."""
    if touchpoint.theme or not touchpoint.text:
        return touchpoint.theme
    text = touchpoint.text.lower()
    found, most = "", 0
    for theme in policy.themes.values():
        hits = sum(1 for word in theme.words if word in text)
        if hits > most:
            found, most = theme.name, hits
    return found
