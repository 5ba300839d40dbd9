"""What a touchpoint is about: its declared theme, else the theme that its free text suggests.

The text is read here, when the event is applied, and never kept. The words of the policy's themes are enough to route a
post: the theme with most distinct words in the text wins, the first declared among equals.
"""

from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.events import Touchpoint


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
