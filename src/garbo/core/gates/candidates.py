"""Which actions an event makes candidates. Silence is always an option and needs no entry."""

from garbo.core.gates.context import DecisionContext
from garbo.core.party import needs
from garbo.core.policy.actions import Action, Trigger
from garbo.core.policy.compiled import CompiledPolicy


def candidates(compiled: CompiledPolicy, context: DecisionContext) -> list[Action]:
    """A fired timer's action first, then the actions that a trigger asks for: each once, in catalogue order."""
    found: dict[str, Action] = {}
    timer = context.effect.timer
    if timer is not None and timer.action:
        planned = compiled.policy.actions.get(timer.action)
        if planned is not None:  # a later policy may have dropped the action: the record then shows silence
            found[planned.name] = planned
    for key in context.effect.triggers:
        for action, trigger in compiled.by_trigger.get(key, ()):
            if action.name not in found and _fits(action, trigger, context):
                found[action.name] = action
    return list(found.values())


def _fits(action: Action, trigger: Trigger, context: DecisionContext) -> bool:
    effect = context.effect
    wanted = action.theme if trigger.theme == "=" else trigger.theme
    if wanted and wanted != effect.theme:
        return False
    if trigger.of_action and trigger.of_action != effect.of_action:
        return False
    if trigger.on in ("need", "overdue") and not any(needs.answers(action, n) for n in effect.due_needs):
        return False
    return not trigger.after_action or _silent_since(trigger, context)


def _silent_since(trigger: Trigger, context: DecisionContext) -> bool:
    """The named action was made within the trigger's span before now, and no outcome has answered it."""
    for pending in reversed(context.party.pending):
        if pending.action == trigger.after_action:
            since = context.at - pending.at
            return trigger.after_min <= since and (not trigger.after_max or since <= trigger.after_max)
    return False
