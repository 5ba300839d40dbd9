"""The features that the engine itself has for models: one table, docs/features.md.

Rules
 1. Each is named, typed and explained here, and nowhere else. `core.gates.features` reads those of the state,
    `core.scoring.features` those of the action.
 2. A name with an index, `state.days_since_contact.email`, is about one channel or one theme.
 3. All are built with the consents `profiling` and `personal_data` alone, also those that read no behaviour.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from garbo.core.policy.models import ACTION, STATE, Feature
from garbo.core.policy.vector import CATEGORY, NUMBER

CHANNEL: Final = "channel"
THEME: Final = "theme"


class EngineFeature(Struct, frozen=True):
    """index: "" | "channel" | "theme", what its name must end with. whole: it also exists without the index.
    behaviour: it says what the person does, or how the person has answered."""

    name: str
    kind: str
    source: str
    meaning: str
    index: str = ""
    whole: bool = False
    behaviour: bool = True


_STATE = (
    EngineFeature("state.days_since_contact", NUMBER, STATE, "days since the last contact", CHANNEL, whole=True),
    EngineFeature("state.contacts_30d", NUMBER, STATE, "contacts made in the last 30 days", CHANNEL, whole=True),
    EngineFeature("state.days_since_touch", NUMBER, STATE, "days since the person's last touch", CHANNEL, whole=True),
    EngineFeature(
        "state.days_since_positive", NUMBER, STATE, "days since a contact there was last opened, followed or accepted",
        CHANNEL,
    ),
    EngineFeature(
        "state.days_since_negative", NUMBER, STATE, "days since a contact there was last refused or complained about",
        CHANNEL,
    ),
    EngineFeature(
        "state.days_since_ignored", NUMBER, STATE, "days since a contact there was last left without an answer", CHANNEL
    ),
    EngineFeature("state.interest", NUMBER, STATE, "the interest in the theme now, which halves with time", THEME),
    EngineFeature("state.lifecycle", CATEGORY, STATE, "the life-cycle state"),
    EngineFeature("state.lifecycle_days", NUMBER, STATE, "days in that state"),
    EngineFeature(
        "state.stage", CATEGORY, STATE, "the stage in the journey of the event's theme, else in the one touched last"
    ),
    EngineFeature("state.stage_days", NUMBER, STATE, "days in that stage"),
    EngineFeature("state.pressure", NUMBER, STATE, "the pressure felt by the person now"),
    EngineFeature(
        "state.contacts_left", NUMBER, STATE,
        "marketing contacts that the caps on all marketing, or on all marketing on the channel, still leave now",
        CHANNEL, whole=True,
    ),
    EngineFeature("state.open_needs", NUMBER, STATE, "needs that wait for an answer"),
    EngineFeature("state.event", CATEGORY, STATE, "the kind of what has just happened"),
    EngineFeature("state.event_channel", CATEGORY, STATE, "the channel on which it happened"),
    EngineFeature("state.event_theme", CATEGORY, STATE, "what it was about"),
    EngineFeature("state.household_size", NUMBER, STATE, "known members of the household, the person included"),
    EngineFeature("state.hour", CATEGORY, STATE, "the hour where the person is, 0 to 23", behaviour=False),
    EngineFeature("state.weekday", CATEGORY, STATE, "the weekday there, 1 for Monday to 7", behaviour=False),
)  # fmt: skip

_ACTION = (
    EngineFeature("action.name", CATEGORY, ACTION, "its name, which says nothing of a new one", behaviour=False),
    EngineFeature("action.class", CATEGORY, ACTION, "its class", behaviour=False),
    EngineFeature("action.group", CATEGORY, ACTION, "its group", behaviour=False),
    EngineFeature("action.purpose", CATEGORY, ACTION, "its purpose", behaviour=False),
    EngineFeature("action.theme", CATEGORY, ACTION, "what it is about", behaviour=False),
    EngineFeature("action.channel", CATEGORY, ACTION, "the channel of the treatment", behaviour=False),
    EngineFeature("action.inbound", CATEGORY, ACTION, "yes if it is shown to who is there, else no", behaviour=False),
    EngineFeature("action.value", NUMBER, ACTION, "its value to the company in euro", behaviour=False),
    EngineFeature("action.value_customer", NUMBER, ACTION, "its value to the customer in euro", behaviour=False),
    EngineFeature("action.lever", NUMBER, ACTION, "its lever times its group's", behaviour=False),
    EngineFeature("action.interest", NUMBER, ACTION, "the person's interest in its theme now"),
)

CATALOGUE: Final[Mapping[str, EngineFeature]] = {f.name: f for f in (*_STATE, *_ACTION)}


def feature(name: str, source: str) -> Feature:
    """The feature as a model has it. Its name has been checked (`names`)."""
    return Feature(name, CATALOGUE[base(name)].kind, source)


def known(name: str) -> bool:
    """Does the engine have a feature of that name, whatever its index?"""
    return base(name) in CATALOGUE


def base(name: str) -> str:
    """The name without its index."""
    head, _, rest = name.partition(".")
    return f"{head}.{rest.partition('.')[0]}"


def index(name: str) -> str:
    """The channel or the theme at the end of the name; "" for none."""
    return name.partition(".")[2].partition(".")[2]


def names(source: str, channels: Iterable[str], themes: Iterable[str]) -> list[str]:
    """Every name of that source in a policy with these `channels` and `themes`."""
    found, over = [], {CHANNEL: tuple(channels), THEME: tuple(themes)}
    for one in CATALOGUE.values():
        if one.source != source:
            continue
        if not one.index or one.whole:
            found.append(one.name)
        found += [f"{one.name}.{name}" for name in over.get(one.index, ())]
    return found
