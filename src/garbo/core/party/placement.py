"""Where the party stands: the steps of `core.journeys.placement`, applied to the row and reported as flows."""

from garbo.core.journeys.placement import Step, lifecycle_steps, stage_step
from garbo.core.party.state import Party
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.vocabulary import Vocabulary
from garbo.core.vocabulary.effects import Flow


def advance(party: Party, compiled: CompiledPolicy, trigger: str, theme: str, at: int) -> list[Flow]:
    """Move `party` by what happened (a touchpoint's kind or an outcome's status); returns the flows."""
    flows: list[Flow] = []
    target = compiled.policy.lifecycle.get(trigger)
    if target is not None and target != party.lifecycle:
        flows += move_lifecycle(party, target, trigger, at, compiled.policy.vocabulary)
    rules = compiled.moves.get(trigger)
    step = stage_step(party.stage, party.stage_since, rules, theme, at) if rules else None
    if step is not None:
        party.stage, party.stage_since = step.target, at
        flows.append(_flow(party, step, trigger, at))
    return flows


def move_lifecycle(party: Party, target: str, trigger: str, at: int, words: Vocabulary) -> list[Flow]:
    """Go to `target` through every legal step; an illegal move changes nothing."""
    flows = []
    for step in lifecycle_steps(words, party.lifecycle, party.lifecycle_since, target, at):
        party.lifecycle, party.lifecycle_since = step.target, at
        flows.append(_flow(party, step, trigger, at))
    return flows


def _flow(party: Party, step: Step, trigger: str, at: int) -> Flow:
    return Flow(
        party=party.id, at=at, axis=step.axis, origin=step.origin, target=step.target, trigger=trigger,
        dwell_ms=step.dwell_ms,
    )  # fmt: skip
