"""A decision on the map: where its event puts the party, and what the decision says of the stage where it stands.

Both become facts of journey-flows.
"""

from collections.abc import Sequence

from garbo.core.choice.arbitration import Choice
from garbo.core.delivery import obstacles
from garbo.core.delivery.planning import ExecutionResult
from garbo.core.gates.context import DecisionContext
from garbo.core.gates.situation import situation
from garbo.core.journeys.instance import order
from garbo.core.party import placement, responses
from garbo.core.party.state import Party
from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.journey_map import HELD
from garbo.core.vocabulary.effects import Blocked, Flow
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, PartyEvent, ProfileUpdate


def place(context: DecisionContext, event: PartyEvent, compiled: CompiledPolicy, fingerprint: int) -> list[Flow]:
    """Where what happened puts the party on the map, and what it says of the person's answer where it stood."""
    party, effect, map_ = context.party, context.effect, compiled.map
    if not map_.courses:
        return []
    if not effect.happened:
        if map_.exiting and party.journeys and isinstance(event.body, (ProfileUpdate, ConsentChange)):
            now = situation(context, map_, "")
            return placement.changed(party, map_, fingerprint, min(event.at, context.at), now.exits)
        return []
    at, kind, about, channel = min(event.at, context.at), effect.happened, effect.about, effect.channel
    if isinstance(event.body, ActionOutcome):
        flows = responses.reported(party, compiled, at, kind, about, channel, effect.of_action, effect.delivers)
    else:
        flows = responses.said(party, compiled, at, kind, effect.tone, about, channel)
    if not (map_.exiting or placement.concerns(map_, kind, about)):
        return flows
    now = situation(context, map_, about)
    return flows + placement.happened(party, map_, fingerprint, at, kind, about, channel, now)


def stood(party: Party) -> tuple[str, ...]:
    """Where the party stands: "journey/stage", the journey touched last first."""
    opened = [i for i in party.journeys if i.stage]
    if len(opened) > 1:
        opened.sort(key=order, reverse=True)
    return tuple([f"{i.journey}/{i.stage}" for i in opened])


def remark(
    context: DecisionContext, fingerprint: int, choice: Choice, riders: Choice,
    result: ExecutionResult | None, blocked: Sequence[Blocked],
) -> list[Flow]:  # fmt: skip
    """Tell the map what the decision made of the actions that lead on."""
    flows: list[Flow] = []
    if not context.party.journeys:
        return flows
    for journey, kind, detail in list(obstacles.remarks(context, choice, riders, result, blocked)):
        tell = placement.held if kind == HELD else placement.answered
        flows += tell(context.party, context.map, fingerprint, context.at, journey, detail)
    return flows
