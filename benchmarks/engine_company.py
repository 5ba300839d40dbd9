"""A company whose policy is written by code, so that a narrowing can be planted in it.

Two journeys, seven stages, three channels of entry, three segments. Each company has its own rates of every obstacle at
every stage, its own opening hours and delays. A plant changes the policy, or what customers gave, as at a bank:

    rule         another clause of eligibility on the stage's action
    cap          another system's campaign uses up the daily contact of the stage's purpose
    consent      the action needs a second consent, and so many did not give it
    capacity     the action goes out by a desk with few slots a day
    unreachable  the action goes out by the desk, and so many never gave the address that it needs
    slow         the action goes out by the desk, which is seldom open
    negative     customers refuse

A plant holds for all, for one channel of entry or for one segment.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from garbo.core.party.consent import CONSENTS

CHANNELS: Final = ("web", "app", "call_centre")
OWN_CHANNEL: Final = (0.45, 0.33, 0.22)
SEGMENTS: Final = ("young", "family", "senior")
SEGMENT: Final = {"young": "age < 30", "family": "age >= 30 && age < 60", "senior": "age >= 60"}
OTHERS: Final = {"young": "age >= 30", "family": "(age < 30 || age >= 60)", "senior": "age < 60"}
DESK: Final = "desk"
DESKS: Final = ("capacity", "unreachable", "slow")
"""Causes whose actions go out by the desk."""
CAREFUL: Final = "_careful"
"""The end of a purpose that needs a second consent."""
SECOND: Final = "satisfaction"
GOAL: Final = "won"
SERVICE, MARKETING = "service", "marketing"


class Stage(NamedTuple):
    """due: the class of what the company owes there. onward: logit of going on once answered. patience:
    days. within: hours, as the map promises. think: hours, median."""

    name: str
    due: str
    onward: float
    patience: int
    within: int = 24
    think: float = 20.0


JOURNEYS: Final[Mapping[str, tuple[float, tuple[Stage, ...]]]] = {
    "card": (0.6, (
        Stage("consideration", MARKETING, 1.1, 6, 24, 22),
        Stage("enquiry", SERVICE, 1.5, 4, 8, 14),
        Stage("proposal", MARKETING, 0.8, 6, 36, 26),
        Stage("decision", SERVICE, 1.6, 5, 24, 16))),
    "pension": (0.6, (
        Stage("consideration", MARKETING, 1.0, 8, 36, 28),
        Stage("proposal", MARKETING, 0.7, 8, 48, 30),
        Stage("appointment", SERVICE, 1.4, 6, 36, 22))),
}  # fmt: skip
"""Journey -> the share of the parties that start it, and its open stages."""

BACKGROUND: Final = {"rule": 0.05, "unreachable": 0.03, "cap": 0.05, "negative": 0.06}
FORECAST: Final[Mapping[str, Mapping[str, float]]] = {
    "card": {"web": 8.8, "app": 7.0, "call_centre": 5.4},
    "pension": {"web": 7.0, "app": 6.1, "call_centre": 4.6},
}
"""Contacts a day for 1,000 parties, as planners forecast them. The slots of a channel follow."""
ROOM: Final = 1.2
"""Slots for each contact of the forecast."""
MARKETING_ONLY: Final = ("consent", "cap")
KINDS: Final = ("rule", "cap", "consent", "capacity", "unreachable", "slow", "negative")

HOURS: Final[Sequence[Mapping[str, Any]]] = (
    {"from": "12:00", "to": "10:00", "closed": ["monday", "wednesday", "friday", "saturday", "sunday"]},
    {"from": "13:00", "to": "09:00", "closed": ["tuesday", "wednesday", "thursday", "saturday", "sunday"]},
    {"from": "18:00", "to": "09:00", "closed": ["tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]},
    {"from": "12:00", "to": "09:00", "closed": ["monday", "tuesday", "wednesday", "friday", "saturday", "sunday"]},
)
"""When a desk that is seldom open is closed: it opens on two days a week, or on one."""


@dataclass(frozen=True)
class Plant:
    """A narrowing. size: a share of visits or parties; of `slow` it picks the hours. channel, segment: "": all.

    slots: of `capacity`, contacts a day for 1,000 parties.
    """

    cause: str
    journey: str
    stage: str
    size: float
    channel: str = ""
    segment: str = ""
    slots: float = 0.0

    @property
    def place(self) -> tuple[str, str]:
        return self.journey, self.stage

    def hits(self, channel: str, segment: str) -> bool:
        return self.channel in ("", channel) and self.segment in ("", segment)


class Company:
    """What is peculiar to one company. The analysis is never given it."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 1])
        self.seed = seed
        self.segment = dict(zip(SEGMENTS, rng.normal(0, 0.25, 3).tolist(), strict=True))
        self.channel = dict(zip(CHANNELS, rng.normal(0, 0.20, 3).tolist(), strict=True))
        self.refuses = dict(zip(SEGMENTS, np.clip(rng.normal([0.15, 0.2, 0.25], 0.04), 0.05, 0.5), strict=True))
        self.withheld = {c: float(BACKGROUND["unreachable"] * np.exp(rng.normal(0, 0.35))) for c in CHANNELS}
        self.slack = {c: float(np.exp(rng.normal(0, 0.05))) for c in CHANNELS}
        self.opens = {c: int(hour) for c, hour in zip(CHANNELS, rng.integers(6, 10, 3), strict=True)}
        self.closes = {c: int(hour) for c, hour in zip(CHANNELS, rng.integers(18, 22, 3), strict=True)}
        self.rate: dict[tuple[str, str, str], float] = {}
        self.taste: dict[tuple[str, str, str, str], float] = {}
        self.delay: dict[tuple[str, str], int] = {}
        for journey, stage in stages():
            for cause, level in BACKGROUND.items():
                self.rate[cause, journey, stage.name] = float(level * np.exp(rng.normal(0, 0.35)))
            self.delay[journey, stage.name] = int(rng.choice([0, 0, 0, 60, 180]))
            for segment in SEGMENTS:
                for channel in CHANNELS:
                    self.taste[journey, stage.name, segment, channel] = float(rng.normal(0, 0.12))


