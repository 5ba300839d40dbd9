"""What the row keeps of a person's behaviour: with `profiling`, what `state` allows; without it, only what an open need
demands, and only until it ends. Counters are kept with `profiling` alone."""

from garbo.core.party import consent, limits
from garbo.core.party.state import RECENT_TOUCHES, Interest, Party, Touch
from garbo.core.vocabulary.instants import decayed


def touched(party: Party, touch: Touch) -> None:
    """The person touched us; a late touch takes its place in time."""
    party.touches.append(touch)
    if len(party.touches) > 1 and party.touches[-2].at > touch.at:
        party.touches.sort(key=lambda t: t.at)
    del party.touches[:-RECENT_TOUCHES]


def interested(party: Party, theme: str, weight: float, at: int, half_life: int) -> None:
    """The person showed an interest of `weight` in `theme` at instant `at` (ms); it halves every `half_life` ms."""
    held = party.interests.get(theme)
    if held is None:
        party.interests[theme] = Interest(weight, at)
        limits.interests(party)
    elif at >= held.at:
        held.weight, held.at = decayed(held.weight, held.at, at, half_life) + weight, at
    else:  # late: what is left of it counts
        held.weight += decayed(weight, at, held.at, half_life)


def forget(party: Party) -> None:
    """Without `profiling`, drop what no open need is about."""
    if not (party.touches or party.interests or party.counters) or consent.profiled(party):
        return
    party.counters = {}
    themes = {need.theme for need in party.needs}
    party.touches = [t for t in party.touches if t.theme in themes]
    party.interests = {theme: held for theme, held in party.interests.items() if theme in themes}
