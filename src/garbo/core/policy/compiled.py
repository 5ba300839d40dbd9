"""The policy with the indices a decision uses.

Each decision point has its list of actions that can compete there, filtered when the policy is compiled by what never
changes during a decision: what happened, the life-cycle state, the theme. 500 actions then cost what the few of them
cost that are on the list.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from msgspec import Struct

from garbo.core.policy.actions import Action, Trigger
from garbo.core.policy.feedback import Weighed, weighed
from garbo.core.policy.journey_map import JourneyMap, journey_map
from garbo.core.policy.lookups import LONGEST_WINDOW, counter_of, touch_key
from garbo.core.policy.models import Model, champions, others
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.policy import Policy
from garbo.core.policy.vector import VectorOrder, answer_counters, vector_order

Entry: TypeAlias = tuple[Action, Trigger]

Key: TypeAlias = tuple[str, str, str]
"""(trigger's on, name, life-cycle state)."""


class CompiledPolicy(Struct, frozen=True):
    """A policy with the indices decide uses.

    index: `Key` -> theme of what happened -> who can compete, in the catalogue's order; the theme "" is for every theme
    that is not listed. openers: kind of touchpoint -> the need it opens. intents: intent of a text -> the need it
    opens, instead of the touchpoint's. memory: how long the contact ledger must remember (ms): the longest window,
    cooldown, patience of a stage, or silence a trigger waits for. household: some cap counts the contacts of the whole
    household. counters: what the row counts -> for how long (ms). outbound: channels on which some action reaches out
    to the customer. champions, others: by family of actions, the model that decides, and the challengers and shadows,
    sorted by id. order: of the vector that the models read. map: the journeys, indexed.
    weighed: what feedback multiplies the context of an action by, and where.
    """

    policy: Policy
    index: Mapping[Key, Mapping[str, tuple[Entry, ...]]]
    riders: tuple[Action, ...]
    openers: Mapping[str, NeedKind]
    memory: int
    household: bool = False
    counters: Mapping[str, int] = {}
    intents: Mapping[str, NeedKind] = {}
    outbound: frozenset[str] = frozenset()
    champions: Mapping[str, Model] = {}
    others: Mapping[str, tuple[Model, ...]] = {}
    order: VectorOrder = VectorOrder()
    map: JourneyMap = JourneyMap()
    weighed: Weighed = {}

    def competing(self, on: str, name: str, lifecycle: str, theme: str) -> tuple[Entry, ...]:
        """Who can compete when this happens to a person in this state."""
        found = self.index.get((on, name, lifecycle))
        if found is None:
            return ()
        return found[theme] if theme in found else found[""]


def compiled(policy: Policy) -> CompiledPolicy:
    """Index `policy`'s actions by what makes them candidates."""
    entries: dict[Key, list[Entry]] = {}
    for action in policy.actions.values():
        if action.rides_on:
            continue
        for trigger in action.when:
            for name in names_of(action, trigger):
                for state in action.lifecycle or policy.vocabulary.lifecycle:
                    entries.setdefault((trigger.on, name, state), []).append((action, trigger))
    openers: dict[str, NeedKind] = {}
    intents: dict[str, NeedKind] = {}
    for need in policy.needs.values():
        for kind in need.opened_by:
            openers.setdefault(kind, need)
        for intent in need.intents:
            intents.setdefault(intent, need)
    return CompiledPolicy(
        policy=policy,
        index={key: _by_theme(found) for key, found in entries.items()},
        riders=tuple(a for a in policy.actions.values() if a.rides_on),
        openers=openers,
        intents=intents,
        memory=_memory(policy),
        household=any(cap.household for cap in policy.contact.caps),
        counters=counters_of(policy),
        outbound=frozenset(
            way.channel
            for action in policy.actions.values()
            if not action.internal
            for way in action.treatments
            if not way.inbound
        ),
        champions=champions(policy.models),
        others=others(policy.models),
        order=vector_order(policy.models, policy.actions.values()),
        map=journey_map(
            policy.journeys,
            policy.segments,
            policy.touchpoints,
            policy.themes,
            policy.vocabulary,
            conditional=bool(policy.segments),
        ),
        weighed=weighed(policy.feedback, policy.journeys, policy.actions),
    )


def names_of(action: Action, trigger: Trigger) -> Iterable[str]:
    """The names under which the entry is indexed: of `inbound`, the channels on which the action can be shown."""
    if trigger.on == "inbound":
        channels = dict.fromkeys(t.channel for t in action.treatments if t.inbound)
        return [c for c in channels if trigger.name in ("", c)]
    if trigger.on == "proactive" and all(t.inbound for t in action.treatments):
        return ()
    return (trigger.name,)


def wanted_theme(action: Action, trigger: Trigger) -> str:
    """The theme that what happened must be about; "" for any."""
    return action.theme if trigger.theme == "=" else trigger.theme


def counters_of(policy: Policy) -> Mapping[str, int]:
    """What the row must count for the policy's rules, triggers and models -> for how long (ms)."""
    asked = [found for lookup in policy.lookups.values() if (found := counter_of(lookup)) is not None]
    asked += [
        (touch_key(trigger.name, wanted_theme(action, trigger)), trigger.within)
        for action in policy.actions.values()
        for trigger in action.when
        if trigger.times
    ]
    asked += [(key, LONGEST_WINDOW) for key in answer_counters(policy.models.values())]
    longest: dict[str, int] = {}
    for key, window in asked:
        longest[key] = max(window, longest.get(key, 0))
    return longest


def _by_theme(entries: list[Entry]) -> Mapping[str, tuple[Entry, ...]]:
    themes = dict.fromkeys(["", *(wanted_theme(*entry) for entry in entries)])
    return {theme: tuple(e for e in entries if wanted_theme(*e) in ("", theme)) for theme in themes}


def _memory(policy: Policy) -> int:
    actions = policy.actions.values()
    spans = [a.cooldown for a in actions] + [t.after_max for a in actions for t in a.when]
    spans += [s.patience for journey in policy.journeys.values() for s in journey.stages.values()]
    spans += [lookup.window for lookup in policy.lookups.values() if lookup.function == "contacts"]
    explored = policy.arbitration.explored_within if policy.arbitration.explores else 0
    return max(policy.contact.longest_window, explored, *spans, 0)
