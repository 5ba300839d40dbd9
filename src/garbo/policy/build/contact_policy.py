"""Limits on contacts: contact_policy.yaml, and the holidays of the policy's country."""

from garbo.core.policy.contact_policy import (
    Cap,
    ContactPolicy,
    Exclusion,
    QuietHours,
    Remarketing,
    Sequence,
    Spacing,
    Suppression,
)
from garbo.policy.build.files import Files, holidays_of
from garbo.policy.schema.contact_policy import CapPart, RemarketingPart
from garbo.policy.schema.units import WEEKDAYS, minutes


def _caps(part: CapPart, themes: list[str]) -> list[Cap]:
    over: list[tuple[str, tuple[str, ...]]] = [(part.name, tuple(part.themes))]
    if part.each_theme:
        over = [(f"{part.name}:{theme}", (theme,)) for theme in themes]
    return [
        Cap(
            name, part.window, part.at_most, tuple(part.channels), tuple(part.purposes), chosen, tuple(part.limits),
            tuple(part.counts), tuple(part.groups), part.per == "household",
        )
        for name, chosen in over
    ]  # fmt: skip


def _remarketing(part: RemarketingPart) -> Remarketing:
    return Remarketing(part.at_most, part.window, part.delay, part.ignored, part.pause)


def contact(given: Files) -> ContactPolicy:
    """The limits on contacts, with the public holidays of the policy's country."""
    part, themes = given.contact, list(given.themes.themes)
    return ContactPolicy(
        caps=tuple(cap for c in part.caps for cap in _caps(c, themes)),
        spacings=tuple(
            Spacing(s.name, s.gap, tuple(s.channels), tuple(s.limits), tuple(s.counts)) for s in part.spacing
        ),
        sequences=tuple(Sequence(s.name, s.first, s.then, s.within) for s in part.sequences),
        exclusions=tuple(Exclusion(e.name, tuple(e.actions), e.within) for e in part.exclusions),
        suppressions=tuple(
            Suppression(s.name, tuple(s.after), s.count, s.within, s.pause, s.scope, tuple(s.limits))
            for s in part.suppressions
        ),
        quiet_hours={
            channel: QuietHours(
                minutes(q.start), minutes(q.end), tuple(WEEKDAYS.index(d) for d in q.closed), q.holidays
            )
            for channel, q in part.quiet_hours.items()
        },
        holidays=holidays_of(given.policy.country),
        contact_weights=dict(part.pressure.contact_weights),
        refusal_weight=part.pressure.refusal_weight,
        complaint_weight=part.pressure.complaint_weight,
        pressure_half_life=part.pressure.half_life,
        remarketing=_remarketing(part.remarketing) if part.remarketing is not None else None,
        negative_weight=part.pressure.negative_weight,
        ignored_weight=part.pressure.ignored_weight,
        ignored_after=part.pressure.ignored_after,
    )
