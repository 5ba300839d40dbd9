"""An action's `when`, from the words of the file to the core's triggers.

Rules
 1. Left out, it means inbound and proactive, as far as the action has treatments for them. It does not where another
    action plans this one, where it rides on others, or where it answers needs: then somebody must say which.
 2. `event` is short for one entry for each name under `decide_on`: the gates then see what happened, and whether it is
    behaviour, as they do for an entry that names it.
 3. Each entry with several names becomes one trigger for each.
 4. A trigger is behavioural when it looks at what the person did: a touchpoint of a behavioural kind, how often it
    happened, a silence after an action, the entry into a stage.
"""

from collections.abc import Collection, Iterator

from garbo.core.party.consent import CONSENTS
from garbo.core.policy.actions import Trigger
from garbo.core.policy.proactive import STAGE
from garbo.policy.schema.actions import ActionPart, ActionsFile, WhenPart
from garbo.policy.schema.documents import NeedsFile
from garbo.policy.schema.journey import JourneyFile

# What `decide_on` may name besides kinds, statuses and consents: a change of the profile.
PROFILE = "profile"

# The action itself is what was planned: the name of the entry adds nothing.
PLANNED = ("follow_up", "promise")


def behavioural_kinds(journey: JourneyFile, needs: NeedsFile) -> frozenset[str]:
    """The kinds of touchpoint that show what a person does. An explicit request does not.

    A request opens a need, asks what to show, or objects to marketing. A correction is by staff.
    """
    openers = {kind for need in needs.needs.values() for kind in need.opened_by}
    return frozenset(
        name
        for name, kind in journey.touchpoints.items()
        if (
            kind.behaviour
            if kind.behaviour is not None
            else kind.direction == "inbound"
            and name not in openers
            and not (kind.asks or kind.objects or kind.corrects)
        )
    )


def entries(name: str, action: ActionPart, file: ActionsFile) -> list[WhenPart]:
    """The entries of the action's `when`, also where it is left out."""
    if action.when or action.rides_on or action.answers or is_planned(name, file):
        return action.when
    found = []
    if any(way.inbound for way in action.ways):
        found.append(WhenPart(on="inbound"))
    if any(not way.inbound for way in action.ways):
        found.append(WhenPart(on="proactive"))
    return found


def is_planned(name: str, file: ActionsFile) -> bool:
    """Does another action plan it as a follow-up?"""
    return any(f.action == name for a in file.actions.values() for f in a.follow_ups)


def triggers(
    action: str, given: Collection[WhenPart], decide_on: Collection[str], journey: JourneyFile,
    behavioural: Collection[str], statuses: Collection[str],
) -> Iterator[Trigger]:  # fmt: skip
    """The triggers of the entries `given`. behavioural: `behavioural_kinds`. statuses: of outcomes."""
    for entry in given:
        for on, name in _happenings(action, entry, decide_on, journey, statuses):
            yield Trigger(
                on=on,
                name=name,
                theme=entry.theme,
                after_action=entry.after_action,
                after_min=entry.after_min,
                after_max=entry.after_max,
                of_action=entry.of_action,
                times=entry.times,
                within=entry.within,
                behavioural=bool(entry.after_action or entry.times or _shows(on, name, behavioural)),
            )


def _shows(on: str, name: str, behavioural: Collection[str]) -> bool:
    """Does what happens show what the person does? A stage is drawn from it; our own silence is not."""
    return (on == "touchpoint" and name in behavioural) or (on == "proactive" and name == STAGE)


def _happenings(
    action: str, entry: WhenPart, decide_on: Collection[str], journey: JourneyFile, statuses: Collection[str]
) -> Iterator[tuple[str, str]]:
    """What the entry is about, as (on, name)."""
    if entry.on == "event":
        for name in decide_on:
            if name in journey.touchpoints:
                yield "touchpoint", name
            if name in statuses:  # `complaint` may come as a touchpoint and as an outcome
                yield "outcome", name
            if name in CONSENTS:
                yield "consent", name
            if name == PROFILE:
                yield "profile", ""
    elif entry.on in PLANNED:
        yield entry.on, action
    else:
        for name in entry.name or [""]:
            yield entry.on, name
