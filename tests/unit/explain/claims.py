"""Does an answer to "why not?" agree with its record? Each claim is checked on record and catalogue, without the code
that answers."""

from garbo.core.policy.actions import Trigger
from garbo.core.policy.compiled import wanted_theme
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.reasons import Disposition
from garbo.explain.why_not import Answer, Why


def happened(entry: Trigger, given: DecisionRecord, policy: Policy) -> bool:
    """Did what this entry of a `when` waits for happen, whatever else it asks?"""
    point, named = given.point, entry.name == given.event_kind
    said = given.event_type != "consent" or given.event_detail == "granted"
    match entry.on:
        case "touchpoint" | "outcome" | "consent":
            return point in ("event", "need") and entry.on == given.event_type and named and said
        case "profile":
            return given.event_type == "profile"
        case "need" | "overdue":
            on = "overdue" if given.intent == "overdue" else "need"
            return point == "need" and entry.on == on and entry.name in given.causes
        case "proactive":
            return point == "proactive" and entry.name in (*given.causes, "")
    return point == entry.on == "inbound" and entry.name in ("", given.channel)


def agrees(answer: Answer, given: DecisionRecord, policy: Policy) -> bool:
    """Does what the answer claims hold in the record? Each claim is checked on the record and the catalogue alone."""
    action = policy.actions[answer.action]
    known = {s.action for s in given.scored} | {b.action for b in given.blocked} | {given.chosen, *given.riders}
    when = [entry for entry in action.when if happened(entry, given, policy)]
    match answer.why:
        case Why.NOT_DECIDED:
            return given.disposition is not Disposition.DECIDED
        case Why.CHOSEN:
            return given.chosen == answer.action and not given.confirmation
        case Why.CONFIRMED:
            return given.chosen == answer.action and given.confirmation == "confirmed"
        case Why.RODE:
            return answer.action in given.riders
        case Why.LOST | Why.DROPPED:
            return answer.scored in given.scored and answer.scored is not None and answer.scored.reason is not None
        case Why.HELD_BACK:
            return set(answer.blocked) == {b for b in given.blocked if b.action == answer.action} != set()
    if answer.action in known:
        return False
    match answer.why:
        case Why.NO_CONTACT:
            made = given.chosen and given.placed_at <= given.at and given.point != "inbound"
            chosen = policy.actions.get(given.chosen)
            return not made or chosen is None or chosen.action_class != "service" or chosen.internal
        case Why.OTHER_CONTACT:
            return given.chosen_channel not in action.rides_on
        case Why.ONLY_PLAN:
            return given.point == "planned" and given.confirmation in ("confirmed", "cancelled")
        case Why.ONLY_FOLLOW_UP | Why.NO_MOMENT:
            return {entry.on for entry in action.when} <= {"follow_up", "promise"}
        case Why.OTHER_POINT | Why.OTHER_EVENT:
            return not when
        case Why.NOT_SHOWN_HERE:
            return given.point == "inbound" and not any(
                t.inbound and t.channel == given.channel for t in action.treatments
            )
        case Why.ONLY_SHOWN:
            return given.point == "proactive" and all(t.inbound for t in action.treatments)
        case Why.LIFECYCLE:
            return (
                given.lifecycle not in answer.wanted
                and set(answer.wanted) == set(action.lifecycle)
                and (bool(when) or bool(action.rides_on))
            )
        case Why.STAGE:
            named = "loan" if (action.theme or given.theme) == "loan" else "all"
            stood = [f"{named}/"] if action.theme or given.theme else ["all/", "loan/"]
            where = [place for place in given.standing if place.startswith(tuple(stood))][:1]
            return (
                not {place.partition("/")[2] for place in where} & set(answer.wanted)
                and set(answer.wanted) == set(action.stages)
                and (bool(when) or bool(action.rides_on))
            )
        case Why.OTHER_JOURNEY:
            causes = {entry.name for entry in when}
            return bool(when) and not {f"{cause}/{name}" for cause in causes for name in answer.wanted} & {
                *given.struck
            }
        case Why.THEME:
            return bool(when) and given.theme not in {wanted_theme(action, entry) for entry in when}
        case Why.OTHER_ACTION:
            about = [entry for entry in when if wanted_theme(action, entry) in ("", given.theme)]
            return bool(about) and given.event_detail not in {entry.of_action for entry in about}
        case Why.OTHER_NEED:
            return bool(when) and (not set(action.answers) & set(given.causes) or action.theme not in ("", given.theme))
    return False
