"""The decision record: what was chosen and why, and why not the rest. Each event on a party's log has exactly one."""

from garbo.core.choice import arbitration
from garbo.core.choice.arbitration import Choice
from garbo.core.delivery.planning import ExecutionResult
from garbo.core.gates.context import DecisionContext
from garbo.core.party.state import Party
from garbo.core.vocabulary import ids
from garbo.core.vocabulary.effects import Blocked, DecisionRecord, NeedClosed
from garbo.core.vocabulary.events import PartyEvent, type_of
from garbo.core.vocabulary.reasons import Disposition

# What the event's own kind does not tell: which needs were due, and what the party's clock had reached.
CAUSES = frozenset({"need", "overdue", "proactive"})


def decided(
    context: DecisionContext, event: PartyEvent, choice: Choice, riders: Choice, result: ExecutionResult | None, *,
    decision_id: str, blocked: list[Blocked], closed: list[NeedClosed], pressure: float, seed: int, fallback: bool,
    confirmation: str,
) -> DecisionRecord:  # fmt: skip
    """The record of a decision. result: None for silence. pressure: felt by the party before the decision."""
    party, weights, timer = context.party, context.policy.arbitration, context.effect.timer
    versions = [c.version for c in choice.scored + riders.scored if c.version]
    versions += [s.other.name for s in choice.stands if s.other.answered]
    effect, chosen = context.effect, choice.chosen
    scored = arbitration.recorded(choice, pressure, weights)
    return DecisionRecord(
        decision_id=decision_id,
        party=party.id,
        event_id=event.event_id,
        event_type=type_of(event.body),
        event_kind=context.effect.kind,
        occurred_at=event.at,
        at=context.at,
        disposition=Disposition.DECIDED,
        policy_version=context.policy.version,
        model_version=versions[0] if versions else "",
        chosen=choice.chosen.action.name if choice.chosen else "",
        action_id=result.action_id if result else "",
        placed_at=result.placed_at if result else 0,
        intent=timer.intent if timer else "",
        riders=(riders.chosen.action.name,) if riders.chosen else (),
        scored=scored + arbitration.recorded(riders, pressure, weights),
        blocked=tuple(blocked),
        needs_closed=tuple(closed),
        seed=seed,
        explored=choice.explored,
        silence_probability=choice.silence_probability,
        age_ms=context.age,
        fallback=fallback,
        lifecycle=party.lifecycle,
        stage=party.stage,
        pressure=pressure,
        models=tuple(sorted({*versions, *effect.models})) if versions or effect.models else (),
        point=effect.point.value,
        theme=effect.theme,
        channel=effect.channel,
        chosen_channel=chosen.treatment.channel if chosen else "",
        confirmation=confirmation,
        held_out=context.held_out,
        hold_out_share=context.policy.hold_out.share,
        event_detail=effect.detail,
        numbers=context.vector.numbers if context.vector is not None else (),
        words=context.vector.words if context.vector is not None else (),
        causes=tuple(name for on, name in effect.triggers if name and on in CAUSES) if effect.triggers else (),
        lineups=arbitration.lineups_of(choice, riders),
        feedback=context.policy.feedback.week,
        standing=context.stood,
        struck=tuple(f"{cause}/{name}" for cause, names in effect.struck.items() for name in names)
        if effect.struck
        else (),
    )


def ended(
    party: Party, event: PartyEvent, at: int, disposition: Disposition, *, policy_version: str, age_ms: int
) -> DecisionRecord:
    """The record of an event that was not decided on here: a duplicate, or an event of a party that moved."""
    return DecisionRecord(
        decision_id=ids.decision_id(party.id, event.event_id),
        party=party.id,
        event_id=event.event_id,
        event_type=type_of(event.body),
        event_kind="",
        occurred_at=event.at,
        at=at,
        disposition=disposition,
        policy_version=policy_version,
        age_ms=age_ms,
        lifecycle=party.lifecycle,
        stage=party.stage,
    )
