"""Limits on contacts, as contact_policy.yaml describes them. Durations are milliseconds."""

from collections.abc import Mapping

from msgspec import Struct

from garbo.core.vocabulary.instants import DAY


class Cap(Struct, frozen=True):
    """At most `limit` contacts in every rolling window (t - window, t] that match; empty filters match all.

    limits: classes it holds back. counts: classes it counts. Riders count only when a purpose, theme or group is named.
    household: it counts the contacts of the members of the party's household too, as far as they are known here.
    """

    name: str
    window: int
    limit: int
    channels: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    limits: tuple[str, ...] = ("marketing",)
    counts: tuple[str, ...] = ("marketing",)
    groups: tuple[str, ...] = ()
    household: bool = False


class Remarketing(Struct, frozen=True):
    """Limits on contacts about what a person merely looked at: at most `limit` in every rolling `window`, none sooner
    than `delay` after the look, and a `pause` after `ignored` of them in a row without an answer. All in ms."""

    limit: int
    window: int
    delay: int = 0
    ignored: int = 0
    pause: int = 0


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
    remarketing: Remarketing | None = None
    negative_weight: float = 1.0  # of a touchpoint in a negative tone
    ignored_weight: float = 0.0  # of an offer that nobody answered
    ignored_after: int = 7 * DAY  # how long an offer waits for an answer

    @property
    def longest_window(self) -> int:
        """The longest span that caps, spacings, sequences and exclusions look over (ms)."""
        spans = [c.window for c in self.caps] + [s.gap for s in self.spacings]
        spans += [s.within for s in self.sequences] + [e.within for e in self.exclusions]
        spans += [max(self.remarketing.window, self.remarketing.pause)] if self.remarketing else []
        return max(spans, default=0)
