"""Validated files -> the core's `Policy`. The files have passed lint, so this module checks nothing."""

from functools import lru_cache
from typing import Any, NamedTuple

import holidays

from garbo.core.policy.actions import Action, ActionClass, FollowUp, Placement, Treatment, Trigger
from garbo.core.policy.attributes import Attribute
from garbo.core.policy.consents import ConsentDefinition
from garbo.core.policy.contact_policy import Cap, ContactPolicy, Exclusion, QuietHours, Sequence, Spacing, Suppression
from garbo.core.policy.journey import StageDefinition, StageRule, TouchpointKind
from garbo.core.policy.models import Feature, Model
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.policy import Arbitration, Policy
from garbo.core.policy.themes import Theme
from garbo.core.vocabulary.events import Value
from garbo.policy.cel import CompiledRule
from garbo.policy.schema import contact_policy
from garbo.policy.schema import documents as files
from garbo.policy.schema.units import WEEKDAYS, minutes

# Replays use old data (the bank file starts in 2008) and plans reach a few years ahead; 36 years take 45 ms.
YEARS = range(2000, 2036)


class Files(NamedTuple):
    """The nine files, validated one by one."""

    policy: files.PolicyFile
    journey: files.JourneyFile
    themes: files.ThemesFile
    needs: files.NeedsFile
    attributes: files.AttributesFile
    consents: files.ConsentsFile
    models: files.ModelsFile
    actions: files.ActionsFile
    contact: contact_policy.ContactFile


Rules = dict[tuple[str, str], CompiledRule]
"""(action, "eligibility" | "suitability") -> rule."""


@lru_cache(maxsize=8)
def holidays_of(country: str) -> frozenset[str]:
    """ISO dates of the country's public holidays. Raises NotImplementedError for an unknown country."""
    return frozenset(day.isoformat() for day in holidays.country_holidays(country, years=YEARS))


def build(version: str, given: Files, rules: Rules) -> Policy:
    """The policy of the files `given`, with its compiled `rules`."""
    settings, journey = given.policy, given.journey
    return Policy(
        version=version,
        name=settings.name,
        zone=settings.zone,
        country=settings.country,
        languages=tuple(settings.languages),
        actions={name: _action(name, part, rules) for name, part in given.actions.actions.items()},
        contact=_contact(given),
        needs={
            name: NeedKind(name, tuple(n.opened_by), n.gather, n.answer_within, tuple(n.resolved_by), n.label)
            for name, n in given.needs.needs.items()
        },
        lifecycle=dict(journey.lifecycle),
        touchpoints={
            name: TouchpointKind(name, t.meaning, tuple(t.channels), t.direction, t.interest)
            for name, t in journey.touchpoints.items()
        },
        stages={name: StageDefinition(name, label) for name, label in journey.stages.items()},
        stage_rules=tuple(
            StageRule("" if origin == "start" else origin, trigger, move.target, move.theme)
            for move in journey.moves
            for origin in move.origin
            for trigger in move.trigger
        ),
        themes={
            name: Theme(name, tuple(w.lower() for w in t.words), t.label) for name, t in given.themes.themes.items()
        },
        interest_half_life=journey.interest_half_life,
        attributes={
            name: Attribute(name, a.kind, typed(a), a.scope, a.meaning)
            for name, a in given.attributes.attributes.items()
        },
        variables=frozenset(v for rule in rules.values() for v in rule.variables),
        arbitration=Arbitration(**settings.arbitration.model_dump()),
        models={name: _model(name, m) for name, m in given.models.models.items()},
        consents={
            name: ConsentDefinition(name, c.label, c.article, c.mandatory)
            for name, c in given.consents.consents.items()
        },
        extra_consents={purpose: tuple(c) for purpose, c in given.consents.extra.items()},
        future_tolerance=settings.future_tolerance,
        model_cost=settings.model_cost,
        attribution_window=settings.attribution_window,
    )


def typed(attribute: files.AttributePart) -> Value:
    """The default in the attribute's type: `default: 0` of a float is 0.0."""
    return float(attribute.default) if attribute.kind == "float" else attribute.default


def _action(name: str, part: files.ActionPart, rules: Rules) -> Action:
    copied: dict[str, Any] = part.model_dump(
        include={
            "purpose", "theme", "family", "title", "validity", "value_bank", "value_customer", "lever", "context",
            "perishable", "internal", "sensitive", "ignores_quiet_hours", "cooldown",
        }
    )  # fmt: skip
    return Action(
        name=name,
        action_class=ActionClass(part.action_class),
        treatments=(Treatment(part.channel, part.message, latency_budget=part.latency_budget),),
        when=tuple(t for trigger in part.triggers for t in _triggers(name, trigger)),
        eligibility=rules.get((name, "eligibility")),
        suitability=rules.get((name, "suitability")),
        answers=tuple(part.answers),
        placement=_placement(part.placement),
        follow_ups=tuple(FollowUp(f.action, _placement(f), f.promise) for f in part.follow_ups),
        rides_on=tuple(part.rides_on),
        cancelled_by=tuple(part.cancelled_by),
        **copied,
    )


def _triggers(action: str, part: files.TriggerPart) -> list[Trigger]:
    return [
        Trigger(
            part.on, name, part.theme, part.after_action, part.after_min, part.after_max, part.of_action
        )
        for name in part.name or [action]
    ]  # fmt: skip


def _placement(part: files.PlacementPart) -> Placement:
    return Placement(part.delay, part.days, part.at)


def _model(family: str, part: files.ModelPart) -> Model:
    features = [Feature(n, "number") for n in part.features.numbers]
    features += [Feature(n, "category") for n in part.features.categories]
    return Model(
        family, part.scorer, tuple(features), part.starting_propensity, part.starting_evidence, dict(part.parameters)
    )


def _caps(part: contact_policy.CapPart, themes: list[str]) -> list[Cap]:
    over: list[tuple[str, tuple[str, ...]]] = [(part.name, tuple(part.themes))]
    if part.each_theme:
        over = [(f"{part.name}:{theme}", (theme,)) for theme in themes]
    return [
        Cap(
            name, part.window, part.at_most, tuple(part.channels), tuple(part.purposes), chosen, tuple(part.limits),
            tuple(part.counts),
        )
        for name, chosen in over
    ]  # fmt: skip


def _contact(given: Files) -> ContactPolicy:
    contact, themes = given.contact, list(given.themes.themes)
    return ContactPolicy(
        caps=tuple(cap for part in contact.caps for cap in _caps(part, themes)),
        spacings=tuple(
            Spacing(s.name, s.gap, tuple(s.channels), tuple(s.limits), tuple(s.counts)) for s in contact.spacing
        ),
        sequences=tuple(Sequence(s.name, s.first, s.then, s.within) for s in contact.sequences),
        exclusions=tuple(Exclusion(e.name, tuple(e.actions), e.within) for e in contact.exclusions),
        suppressions=tuple(
            Suppression(s.name, tuple(s.after), s.count, s.within, s.pause, s.scope, tuple(s.limits))
            for s in contact.suppressions
        ),
        quiet_hours={
            channel: QuietHours(
                minutes(q.start), minutes(q.end), tuple(WEEKDAYS.index(d) for d in q.closed), q.holidays
            )
            for channel, q in contact.quiet_hours.items()
        },
        holidays=holidays_of(given.policy.country),
        contact_weights=dict(contact.pressure.contact_weights),
        refusal_weight=contact.pressure.refusal_weight,
        complaint_weight=contact.pressure.complaint_weight,
        pressure_half_life=contact.pressure.half_life,
    )
