"""Limits on contacts, as contact_policy.yaml describes them. Durations are milliseconds."""

from collections.abc import Mapping

from msgspec import Struct

from garbo.core.vocabulary.instants import DAY


class Cap(Struct, frozen=True):
    """At most `limit` contacts in every rolling window (t - window, t] that match; empty filters match all.

    limits: classes it holds back. counts: classes it counts. Riders count only when a purpose or theme is named.
    """

    name: str
    window: int
    limit: int
    channels: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    limits: tuple[str, ...] = ("marketing",)
    counts: tuple[str, ...] = ("marketing",)


class Spacing(Struct, frozen=True):
    """At least `gap` between two matching contacts, before and after, planned ones included."""

    name: str
    gap: int
    channels: tuple[str, ...] = ()
    limits: tuple[str, ...] = ("marketing",)
    counts: tuple[str, ...] = ("marketing", "service")


class Sequence(Struct, frozen=True):
    """Never `then` within `within` after `first` (names of actions)."""

    name: str
    first: str
    then: str
    within: int


class Exclusion(Struct, frozen=True):
    """At most one of `actions` within any `within`."""

    name: str
    actions: tuple[str, ...]
    within: int


class Suppression(Struct, frozen=True):
    """`count` outcomes of `statuses` within `window` pause `scope` for `pause`. Every suppression ends.

    scope: "all" | "channel" | "theme" | "action". limits: classes paused.
    """

    name: str
    statuses: tuple[str, ...]
    count: int
    window: int
    pause: int
    scope: str
    limits: tuple[str, ...] = ("marketing",)


class QuietHours(Struct, frozen=True):
    """Local minutes of the day between which a channel is silent (start inclusive, end exclusive; may wrap)."""

    start: int
    end: int
    closed_weekdays: tuple[int, ...] = ()  # 0 Monday
    holidays: bool = False  # closed on public holidays of the policy's country


class ContactPolicy(Struct, frozen=True):
    """All limits on contacts. Mappings are by channel."""

    caps: tuple[Cap, ...] = ()
    spacings: tuple[Spacing, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    quiet_hours: Mapping[str, QuietHours] = {}
    holidays: frozenset[str] = frozenset()  # ISO dates; computed when the policy is loaded
    contact_weights: Mapping[str, float] = {}  # channel -> pressure of one contact
    refusal_weight: float = 1.0
    complaint_weight: float = 3.0
    pressure_half_life: int = 7 * DAY

    @property
    def longest_window(self) -> int:
        """The longest span that caps, spacings, sequences and exclusions look over (ms)."""
        spans = [c.window for c in self.caps] + [s.gap for s in self.spacings]
        spans += [s.within for s in self.sequences] + [e.within for e in self.exclusions]
        return max(spans, default=0)
