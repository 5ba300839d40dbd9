"""Where the party stands: life cycle and journey stage, moved by the policy's transition tables."""

from garbo.core.party import lifecycle
from garbo.core.party.state import Party
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.vocabulary.effects import Flow


def advance(party: Party, compiled: CompiledPolicy, trigger: str, theme: str, at: int) -> list[Flow]:
    """Move `party` by what happened (a touchpoint's kind or an outcome's status); returns the flows."""
    flows: list[Flow] = []
    target = compiled.policy.lifecycle.get(trigger)
    if target is not None and target != party.lifecycle:
        flows += move_lifecycle(party, target, trigger, at)
    for rule in compiled.moves.get(trigger, ()):
        if rule.origin in ("*", party.stage) and rule.target != party.stage and rule.theme in ("", theme):
            dwell = at - party.stage_since if party.stage_since else 0
            flows.append(Flow(party.id, at, "journey", party.stage, rule.target, trigger, max(dwell, 0)))
            party.stage, party.stage_since = rule.target, at
            break
    return flows


def move_lifecycle(party: Party, target: str, trigger: str, at: int) -> list[Flow]:
    """Go to `target` through every legal step; an illegal move changes nothing."""
    flows = []
    for step in lifecycle.steps(party.lifecycle, target):
        dwell = at - party.lifecycle_since if party.lifecycle_since else 0
        flows.append(Flow(party.id, at, "lifecycle", party.lifecycle, step, trigger, max(dwell, 0)))
        party.lifecycle, party.lifecycle_since = step, at
    return flows
