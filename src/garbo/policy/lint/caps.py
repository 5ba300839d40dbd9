"""Checks of the caps: each limits an action, counts a contact, and is reached before the other limits hold.

Rules
 1. A cap never has an effect where another one is always reached first: it counts at least the same contacts, as long,
    up to no more.
 2. Nor where other limits leave so few contacts that its number is never reached: N in each window w leave at most
    N x (W / w, rounded up) in a window W; a spacing of g is a cap of one in g. That holds for what those limits hold
    back, which is our own contacts.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from garbo.policy.build.files import Files
from garbo.policy.names import CONTACT, Names, check_names
from garbo.policy.problems import Finding, Findings
from garbo.policy.schema.actions import ActionPart
from garbo.policy.schema.contact_policy import CapPart, SpacingPart


class Limit(NamedTuple):
    """A cap, or a spacing as a cap of one. `themes`: also one cap for each theme, which limits its own only."""

    name: str
    at_most: int
    window: int
    part: CapPart | SpacingPart
    purposes: Sequence[str] = ()
    themes: Sequence[str] = ()
    groups: Sequence[str] = ()
    each_theme: bool = False
    household: bool = False


def lint(files: Files, names: Names) -> Findings:
    for index, cap in enumerate(files.contact.caps):
        path = ("caps", index)
        yield from check_names(CONTACT, (*path, "channels"), "channel", cap.channels, names.channels)
        yield from check_names(CONTACT, (*path, "purposes"), "purpose", cap.purposes, names.purposes)
        yield from check_names(CONTACT, (*path, "themes"), "theme", cap.themes, names.themes)
        yield from check_names(CONTACT, (*path, "groups"), "group", cap.groups, names.groups)
        if cap.each_theme and cap.themes:
            message = f"{cap.name}: either each_theme or themes, not both: remove one"
            yield Finding(CONTACT, (*path, "themes"), message)
        if not _matches(cap, cap.limits, files):
            message = f"{cap.name}: limits no action of the catalogue: remove it, or correct its filters"
            yield Finding(CONTACT, path, message, False, True)
        elif not _matches(cap, cap.counts, files) and not _contacts_of_others(cap, files):
            message = f"{cap.name}: counts no contact that any action makes, so it is never reached: correct counts"
            yield Finding(CONTACT, (*path, "counts"), message, False, True)
        else:
            yield from _reached_first(path, cap, files)


def channels_of(action: ActionPart) -> frozenset[str]:
    """The channels on which the action makes a contact, or may ride on one."""
    return frozenset(way.channel for way in action.ways if not way.inbound) | frozenset(action.rides_on)


def _matches(cap: CapPart, classes: Sequence[str], files: Files) -> bool:
    """Is there an action of these classes to which the filters of the cap apply?"""
    return any(
        a.action_class in classes
        and (not cap.channels or channels_of(a) & set(cap.channels))
        and (not cap.purposes or a.purpose in cap.purposes)
        and (not cap.themes or a.theme in cap.themes)
        and (not cap.groups or a.group in cap.groups)
        for a in files.actions.actions.values()
        if not a.internal
    )


def _contacts_of_others(cap: CapPart, files: Files) -> bool:
    """Do other systems make contacts, which the cap counts too?"""
    return any(
        kind.direction == "outbound" and (not cap.channels or set(kind.channels) & set(cap.channels))
        for kind in files.journey.touchpoints.values()
    )


def _reached_first(path: tuple[str, int], cap: CapPart, files: Files) -> Findings:
    mine = _of(cap)
    for wider in _limits(files):
        if wider.part is cap or not _counts_the_same(mine, wider):
            continue
        if wider.window >= mine.window and wider.at_most <= mine.at_most:
            message = f"never has an effect, because '{wider.name}' is reached first"
        elif (
            wider.window < mine.window
            and set(cap.counts) <= set(wider.part.limits)
            and (left := wider.at_most * -(-mine.window // wider.window)) <= mine.at_most
        ):
            message = f"its {cap.at_most} contacts are never reached, because '{wider.name}' leaves at most {left}"
        else:
            continue
        yield Finding(CONTACT, path, f"{cap.name}: {message}: remove it or change it", fatal=False)
        return


def _limits(files: Files) -> Iterator[Limit]:
    for cap in files.contact.caps:
        yield _of(cap)
    for spacing in files.contact.spacing:
        yield Limit(spacing.name, 1, spacing.gap, spacing)


def _of(cap: CapPart) -> Limit:
    return Limit(
        cap.name, cap.at_most, cap.window, cap, cap.purposes, cap.themes, cap.groups, cap.each_theme,
        cap.per == "household",
    )  # fmt: skip


def _counts_the_same(mine: Limit, wider: Limit) -> bool:
    """Does `wider` count every contact that `mine` counts, and hold back every action that `mine` does?"""

    def covers(filter_: Sequence[str], given: Sequence[str]) -> bool:
        return not filter_ or bool(given and set(given) <= set(filter_))

    riders_count_in_mine = bool(mine.purposes or mine.themes or mine.groups or mine.each_theme)
    riders_count_in_wider = bool(wider.purposes or wider.themes or wider.groups or wider.each_theme)
    return (
        (not wider.each_theme or mine.each_theme or len(mine.themes) == 1)
        and covers(wider.part.channels, mine.part.channels)
        and covers(wider.purposes, mine.purposes)
        and covers(wider.themes, mine.themes)
        and covers(wider.groups, mine.groups)
        and (wider.household or not mine.household)
        and set(mine.part.limits) <= set(wider.part.limits)
        and set(mine.part.counts) <= set(wider.part.counts)
        and (riders_count_in_wider or not riders_count_in_mine)
    )
