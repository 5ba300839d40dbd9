"""The rules of a policy's YAML and of the law, read independently: no code is shared with the engine's loader.

Semantics: docs/contact-policy.md (caps), MISSION's privacy levels (purposes). Only what the invariants need.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from garbo.audit.verify import catalogue, written
from garbo.audit.verify.catalogue import Action
from garbo.audit.verify.feedback import Weights, weights_of
from garbo.errors import PolicyError

PERSONAL_DATA: Final = "personal_data"
SENSITIVE: Final = "sensitive_data"
PROFILING: Final = "profiling"

# d.lgs. 196/2003 artt. 13, 23; GDPR art. 6. Neither rests on a consent, and neither needs one for sensitive data.
OWED: Final = frozenset({"legal_obligation", "contract"})
# What the person asked for may look at what they did.
SERVICES: Final = OWED | {"service_request"}
# Purpose -> the levels that must have been granted. An unlisted purpose is denied.
LEVELS: Final[Mapping[str, frozenset[str]]] = {
    "legal_obligation": frozenset(),
    "contract": frozenset(),
    "service_request": frozenset({PERSONAL_DATA}),
    "satisfaction": frozenset({PERSONAL_DATA, "satisfaction"}),  # level 1
    "own_promotion": frozenset({PERSONAL_DATA, "own_promotion"}),  # level 2
    "personalised_promotion": frozenset({PERSONAL_DATA, "own_promotion", PROFILING}),  # levels 2 and 5
    "third_party_promotion": frozenset({PERSONAL_DATA, "third_party_promotion"}),  # level 3
    "personalised_third_party_promotion": frozenset({PERSONAL_DATA, "third_party_promotion", PROFILING}),  # 3 and 5
    "third_party_disclosure": frozenset({PERSONAL_DATA, "third_party_disclosure"}),  # level 4
}
MARKETING: Final = "marketing"
# Giving one of these is no word about marketing; giving one of the others lifts an older objection.
NOT_MARKETING: Final = frozenset({PERSONAL_DATA, SENSITIVE, PROFILING})
# Of an objection: it is about every channel.
EVERY: Final = "*"
# Meaning of a status -> those of every policy: it never reached the person; nobody was there.
FAILED: Final = frozenset({"failed"})
POSITIVE: Final = frozenset({"accepted"})
IGNORED: Final = frozenset({"no_answer"})
# The person wants no marketing any more.
UNSUBSCRIBING: Final = frozenset({"unsubscribed"})
# Purposes that the law knows, and that promote.
PROMOTIONS: Final = frozenset(
    purpose for purpose, levels in LEVELS.items() if levels & {"own_promotion", "third_party_promotion"}
)

# How long after a contact a yes may come, where a model says nothing else.
WINDOW: Final = "14d"

_FILES: Final = (
    "policy.yaml", "journey.yaml", "needs.yaml", "attributes.yaml", "themes.yaml", "consents.yaml", "actions.yaml",
    "contact_policy.yaml", "models.yaml",
)  # fmt: skip
_WORDS: Final = "vocabulary.yaml"  # a policy may leave it out
_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_SPAN: Final = re.compile(r"(\d+)(ms|[smhdw])")


class Cap(NamedTuple):
    """At most `limit` contacts in every (t - window, t]; empty filters match everything.

    household: it counts the contacts with the members of the household as well.
    """

    name: str
    limit: int
    window: int
    channels: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    themes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    limits: frozenset[str] = frozenset({MARKETING})
    counts: frozenset[str] = frozenset({MARKETING})
    household: bool = False


class Remarketing(NamedTuple):
    """At most `limit` contacts about a mere look in every `window`, none sooner than `delay` after the look (ms)."""

    limit: int
    window: int
    delay: int


class Capacity(NamedTuple):
    """At most `at_most` contacts in each "hour" or "day"."""

    at_most: int
    per: str


class Target(NamedTuple):
    """What a model predicts: a yes within `window` of the contact (ms), on some channels another one. touchpoint: the
    kind that is the yes; "" for an outcome."""

    touchpoint: str
    window: int
    windows: Mapping[str, int]


class HoldOut(NamedTuple):
    share: float
    period: int
    salt: str


@dataclass(frozen=True, slots=True)
class Rules:
    """zone: the IANA name of the policy's clocks. extra: purpose -> consents the policy asks for besides the law's.
    reports: channels whose dispatchers report. behaviour: kinds of touchpoint that show it. decide_on: what happens and
    makes the actions with `on: event` compete. purposes: the policy's own -> the levels they need. failed: statuses
    that say that a contact never reached the person. missed: these, and those that say that nobody was there.
    promotions: the policy's own purposes that promote. objecting: kinds of touchpoint with which one objects to
    marketing. correcting: those with which staff corrects how a text was read. unsubscribing: statuses of outcome with
    which one objects. channels: declared in policy.yaml. objects_to: channel -> the channels that an objection said
    there is about. outbound: channels on which some action reaches out to the customer. sensitive: attributes of
    special categories. positive: statuses that say yes. targets: by model.
    shares: by model, 0 for what is no challenger. weights: of feedback."""

    zone: str
    caps: tuple[Cap, ...]
    remarketing: Remarketing | None
    actions: Mapping[str, Action]
    extra: Mapping[str, frozenset[str]]
    reports: frozenset[str]
    capacity: Mapping[str, Capacity]
    hold_out: HoldOut
    behaviour: frozenset[str]
    decide_on: frozenset[str]
    purposes: Mapping[str, frozenset[str]]
    failed: frozenset[str]
    missed: frozenset[str]
    promotions: frozenset[str]
    objecting: frozenset[str]
    correcting: frozenset[str]
    unsubscribing: frozenset[str]
    channels: frozenset[str]
    objects_to: Mapping[str, frozenset[str]]
    outbound: frozenset[str]
    sensitive: frozenset[str] = frozenset()
    positive: frozenset[str] = POSITIVE
    targets: Mapping[str, Target] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    weights: Weights | None = None

    def needed(self, purpose: str, action: str) -> frozenset[str] | None:
        """The consents that `action` needs to serve `purpose`; None: it is always denied."""
        levels = self.levels(purpose)
        known = self.actions.get(action)
        if levels is None or known is None or not known.sensitive or purpose in OWED:
            return levels
        return levels | {SENSITIVE}

    def levels(self, purpose: str) -> frozenset[str] | None:
        """The consents that `purpose` needs, whatever the action; None: it is always denied."""
        levels = LEVELS.get(purpose, self.purposes.get(purpose))
        return levels if levels is None else levels | self.extra.get(purpose, frozenset())

    def meant(self, said_on: str, named: str = "") -> frozenset[str]:
        """The channels that words about marketing, said on the channel `said_on`, are about. named: in the words."""
        if named:
            return frozenset({named if named in self.outbound | self.channels else EVERY})
        if said_on in self.objects_to:
            return self.objects_to[said_on]
        return frozenset({said_on if said_on in self.outbound else EVERY})

    def internal(self, action: str) -> bool:
        """Is it a note for staff, and no contact?"""
        known = self.actions.get(action)
        return known is not None and known.internal


def read(folder: Path) -> Rules:
    """The rules of a policy folder.

    Raises:
        PolicyError: a file is missing or invalid; `garbo check` gives the details.
    """
    try:
        texts = written.texts_in(folder)
        found = _rules(written.parse(texts.get(_WORDS, "")), *(written.parse(texts[name]) for name in _FILES))
        return replace(found, weights=weights_of(texts))
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as problem:
        raise PolicyError(
            f"{folder} is not a valid policy ({type(problem).__name__}); run `garbo check {folder}` for the details."
        ) from None


def span(text: str) -> int:
    """Parse a duration such as "1h30m".

    Returns:
        Milliseconds.

    Raises:
        ValueError: not a duration.
    """
    if not text or _SPAN.sub("", text):
        raise ValueError(text)
    return sum(int(number) * _MS[unit] for number, unit in _SPAN.findall(text))


def _rules(
    words: Mapping[str, Any],
    policy: Mapping[str, Any], journey: Mapping[str, Any], needs: Mapping[str, Any], attributes: Mapping[str, Any],
    themes: Mapping[str, Any], consents: Mapping[str, Any], actions: Mapping[str, Any], contact: Mapping[str, Any],
    models: Mapping[str, Any],
) -> Rules:  # fmt: skip
    behaviour = catalogue.kinds_of_behaviour(journey, needs)
    sensitive = {name for name, part in (attributes.get("attributes") or {}).items() if part.get("sensitive")}
    channels = {name: part or {} for name, part in (policy.get("channels") or {}).items()}
    held = policy.get("hold_out") or {}
    own = (words.get("statuses") or {}).items()
    failed = FAILED | {status for status, meaning in own if meaning == "failed"}
    looks = contact.get("remarketing")
    catalogued = catalogue.actions(actions["actions"], behaviour, sensitive)
    return Rules(
        zone=policy.get("zone", "Europe/Rome"),
        caps=tuple(cap for part in contact.get("caps") or () for cap in _caps(part, list(themes["themes"]))),
        remarketing=looks and Remarketing(int(looks["at_most"]), span(looks["window"]), span(looks.get("delay", "0s"))),
        actions=catalogued,
        extra={purpose: frozenset(names) for purpose, names in (consents.get("extra") or {}).items()},
        reports=frozenset(name for name, part in channels.items() if span(part.get("reports_within") or "0s")),
        capacity={
            name: Capacity(int(part["capacity"]["at_most"]), part["capacity"].get("per", "day"))
            for name, part in channels.items()
            if part.get("capacity")
        },
        hold_out=HoldOut(
            float(held.get("share", 0.0)), span(held.get("period", "180d")), str(held.get("salt", "hold-out"))
        ),
        behaviour=behaviour,
        decide_on=frozenset(policy.get("decide_on") or ()),
        sensitive=frozenset(sensitive),
        positive=POSITIVE | {status for status, meaning in own if meaning == "positive"},
        shares={name: float(part.get("share") or 0.0) for name, part in (models.get("models") or {}).items()},
        targets={name: _target(part, models["models"]) for name, part in (models.get("models") or {}).items()},
        purposes={
            name: frozenset({PERSONAL_DATA, *((part or {}).get("consents") or ())})
            for name, part in (words.get("purposes") or {}).items()
        },
        failed=failed,
        missed=failed | IGNORED | {status for status, meaning in own if meaning == "ignored"},
        promotions=PROMOTIONS
        | {name for name, part in (words.get("purposes") or {}).items() if (part or {}).get("promotes", True)},
        objecting=frozenset(name for name, kind in journey["touchpoints"].items() if kind.get("objects")),
        correcting=frozenset(name for name, kind in journey["touchpoints"].items() if kind.get("corrects")),
        unsubscribing=UNSUBSCRIBING | {status for status, meaning in own if meaning == "objecting"},
        channels=frozenset(channels),
        objects_to={n: frozenset(part["objects_to"]) for n, part in channels.items() if part.get("objects_to")},
        outbound=frozenset(channel for action in catalogued.values() for channel in action.reaches),
    )


def _target(part: Mapping[str, Any], models: Mapping[str, Any]) -> Target:
    """A model that stands against another predicts what that one does."""
    given = models.get(part.get("of") or "", part).get("target") or {}
    by_channel = {channel: span(window) for channel, window in (given.get("windows") or {}).items()}
    return Target(given.get("touchpoint") or "", span(given.get("window") or WINDOW), by_channel)


def _caps(part: Mapping[str, Any], themes: list[str]) -> list[Cap]:
    def named(key: str, otherwise: tuple[str, ...] = ()) -> frozenset[str]:
        return frozenset(part.get(key, otherwise))

    cap = Cap(
        part["name"], int(part["at_most"]), span(part["window"]), named("channels"), named("purposes"), named("themes"),
        named("groups"), named("limits", (MARKETING,)), named("counts", (MARKETING,)), part.get("per") == "household",
    )  # fmt: skip
    if not part.get("each_theme"):
        return [cap]
    return [cap._replace(name=f"{cap.name}:{theme}", themes=frozenset({theme})) for theme in themes]