def stages() -> Iterator[tuple[str, Stage]]:
    for journey, (_, found) in JOURNEYS.items():
        for stage in found:
            yield journey, stage


def kind_of(stage: str, channel: str) -> str:
    """The kind of touchpoint by which a customer enters a stage on a channel."""
    return f"{stage}_{channel}"


def purpose_of(journey: str, stage: str) -> str:
    return f"{journey}_{stage}_offer"


def address_of(channel: str) -> str:
    """The kind of identifier that a channel needs."""
    return f"{channel}_address"


def policy_texts(
    company: Company, plant: Plant | None, parties: int, journeys: Sequence[str] = tuple(JOURNEYS)
) -> dict[str, str]:
    """The ten files of the company's policy, with the plant in it. parties, journeys: for the slots of the channels."""
    files = {
        "policy.yaml": _policy(company, plant, parties, journeys),
        "journey.yaml": _journey(plant),
        "themes.yaml": {"themes": {journey: {"label": {"en": journey}} for journey in JOURNEYS}},
        "needs.yaml": {"needs": {}},
        "attributes.yaml": {"attributes": {
            "age": {"kind": "int", "default": 0},
            "form": {"kind": "int", "default": 0, "meaning": "how complete the form is, in 1,000"},
            "proof": {"kind": "int", "default": 0, "meaning": "how good the proofs are, in 1,000"},
        }},
        "consents.yaml": {"consents": {
            name: {"label": {"en": name}, "article": "GDPR art. 6", "mandatory": name == "personal_data"}
            for name in CONSENTS
        }},
        "models.yaml": {"models": {}},
        "actions.yaml": _actions(company, plant),
        "contact_policy.yaml": _contact_policy(company, plant),
        "vocabulary.yaml": _vocabulary(plant),
    }  # fmt: skip
    return {name: json.dumps(content, indent=1) for name, content in files.items()}


def _policy(company: Company, plant: Plant | None, parties: int, journeys: Sequence[str]) -> dict[str, Any]:
    busy = {c: sum(FORECAST[journey][c] for journey in journeys) for c in CHANNELS}
    slots = {c: max(1, round(ROOM * busy[c] * company.slack[c] * parties / 1000)) for c in CHANNELS}
    if plant is not None and plant.cause == "capacity":
        slots[DESK] = max(1, round(plant.slots * parties / 1000))
    return {
        "name": "company", "zone": "UTC", "country": "IT", "languages": ["en"],
        "channels": {channel: {"capacity": {"at_most": n, "per": "day"}} for channel, n in slots.items()},
        "arbitration": {"customer_weight": 0, "pressure_weight": 0, "exploration": 0, "silence_score": 0},
    }  # fmt: skip


def _journey(plant: Plant | None) -> dict[str, Any]:
    names = list(dict.fromkeys(stage.name for _, stage in stages()))
    kinds = {
        kind_of(name, channel): {"meaning": name, "channels": [channel], "behaviour": False}
        for name in [*names, GOAL] for channel in CHANNELS
    }  # fmt: skip
    campaign = {"meaning": "a campaign of another system", "channels": [*CHANNELS], "direction": "outbound"}
    return {
        "touchpoints": {**kinds, "campaign": campaign},
        "lifecycle": {},
        "segments": SEGMENT,
        "journeys": {journey: _course(journey, found, plant) for journey, (_, found) in JOURNEYS.items()},
    }


