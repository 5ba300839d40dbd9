"""Which actions an event makes candidates. Silence is always one more, and needs no entry."""

from garbo.core.gates.gates import DecisionContext
from garbo.core.party import needs
from garbo.core.policy.actions import Action, Trigger
from garbo.core.policy.compiled import CompiledPolicy


def candidates(compiled: CompiledPolicy, moment: DecisionContext) -> list[Action]:
    """The catalogue's actions that `moment`'s triggers ask for, each once, in catalogue order of each trigger."""
    found: dict[str, Action] = {}
    timer = moment.asked.timer
    if timer is not None and timer.action:
        planned = compiled.policy.actions.get(timer.action)
        if planned is not None:  # else the policy no longer has it: nothing to decide, the record shows silence
            found[planned.name] = planned
    for key in moment.asked.triggers:
        for action, trigger in compiled.by_trigger.get(key, ()):
            if action.name not in found and _fits(action, trigger, moment):
                found[action.name] = action
    return list(found.values())


def _fits(action: Action, trigger: Trigger, moment: DecisionContext) -> bool:
    asked = moment.asked
    wanted = action.theme if trigger.theme == "=" else trigger.theme
    if wanted and wanted != asked.theme:
        return False
    if trigger.of_action and trigger.of_action != asked.of_action:
        return False
    if trigger.on in ("need", "overdue") and not any(needs.answers(action, n) for n in asked.due_needs):
        return False
    return not trigger.after_action or _silent_since(trigger, moment)


def _silent_since(trigger: Trigger, moment: DecisionContext) -> bool:
    """The named action went out long enough ago, and nobody has answered it: silence *plus* this event."""
    for pending in reversed(moment.party.pending):
        if pending.action == trigger.after_action:
            since = moment.at - pending.at
            return trigger.after_min <= since and (not trigger.after_max or since <= trigger.after_max)
    return False
