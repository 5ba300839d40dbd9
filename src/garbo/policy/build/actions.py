"""One action of the catalogue, with what is derived from what it reads.

`behavioural` and `sensitive` are never trusted to an analyst's memory: a rule, a value, a filter or a model that reads
behaviour or special-category data makes the action need the consent for it.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from garbo.core.policy.actions import Action, ActionClass, Amount, FollowUp, Placement, Treatment
from garbo.policy import when
from garbo.policy.build.files import Files, Rules
from garbo.policy.build.models import attributes_of, families_of
from garbo.policy.build.vocabulary import vocabulary
from garbo.policy.cel import CompiledRule, CompiledValue
from garbo.policy.cel_words import BEHAVIOUR
from garbo.policy.schema.actions import ActionPart, GroupPart, PlacementPart, TreatmentPart

_COPIED = {
    "purpose", "theme", "group", "title", "validity", "stock", "context", "perishable", "internal",
    "ignores_quiet_hours", "cooldown",
}  # fmt: skip


def action(name: str, given: Files, rules: Rules, behavioural: Collection[str]) -> Action:
    """The action `name`. behavioural: the kinds of touchpoint that show behaviour."""
    part, zone = given.actions.actions[name], given.policy.zone
    group = given.actions.groups.get(part.group)
    reads = read_by(name, rules)
    copied: dict[str, Any] = part.model_dump(include=_COPIED)
    eligibility, suitability = rules.get((name, "eligibility")), rules.get((name, "suitability"))
    return Action(
        name=name,
        action_class=ActionClass(part.action_class),
        treatments=tuple(_treatment(way) for way in part.ways),
        family=group.model if group is not None else "",
        when=tuple(
            when.triggers(
                name,
                when.entries(name, part, given.actions),
                given.policy.decide_on,
                given.journey,
                behavioural,
                vocabulary(given.vocabulary).statuses,
            )
        ),
        lifecycle=tuple(part.lifecycle),
        stages=tuple(part.stages),
        eligibility=eligibility if isinstance(eligibility, CompiledRule) else None,
        suitability=suitability if isinstance(suitability, CompiledRule) else None,
        valid_from=_midnight(part.valid_from, zone),
        valid_until=_midnight(part.valid_until, zone, days=1),
        value_company=_value(name, "value_company", part.value_company, rules),
        value_customer=_value(name, "value_customer", part.value_customer, rules),
        lever=part.lever * (group.lever if group is not None else 1.0),
        answers=tuple(part.answers),
        placement=_placement(part.placement),
        follow_ups=tuple(FollowUp(f.action, _placement(f), f.promise) for f in part.follow_ups),
        rides_on=tuple(part.rides_on),
        sensitive=part.sensitive or reads_sensitive(reads, group, given),
        behavioural=part.behavioural or bool(behaviour_in(part, reads)),
        cancelled_by=tuple(part.cancelled_by),
        **copied,
    )


def read_by(action: str, rules: Rules) -> frozenset[str]:
    """The variables and functions that the action's rules and values read."""
    return frozenset(v for (name, _), compiled in rules.items() if name == action for v in compiled.reads)


def behaviour_in(part: ActionPart, variables: Collection[str]) -> frozenset[str]:
    """What the action reads of a person's behaviour: those of `variables` that show it, and its stages."""
    return BEHAVIOUR.intersection(variables) | ({"stages"} if part.stages else frozenset())


def reads_sensitive(variables: Collection[str], group: GroupPart | None, given: Files) -> bool:
    """Is one of `variables`, or a feature of a model that scores the group, special-category data?"""
    sensitive = {name for name, a in given.attributes.attributes.items() if a.sensitive}
    models = given.models.models
    scoring = [m for name, m in models.items() if group is not None and group.model in families_of(name, models)]
    features = [name for model in scoring for name in attributes_of(model)]
    return not sensitive.isdisjoint(variables) or not sensitive.isdisjoint(features)


def _treatment(way: TreatmentPart) -> Treatment:
    weight = {} if way.weight is None else {"weight": way.weight}
    return Treatment(
        way.channel, way.message, way.inbound, way.public, way.cost, latency_budget=way.latency_budget, **weight
    )


def _value(action: str, field: str, written: float | str, rules: Rules) -> float | Amount:
    if not isinstance(written, str):
        return written
    compiled = rules.get((action, field))
    return compiled if isinstance(compiled, CompiledValue) else 0.0


def _midnight(day: str, zone: str, days: int = 0) -> int:
    """The instant (ms) at which the day, and `days` more, begins in `zone`; 0 for no day."""
    if not day:
        return 0
    begins = date.fromisoformat(day) + timedelta(days=days)
    return int(datetime(begins.year, begins.month, begins.day, tzinfo=ZoneInfo(zone)).timestamp()) * 1000


def _placement(part: PlacementPart) -> Placement:
    return Placement(part.delay, part.days, part.at)