def _course(journey: str, found: Sequence[Stage], plant: Plant | None) -> dict[str, Any]:
    names = [stage.name for stage in found]
    moves = []
    for place, name in enumerate(names):
        origin = ([] if place else ["start"]) + ([names[place - 1]] if place else []) + names[place + 1 : place + 2]
        moves.append({"from": origin, "on": [kind_of(name, c) for c in CHANNELS], "to": name})
    moves.append({"from": names[-1], "on": [kind_of(GOAL, c) for c in CHANNELS], "to": GOAL})
    return {
        "label": {"en": journey}, "themes": [journey], "ideal": [*names, GOAL], "goal": {"stage": GOAL},
        "stages": {
            stage.name: {
                "label": {"en": stage.name}, "turn": "company",
                "patience": f"{stage.patience}d",
                "advance": [name for c in CHANNELS for name, _ in _ways(journey, stage, c, plant)],
                "expect": {"within": f"{stage.within}h"},
            }
            for stage in found
        } | {GOAL: {"label": {"en": GOAL}}},
        "moves": moves,
    }  # fmt: skip


def _ways(journey: str, stage: Stage, channel: str, plant: Plant | None) -> list[tuple[str, Plant | None]]:
    """The actions owed to who enters on `channel`, each with the plant that is in it.

    A segment with a desk of its own has an action of its own; nobody gets both.
    """
    name = f"{journey}_{stage.name}_{channel}"
    if plant is None or plant.place != (journey, stage.name) or plant.channel not in ("", channel):
        return [(name, None)]
    if plant.segment and plant.cause in ("capacity", "slow"):
        return [(name, None), (f"{name}_{plant.segment}", plant)]
    return [(name, plant)]


def _actions(company: Company, plant: Plant | None) -> dict[str, Any]:
    actions = {}
    for journey, stage in stages():
        for channel in CHANNELS:
            ways = _ways(journey, stage, channel, plant)
            for name, planted in ways:
                action = _action(company, journey, stage, channel, planted)
                if len(ways) > 1 and plant is not None:
                    whose = (SEGMENT if planted else OTHERS)[plant.segment]
                    action["eligibility"] += f" && {whose}"
                actions[name] = action
    groups = {journey: {"label": {"en": journey}} for journey in JOURNEYS}
    return {"groups": groups, "actions": actions}


def _action(company: Company, journey: str, stage: Stage, channel: str, plant: Plant | None) -> dict[str, Any]:
    cause = plant.cause if plant is not None else ""
    rules = [f"form >= {round(1000 * company.rate['rule', journey, stage.name])}"]
    purpose = purpose_of(journey, stage.name) if stage.due == MARKETING else "service_request"
    if plant is not None and cause == "rule":
        clause = f"proof >= {round(1000 * plant.size)}"
        rules.append(f"({OTHERS[plant.segment]} || {clause})" if plant.segment else clause)
    elif cause == "consent":
        purpose += CAREFUL
    action: dict[str, Any] = {
        "class": stage.due, "purpose": purpose, "theme": journey,
        "when": [{"on": "touchpoint", "name": kind_of(stage.name, channel), "theme": "="}],
        "eligibility": " && ".join(rules), "validity": "14d", "title": {"en": stage.name},
        "channel": DESK if cause in DESKS else channel, "message": {"en": stage.name},
    }  # fmt: skip
    if stage.due == MARKETING:
        action |= {"group": journey, "value_company": 1}
    if delay := company.delay[journey, stage.name]:
        action["placement"] = {"delay": f"{delay}m"}
    return action


def _contact_policy(company: Company, plant: Plant | None) -> dict[str, Any]:
    quiet = {
        channel: {"from": f"{company.closes[channel]}:00", "to": f"0{company.opens[channel]}:00"}
        for channel in CHANNELS
    }
    if plant is not None and plant.cause == "slow":
        quiet[DESK] = dict(HOURS[int(plant.size * len(HOURS))])
    purposes = _vocabulary(plant)["purposes"]
    caps = [
        {"name": f"one_{purpose_of(journey, stage.name)}", "at_most": 1, "window": "1d",
         "purposes": [name for name in purposes if name.startswith(purpose_of(journey, stage.name))]}
        for journey, stage in stages() if stage.due == MARKETING
    ]  # fmt: skip
    return {
        "caps": caps, "quiet_hours": quiet, "pressure": {"contact_weights": dict.fromkeys([*CHANNELS, DESK], 0.1)},
    }  # fmt: skip


def _vocabulary(plant: Plant | None) -> dict[str, Any]:
    channels: dict[str, Any] = {channel: {"addresses": [address_of(channel)]} for channel in CHANNELS}
    desk = plant is not None and plant.cause == "unreachable"
    channels[DESK] = {"addresses": [address_of(DESK)]} if desk else {}
    purposes = {}
    for journey, stage in stages():
        if stage.due == MARKETING:
            purposes[purpose_of(journey, stage.name)] = {"consents": ["own_promotion"]}
    if plant is not None and plant.cause == "consent":
        purposes[purpose_of(*plant.place) + CAREFUL] = {"consents": ["own_promotion", SECOND]}
    return {
        "channels": channels,
        "identifiers": {"customer": 0} | {address_of(channel): 3 for channel in [*CHANNELS, DESK]},
        "purposes": purposes,
    }
