"""Validated files -> the core's `Policy`. The files have passed lint, so this module checks nothing."""

from garbo.core.policy.attributes import Attribute
from garbo.core.policy.channels import Capacity, ChannelPolicy
from garbo.core.policy.consents import ConsentDefinition
from garbo.core.policy.exploration import Softmax, SquareCB, Strategy, Thompson
from garbo.core.policy.groups import Group
from garbo.core.policy.journey import TouchpointKind
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.policy import Arbitration, HoldOut, Learning, Policy
from garbo.core.policy.proactive import DateBefore, Proactive
from garbo.core.policy.reading import TextReader
from garbo.core.policy.themes import Theme
from garbo.policy import when
from garbo.policy.build.actions import action
from garbo.policy.build.contact_policy import contact
from garbo.policy.build.feedback import feedback
from garbo.policy.build.files import Files, Rules, typed
from garbo.policy.build.journeys import journeys, segments
from garbo.policy.build.models import core_model
from garbo.policy.build.vocabulary import vocabulary
from garbo.policy.schema import documents as files
from garbo.text.learnt import LearntReader
from garbo.text.reader import SeedReader, Seeds


def build(version: str, given: Files, rules: Rules) -> Policy:
    """The policy of the files `given`, with its compiled `rules`."""
    settings, journey = given.policy, given.journey
    behavioural = when.behavioural_kinds(journey, given.needs)
    placing = [rule for (owner, _), rule in rules.items() if owner not in given.actions.actions]
    of_actions = [rule for (owner, _), rule in rules.items() if owner in given.actions.actions]
    return Policy(
        version=version,
        name=settings.name,
        zone=settings.zone,
        country=settings.country,
        languages=tuple(settings.languages),
        actions={name: action(name, given, rules, behavioural) for name in given.actions.actions},
        contact=contact(given),
        needs={
            name: NeedKind(
                name, tuple(n.opened_by), n.gather, n.answer_within, tuple(n.resolved_by), n.label, tuple(n.intents)
            )
            for name, n in given.needs.needs.items()
        },
        lifecycle=dict(journey.lifecycle),
        touchpoints={
            name: TouchpointKind(
                name,
                t.meaning,
                tuple(t.channels),
                t.direction,
                t.interest,
                asks=t.asks,
                tone=t.tone or "",
                public=t.public,
                behaviour=name in behavioural,
                objects=t.objects,
                corrects=t.corrects,
            )
            for name, t in journey.touchpoints.items()
        },
        journeys=journeys(journey, rules),
        segments=segments(journey, rules),
        themes={name: Theme(name, theme.label) for name, theme in given.themes.themes.items()},
        interest_half_life=journey.interest_half_life,
        attributes={
            name: Attribute(name, a.kind, typed(a), a.scope, a.meaning, a.sensitive)
            for name, a in given.attributes.attributes.items()
        },
        variables=frozenset(v for rule in of_actions for v in rule.variables if v not in rule.lookups),
        lookups={name: lookup for rule in of_actions for name, lookup in rule.lookups.items()},
        placing_variables=frozenset(v for rule in placing for v in rule.variables if v not in rule.lookups),
        placing_lookups={name: lookup for rule in placing for name, lookup in rule.lookups.items()},
        arbitration=_arbitration(settings.arbitration),
        models={name: core_model(name, given.models.models) for name in given.models.models},
        consents={
            name: ConsentDefinition(name, c.label, c.article, c.mandatory)
            for name, c in given.consents.consents.items()
        },
        extra_consents={purpose: tuple(c) for purpose, c in given.consents.extra.items()},
        future_tolerance=settings.future_tolerance,
        model_cost=settings.model_cost,
        attribution_window=settings.attribution_window,
        learning=Learning(settings.learning.pending_at_most, settings.learning.late_windows),
        groups={name: Group(name, g.label, g.lever, g.model) for name, g in given.actions.groups.items()},
        channels={name: _channel(name, c) for name, c in settings.channels.items()},
        decide_on=frozenset(settings.decide_on),
        hold_out=HoldOut(**settings.hold_out.model_dump()),
        proactive=Proactive(
            settings.proactive.after_stage,
            settings.proactive.silence,
            tuple(DateBefore(d.attribute, d.before) for d in settings.proactive.dates),
        ),
        vocabulary=vocabulary(given.vocabulary),
        reader=_reader(given),
        feedback=feedback(given.feedback),
    )


def _reader(given: Files) -> TextReader:
    words, learns = SeedReader(seeds(given)), given.themes.learn
    return LearntReader(words, learns) if learns else words


def seeds(given: Files) -> Seeds:
    """The words of themes.yaml."""
    words = given.themes
    return Seeds(
        languages=tuple(given.policy.languages),
        themes={name: theme.words for name, theme in words.themes.items()},
        intents=dict(words.intents),
        tones={str(tone): found for tone, found in words.tones.items()},
        negations=words.negations,
        sarcasm=words.sarcasm,
    )


def _channel(name: str, part: files.ChannelPart) -> ChannelPolicy:
    limit = part.capacity
    capacity = Capacity(limit.at_most, limit.per) if limit is not None else None
    return ChannelPolicy(name, part.reports_within, capacity, tuple(part.objects_to), part.reports_seen)


def _arbitration(given: files.ArbitrationPart) -> Arbitration:
    plain, explored = given.model_dump(exclude={"exploration"}), given.exploration
    strategy: Strategy | None = None
    if explored.strategy == "softmax":
        strategy = Softmax(explored.temperature)
    elif explored.strategy == "squarecb":
        strategy = SquareCB(explored.gamma)
    elif explored.strategy == "thompson":
        strategy = Thompson(explored.floor, explored.samples)
    return Arbitration(**plain, exploration=explored.epsilon, strategy=strategy)
