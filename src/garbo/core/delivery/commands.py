"""From a chosen action to its dispatcher's command: the message in the person's language, and what it names."""

import re
from collections.abc import Iterable, Mapping

from garbo.core.choice.arbitration import Candidate
from garbo.core.delivery.wording import worded
from garbo.core.gates import calendar
from garbo.core.gates.context import DecisionContext
from garbo.core.gates.reach import address
from garbo.core.party import consent
from garbo.core.policy.actions import Action, ActionClass
from garbo.core.vocabulary.effects import Deliver, Rider
from garbo.core.vocabulary.events import WIRE_NAMES

# Roles of household members whom a message does not name.
MINORS = frozenset({"child", "minor"})
AND: Mapping[str, str] = {"it": " e ", "en": " and "}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def language(context: DecisionContext) -> str:
    return context.party.language or context.policy.language


def parameters(
    context: DecisionContext, theme: str, promised_at: int, purposes: Iterable[str], named: Iterable[str] = ()
) -> dict[str, str]:
    """What a message may name, by the names of commands on Kafka (`WIRE_NAMES`). An unknown value is left out.

    purposes: of the action and its riders; a member of the household is named only if they permit each of them.
    named: the placeholders of the texts. An attribute that no text names does not leave the row.
    """
    party, spoken = context.party, language(context)
    found: dict[str, str] = {}
    if party.name:
        found["name"] = party.name
    if theme:
        known = context.policy.themes.get(theme)
        found[WIRE_NAMES["theme"]] = (known.label.get(spoken) if known else "") or theme.replace("_", " ")
    if promised_at:
        found["promised_time"] = calendar.local_text(promised_at, context.zone, spoken)
    if party.members:
        found["household"] = household(context, spoken, purposes)
    for name in named:
        attribute = context.policy.attributes.get(name)
        value = context.effect.attributes.get(name, party.attributes.get(name, "")) if attribute is not None else ""
        if attribute is not None and (said := worded(value, attribute.kind, spoken)):
            found[name] = said
    return found


def placeholders(templates: Mapping[str, str]) -> set[str]:
    """The names that the texts (by language) ask for."""
    return {name for text in templates.values() for name in _PLACEHOLDER.findall(text)}


def household(context: DecisionContext, spoken: str, purposes: Iterable[str]) -> str:
    """The adults of the household who may be named, the party first: "Ada, Ugo and Pia"."""
    party = context.party
    needed = {consent.PERSONAL_DATA}
    for purpose in purposes:
        own = context.policy.vocabulary.purposes
        needed.update(consent.needs(purpose, own) or (), context.policy.extra_consents.get(purpose, ()))
    names = [party.name] if party.name else []
    names += [m.name for m in party.members if m.name and m.role not in MINORS and needed.issubset(m.consents)]
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + AND.get(spoken, ", ") + names[-1]


def render(templates: Mapping[str, str], spoken: str, values: Mapping[str, str]) -> str:
    """The template in the language `spoken`, else the first one, with each `{placeholder}` replaced.

    Never `str.format`: a template could then read attributes of the values.
    """
    text = templates.get(spoken) or next(iter(templates.values()), "")
    if "{" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        return values.get(WIRE_NAMES.get(found[1], found[1]), "")

    text = _PLACEHOLDER.sub(value, text)  # one pass: a value is never a template
    text = " ".join(text.split())  # an unknown name leaves two spaces behind
    text = text.replace(" ,", ",").replace(" .", ".")
    if text.startswith(","):  # a greeting without a name: the sentence after it begins the message
        text = text.lstrip(", ")
        text = text[:1].upper() + text[1:]
    return text


def command(
    context: DecisionContext, made: Candidate, riders: list[Action], *, action_id: str, decision_id: str,
    promised_at: int, answers: tuple[str, ...],
) -> Deliver:  # fmt: skip
    """The command to make `made` now, with the offers that ride on it.

    Its validity counts from the event that it is about, unless it answers a need or had been planned for now.

    promised_at: the instant the message promises (ms), 0 for none. answers: kinds of need it answers.
    """
    spoken, action, theme, way = language(context), made.action, made.theme, made.treatment
    texts = [way.message, *((r.on(way.channel) or r.treatments[0]).message for r in riders)]
    named = sorted(set().union(*map(placeholders, texts)))
    values = parameters(context, theme, promised_at, [action.purpose, *(r.purpose for r in riders)], named)
    since = context.at if answers else min(context.since, context.at)
    return Deliver(
        action_id=action_id,
        decision_id=decision_id,
        party=context.party.id,
        channel=way.channel,
        action=action.name,
        action_class=action.action_class.value,
        purpose=action.purpose,
        theme=theme,
        at=context.at,
        expires_at=since + action.validity,
        address=""
        if action.internal or way.inbound
        else address(context.party, context.policy.vocabulary.channels.get(way.channel)),
        language=spoken,
        message=render(way.message, spoken, values),
        parameters=values,
        riders=tuple(
            Rider(
                action=r.name,
                purpose=r.purpose,
                theme=r.theme,
                message=render(text, spoken, values),
            )
            for r, text in zip(riders, texts[1:], strict=True)
        ),
        answers=answers,
        group=action.group,
        inbound=way.inbound,
    )


def carries_riders(action: Action) -> bool:
    """Only a service contact with a person may carry an offer."""
    return action.action_class is ActionClass.SERVICE and not action.internal
