"""The policy with the indices a decision uses."""

from collections.abc import Mapping

from msgspec import Struct

from garbo.core.policy.actions import Action, Trigger
from garbo.core.policy.journey import StageRule
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.policy import Policy


class CompiledPolicy(Struct, frozen=True):
    """A policy with the indices decide uses.

    by_trigger: (trigger's on, name) -> (action, trigger) pairs in catalogue order. moves: what happened -> the
    journey's rules for it. openers: kind of touchpoint -> the need it opens. memory: how long the contact ledger must
    remember (ms): the longest window, cooldown, or silence a trigger waits for.
    """

    policy: Policy
    by_trigger: Mapping[tuple[str, str], tuple[tuple[Action, Trigger], ...]]
    riders: tuple[Action, ...]
    moves: Mapping[str, tuple[StageRule, ...]]
    openers: Mapping[str, NeedKind]
    memory: int


def compiled(policy: Policy) -> CompiledPolicy:
    """Index `policy`'s actions by what triggers them."""
    index: dict[tuple[str, str], list[tuple[Action, Trigger]]] = {}
    for action in policy.actions.values():
        if not action.rides_on:
            for trigger in action.triggers:
                index.setdefault((trigger.on, trigger.name), []).append((action, trigger))
    riders = tuple(a for a in policy.actions.values() if a.rides_on)
    moves: dict[str, list[StageRule]] = {}
    for rule in policy.stage_rules:
        moves.setdefault(rule.trigger, []).append(rule)
    openers: dict[str, NeedKind] = {}
    for need in policy.needs.values():
        for kind in need.opened_by:
            openers.setdefault(kind, need)
    return CompiledPolicy(
        policy=policy,
        by_trigger={k: tuple(v) for k, v in index.items()},
        riders=riders,
        moves={k: tuple(v) for k, v in moves.items()},
        openers=openers,
        memory=_memory(policy),
    )


def _memory(policy: Policy) -> int:
    actions = policy.actions.values()
    spans = [a.cooldown for a in actions] + [t.after_max for a in actions for t in a.triggers]
    return max(policy.contact.longest_window, *spans, 0)
