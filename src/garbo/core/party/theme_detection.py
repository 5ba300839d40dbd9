"""What an event is about: its declared theme, or the one its free text betrays.

Text is read here, at fold time, and never kept. A lexicon in the policy (theme -> words) is enough to route a post;
the theme with most distinct words wins, the first declared among equals.
"""

from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.events import Touchpoint


def theme_of(touchpoint: Touchpoint, policy: Policy) -> str:
    if touchpoint.theme or not touchpoint.text:
        return touchpoint.theme
    text = touchpoint.text.lower()
    found, most = "", 0
    for theme, words in policy.themes.items():
        hits = sum(1 for word in words if word in text)
        if hits > most:
            found, most = theme, hits
    return found
