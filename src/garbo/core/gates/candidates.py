"""Which actions an event makes candidates. Silence is always an option and needs no entry."""

from typing import NamedTuple

from garbo.core.gates.context import DecisionContext
from garbo.core.gates.standing import stage_for
from garbo.core.party import counters, needs
from garbo.core.policy.actions import Action, Trigger
from garbo.core.policy.compiled import CompiledPolicy, wanted_theme
from garbo.core.policy.lookups import touch_key
from garbo.core.policy.proactive import PATIENCE, STAGE
from garbo.core.vocabulary.effects import Blocked
from garbo.core.vocabulary.reasons import Reason


class Candidacy(NamedTuple):
    """An action that competes, and the entry of its `when` that says so."""

    action: Action
    trigger: Trigger


def candidates(compiled: CompiledPolicy, context: DecisionContext) -> tuple[list[Candidacy], list[Blocked]]:
    """The actions that compete, each once, in catalogue order; and those whose entry has a condition that fails."""
    found: dict[str, Candidacy] = {}
    unmet: dict[str, Blocked] = {}
    party, theme = context.party, context.effect.theme
    for on, name in context.effect.triggers:
        for action, trigger in compiled.competing(on, name, party.lifecycle, theme):
            if action.stages and stage_for(context, action) not in action.stages:
                continue
            known = found.get(action.name)
            if known is not None and (trigger.behavioural or not known.trigger.behavioural):
                continue  # an entry that reads no behaviour asks for less: it stands for the action
            if not _concerns(action, trigger, context):
                continue
            failed = _unmet(action, trigger, context)
            if failed:
                unmet.setdefault(action.name, Blocked(action.name, Reason.CONDITION, failed))
            else:
                found[action.name] = Candidacy(action, trigger)
    return list(found.values()), [b for name, b in unmet.items() if name not in found] if unmet else []


def _concerns(action: Action, trigger: Trigger, context: DecisionContext) -> bool:
    effect = context.effect
    if trigger.of_action and trigger.of_action != effect.of_action:
        return False
    if trigger.on == "proactive" and trigger.name in (STAGE, PATIENCE) and not _struck(action, trigger.name, context):
        return False
    return trigger.on not in ("need", "overdue") or any(needs.answers(action, n) for n in effect.due_needs)


def _struck(action: Action, cause: str, context: DecisionContext) -> bool:
    """Does the cause apply in the journey of the action's theme? An action for no journey is for any."""
    course = context.map.course(action.theme)
    return course is None or course.name in context.effect.struck.get(cause, ())


def _unmet(action: Action, trigger: Trigger, context: DecisionContext) -> str:
    """The condition of the entry that does not hold; empty when all do."""
    if trigger.after_action and not _silent_since(trigger, context):
        return f"after_action {trigger.after_action}"
    if trigger.times and _happened(action, trigger, context) < trigger.times:
        return f"times {trigger.times}"
    return ""


def _silent_since(trigger: Trigger, context: DecisionContext) -> bool:
    """The named action was made within the trigger's span before now, and no outcome has answered it."""
    for pending in reversed(context.party.pending):
        if pending.action == trigger.after_action and not pending.answered:
            since = context.at - pending.at
            return trigger.after_min <= since and (not trigger.after_max or since <= trigger.after_max)
    return False


def _happened(action: Action, trigger: Trigger, context: DecisionContext) -> int:
    """How often it happened within the trigger's span, as far as the row counts."""
    key = touch_key(trigger.name, wanted_theme(action, trigger))
    return counters.count(context.party, key, context.at - trigger.within)
