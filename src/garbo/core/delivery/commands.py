"""From a chosen action to the command its dispatcher gets: the message in the person's language, what it names."""

import re
from collections.abc import Mapping

from garbo.core.gates import calendar
from garbo.core.gates.gates import DecisionContext, address
from garbo.core.party.state import Party
from garbo.core.policy.actions import Action, ActionClass
from garbo.core.vocabulary.effects import Deliver, Rider

# Roles of a household whom an offer does not name.
MINORS = frozenset({"child", "minor"})
AND: Mapping[str, str] = {"it": " e ", "en": " and "}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def language(moment: DecisionContext) -> str:
    return moment.party.language or moment.policy.language


def parameters(moment: DecisionContext, theme: str, promised_at: int) -> dict[str, str]:
    """What a message may name. Only what is known is there; an unknown placeholder is rendered as nothing."""
    party, spoken = moment.party, language(moment)
    found: dict[str, str] = {}
    if party.name:
        found["name"] = party.name
    if theme:
        known = moment.policy.themes.get(theme)
        found["theme"] = (known.label.get(spoken) if known else "") or theme.replace("_", " ")
    if promised_at:
        found["promised_time"] = calendar.local_text(promised_at, moment.zone, spoken)
    if party.members:
        found["household"] = household(party, spoken)
    for name in ("branch", "operator"):
        value = moment.asked.attributes.get(name, party.attributes.get(name, ""))
        if value:
            found[name] = str(value)
    return found


def household(party: Party, spoken: str) -> str:
    """The adults of the household, the party first."""
    names = [party.name] if party.name else []
    names += [m.name for m in party.members if m.name and m.role not in MINORS]
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + AND.get(spoken, ", ") + names[-1]


def render(templates: Mapping[str, str], spoken: str, values: Mapping[str, str]) -> str:
    """`templates` by language, `{placeholder}` replaced; never `str.format`, which would read attributes."""
    text = templates.get(spoken) or next(iter(templates.values()), "")
    if "{" not in text:
        return text
    text = _PLACEHOLDER.sub(lambda found: values.get(found[1], ""), text)  # one pass: values are never templates
    text = " ".join(text.split())  # what an unknown name leaves behind
    return text.replace(" ,", ",").replace(" .", ".")


def command(
    moment: DecisionContext, action: Action, riders: list[Action], *, action_id: str, decision_id: str, theme: str,
    promised_at: int, answers: tuple[str, ...],
) -> Deliver:  # fmt: skip
    """The command for `action` at this moment, with the offers that ride on it."""
    spoken = language(moment)
    values = parameters(moment, theme, promised_at)
    return Deliver(
        action_id,
        decision_id,
        moment.party.id,
        action.channel,
        action.name,
        action.action_class.value,
        action.purpose,
        theme,
        moment.at,
        moment.at + action.validity,
        "" if action.internal else address(moment.party, action.channel),
        spoken,
        render(action.message, spoken, values),
        values,
        tuple(Rider(r.name, r.purpose, r.theme, render(r.message, spoken, values)) for r in riders),
        answers,
    )


def carries_riders(action: Action) -> bool:
    """Only a service contact with a person may carry an offer."""
    return action.action_class is ActionClass.SERVICE and not action.internal
