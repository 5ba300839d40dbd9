"""A contact that failed is made on another channel, if the action has one: the choice stands."""

from garbo.core.party.event_effect import Planned
from garbo.core.party.state import Contact, Party, Pending, Plan
from garbo.core.policy.actions import Action


def has_another_way(party: Party, action: Action, failed: Pending, lines: list[Contact]) -> bool:
    """Is a failed contact made on another channel? lines: the contact's in the ledger.

    What answers a need is the floor's: the report may come late, when another answer is under way or has arrived. What
    was shown, or rode on a contact, was no contact of its own and becomes none.
    """
    tried = f"{action.name}/{failed.channel}"
    return not (action.answers or any(tried in n.tried for n in party.needs) or any(c.rider for c in lines))


def another_way(failed: Pending, lines: list[Contact]) -> Planned:
    """The action whose contact failed, to be made on the next of its treatments; the choice stands.

    lines: the contact's in the ledger. What the choice was about (a mere look, an exploration) stays so.
    """
    plan = Plan(
        channel="",
        probability=failed.probability,
        propensity=failed.propensity,
        model_version=failed.model_version,
        features=failed.features,
        explored=any(c.explored for c in lines),
        look=any(c.look for c in lines),
        tried=[*failed.tried, failed.channel],
        behavioural=failed.behavioural,
        contest=failed.contest,
        champion_probability=failed.champion_probability,
        challenger_probability=failed.challenger_probability,
        value=failed.value,
        cost=failed.cost,
    )
    return Planned(failed.action, "", plan, failed.theme)
