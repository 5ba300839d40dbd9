"""The rules of a policy's YAML and of the law, read independently: no code is shared with the engine's loader.

Semantics: docs/contact-policy.md (caps), MISSION's privacy levels (purposes). Only what invariants I3 and I4 need.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from garbo.errors import PolicyError

# d.lgs. 196/2003 artt. 13, 23; GDPR art. 6. None of these three rests on a consent.
WITHOUT_CONSENT: Final = frozenset({"legal_obligation", "contract", "service_request"})
# Purpose -> the levels that must have been granted. An unlisted purpose is denied.
LEVELS: Final[Mapping[str, frozenset[str]]] = {
    "satisfaction": frozenset({"satisfaction"}),  # level 1
    "own_promotion": frozenset({"own_promotion"}),  # level 2
    "personalised_promotion": frozenset({"own_promotion", "profiling"}),  # levels 2 and 5
    "third_party_promotion": frozenset({"third_party_promotion"}),  # level 3
    "personalised_third_party_promotion": frozenset({"third_party_promotion", "profiling"}),  # levels 3 and 5
    "third_party_disclosure": frozenset({"third_party_disclosure"}),  # level 4
}
SENSITIVE: Final = "sensitive_data"

_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_SPAN: Final = re.compile(r"(\d+)(ms|[smhdw])")
_MARKETING: Final = ("marketing",)


class Cap(NamedTuple):
    """At most `limit` contacts in every (t - window, t]; empty filters match everything."""

    name: str
    limit: int
    window: int
    channels: frozenset[str]
    purposes: frozenset[str]
    themes: frozenset[str]
    limits: frozenset[str]
    counts: frozenset[str]


class Action(NamedTuple):
    action_class: str
    internal: bool
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Rules:
    caps: tuple[Cap, ...]
    actions: Mapping[str, Action]
    extra: Mapping[str, frozenset[str]]

    def needed(self, purpose: str, action: str) -> frozenset[str] | None:
        """The consents that `action` needs to serve `purpose`; None: it is always denied."""
        if purpose not in WITHOUT_CONSENT and purpose not in LEVELS:
            return None
        needed = LEVELS.get(purpose, frozenset()) | self.extra.get(purpose, frozenset())
        known = self.actions.get(action)
        return needed | {SENSITIVE} if known is not None and known.sensitive else needed


def read(folder: Path) -> Rules:
    """The rules of a policy folder.

    Raises:
        PolicyError: a file is missing or invalid; `garbo check` gives the details.
    """
    try:
        contact, actions, themes, consents = (
            yaml.load((folder / name).read_text("utf-8"), yaml.CSafeLoader)  # libyaml accepts a `?` that PyYAML refuses
            for name in ("contact_policy.yaml", "actions.yaml", "themes.yaml", "consents.yaml")
        )
        return Rules(
            tuple(cap for part in contact["caps"] for cap in _caps(part, list(themes["themes"]))),
            {
                name: Action(part["class"], bool(part.get("internal")), bool(part.get("sensitive")))
                for name, part in actions["actions"].items()
            },
            {purpose: frozenset(names) for purpose, names in (consents.get("extra") or {}).items()},
        )
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


def _caps(part: dict[str, Any], themes: list[str]) -> list[Cap]:
    def named(key: str, otherwise: tuple[str, ...] = ()) -> frozenset[str]:
        return frozenset(part.get(key, otherwise))

    cap = Cap(
        part["name"], int(part["at_most"]), span(part["window"]), named("channels"), named("purposes"), named("themes"),
        named("limits", _MARKETING), named("counts", _MARKETING),
    )  # fmt: skip
    if not part.get("each_theme"):
        return [cap]
    return [cap._replace(name=f"{cap.name}:{theme}", themes=frozenset({theme})) for theme in themes]
