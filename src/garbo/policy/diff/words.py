"""How a value of a policy is written in a sentence: a duration as days, a share as a percentage, an entry in brief.

The tables are by the name of a field. A field that is in none of them is written as it is, under its own name, so that
a policy that learns a new word needs nothing here.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from garbo.core.policy.actions import Action, FollowUp, Placement, Treatment, Trigger
from garbo.core.policy.contact_policy import QuietHours
from garbo.core.policy.journey import Move
from garbo.core.policy.proactive import DateBefore
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE, SECOND
from garbo.policy.diff.compare import TOGETHER, plain
from garbo.policy.schema.units import WEEKDAYS

# What an analyst writes where the engine has another name.
WRITTEN: Final[Mapping[str, str]] = {
    "action_class": "class",
    "limit": "at_most",
    "statuses": "after",
    "kind": "kind",
    "extra_consents": "extra",
    "closed_weekdays": "closed",
    "family": "model",
    "pressure_half_life": "half_life",
    "contact_weights": "weight of a contact",
    "week": "version",
}

# One of them, in a sentence.
NOUNS: Final[Mapping[str, str]] = {
    "actions": "action", "caps": "cap", "spacings": "spacing", "sequences": "sequence", "exclusions": "exclusion",
    "suppressions": "suppression", "quiet_hours": "quiet hours", "needs": "need", "touchpoints": "touchpoint",
    "stages": "stage", "moves": "move", "journeys": "journey", "segments": "segment",
    "themes": "theme", "attributes": "attribute", "models": "model",
    "consents": "consent", "groups": "group", "channels": "channel", "treatments": "treatment",
    "follow_ups": "follow-up", "when": "trigger", "dates": "date", "features": "feature", "lifecycle": "life cycle",
    "extra_consents": "extra consents of the purpose", "contact": "contact policy", "hold_out": "hold-out",
    "contact_weights": "pressure", "tones": "tone", "weights": "journey",
}  # fmt: skip

SPANS: Final = frozenset({
    "after_max", "after_min", "after_stage", "answer_within", "attribution_window", "before", "cooldown", "delay",
    "explored_within", "future_tolerance", "gap", "gather", "ignored_after", "interest_half_life", "latency_budget",
    "model_cost", "patience", "pause", "period", "pressure_half_life", "reentry", "reports_within", "silence",
    "validity", "window", "within",
})  # fmt: skip
SHARES: Final = frozenset({"share", "exploration", "expect", "onward", "gain", "low", "high"})
INSTANTS: Final = frozenset({"valid_from", "valid_until"})
CLOCKS: Final = frozenset({"start", "end"})

_UNITS: Final = ((7 * DAY, "week"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"))
_LONGEST: Final = 100  # characters of a text in a sentence; --json has the whole


def noun(name: str) -> str:
    """One of the entries of the field `name`."""
    return NOUNS.get(name) or name.removesuffix("s").replace("_", " ")


def written(field: str) -> str:
    """The field as an analyst knows it."""
    return WRITTEN.get(field, field).replace("_", " ")


def span(ms: int) -> str:
    """A duration in the largest unit that fits without a rest; weeks only from the fourth on, as "28 days" is usual."""
    if not ms:
        return "none"
    for size, unit in _UNITS[1:]:
        if ms % size == 0:
            count = ms // size
            return f"{count} {unit}{'s' * (count != 1)}"
    return f"{ms} ms"


def value(field: str, given: Any, zone: str) -> str:
    """The value of a field in a sentence. zone: of the policy's dates."""
    given = plain(given)
    if given is None or given == "" or (isinstance(given, list | tuple | frozenset | dict) and not given):
        return "nothing"
    if isinstance(given, Struct):
        name = "" if type(given) in PHRASES else getattr(given, "name", "")
        return str(name) or phrase(given, zone)
    if isinstance(given, bool):
        return "yes" if given else "no"
    if field == "closed_weekdays":
        return ", ".join(WEEKDAYS[day] for day in given)
    if isinstance(given, list | tuple):
        return ", ".join(value("", one, zone) for one in given)
    if isinstance(given, frozenset):
        return ", ".join(sorted(map(str, given)))
    if isinstance(given, Mapping):
        return ", ".join(f"{key} {value(str(key), one, zone)}" for key, one in given.items())
    if isinstance(given, int | float):
        return _number(field, given, zone)
    text = " ".join(str(given).split())
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
    return short if field in ("", "theme", "group") or text.replace("_", "").isalnum() else f"“{short}”"


def _number(field: str, given: float, zone: str) -> str:
    if field in SPANS and isinstance(given, int):
        return span(given)
    if field in SHARES:
        return f"{given * 100:.6g}%"
    if field in INSTANTS:
        return _day(field, int(given), zone)
    if field in CLOCKS:
        return f"{int(given) // 60:02}:{int(given) % 60:02}"
    if field == "stock" and not given:
        return "without limit"
    if field == "weight" and given < 0:
        return "the channel's"
    return f"{given:g}" if given < 1e6 else str(given)


def _day(field: str, at: int, zone: str) -> str:
    """`valid_until` is the first instant at which it is over: the analyst wrote the day before."""
    if not at:
        return "nothing"
    return datetime.fromtimestamp((at - (field == "valid_until")) / 1000, ZoneInfo(zone)).date().isoformat()


# ---- entries in brief ----------------------------------------------------------------------------------------------


def together(owner: type[Struct], held: Mapping[str, Any], zone: str) -> str:
    """Fields that are read together: "1 in 7 days"."""
    said = {field: value(field, one, zone) for field, one in held.items()}
    if owner is QuietHours:
        return "never" if held["start"] == held["end"] else f"{said['start']} to {said['end']}"
    if owner is Placement:
        return _placement(held["delay"], held["days"], held["at"])
    first, second = said.values()
    return f"{first} per {second}" if "per" in held else f"{first} in {second}"


def _placement(delay: int, days: int, at: str) -> str:
    if at:
        return f"at {at}, {days} day{'s' * (days != 1)} later" if days else f"at {at}"
    later = [f"{days} day{'s' * (days != 1)} later"] * bool(days) + [f"after {span(delay)}"] * bool(delay)
    return " and ".join(later) or "at once"


def _action(action: Action, zone: str) -> str:
    ways = dict.fromkeys(f"{t.channel} (inbound)" if t.inbound else t.channel for t in action.treatments)
    about = f" about {action.theme}" if action.theme else ""
    return f"{action.action_class}, for {action.purpose}{about}, on {', '.join(ways)}"


def _trigger(trigger: Trigger, zone: str) -> str:
    said = [f"{trigger.on} {trigger.name}".strip()]
    theme = {"": "", "=": "about its own theme"}.get(trigger.theme, f"about {trigger.theme}")
    said += [theme] * bool(theme) + [f"of {trigger.of_action}"] * bool(trigger.of_action)
    if trigger.times:
        said.append(f"{trigger.times} times in {span(trigger.within)}")
    if trigger.after_action:
        said.append(
            f"{span(trigger.after_min)} to {span(trigger.after_max)} after {trigger.after_action}"
            if trigger.after_max
            else f"at least {span(trigger.after_min)} after {trigger.after_action}"
        )
    known = {"on", "name", "theme", "of_action", "times", "within", "after_action", "after_min", "after_max"}
    return ", ".join([*said, *_rest(trigger, {*known, "behavioural"}, zone)])


def _move(move: Move, zone: str) -> str:
    origin = {"": "the start", "*": "any stage"}.get(move.origin, move.origin)
    about = f" about {move.theme}" if move.theme else ""
    return f"from {origin} to {move.target} on {move.trigger}{about}"


def _follow_up(made: FollowUp, zone: str) -> str:
    when = _placement(made.placement.delay, made.placement.days, made.placement.at)
    return f"{made.action} {when}{', promised' * made.promise}"


PHRASES: Final[Mapping[type[Struct], Callable[[Any, str], str]]] = {
    Action: _action,
    Trigger: _trigger,
    Move: _move,
    FollowUp: _follow_up,
    DateBefore: lambda made, zone: f"{made.attribute} {span(made.before)} before",
    Placement: lambda made, zone: _placement(made.delay, made.days, made.at),
    Treatment: lambda made, zone: ", ".join([*_rest(made, {"message", "channel", "latency_budget"}, zone)]),
}


def phrase(entry: Struct, zone: str) -> str:
    """An entry in brief: by its own words, or by its fields that are not as when left out; texts are left out."""
    own = PHRASES.get(type(entry))
    if own is not None:
        return own(entry, zone)
    fields = TOGETHER.get(type(entry), ())
    said = [together(type(entry), {field: getattr(entry, field) for field in fields}, zone)] if fields else []
    return ", ".join([*said, *_rest(entry, {*fields, "name", "family", "label", "meaning", "title"}, zone)])


def _rest(entry: Struct, but: Iterable[str], zone: str) -> list[str]:
    """The other fields that are not as when left out."""
    found = []
    for known in structs.fields(entry):
        given = plain(getattr(entry, known.name))
        if known.name in but or given == known.default or given in ("", (), {}, frozenset()):
            continue
        said = "" if given is True else f" {value(known.name, given, zone)}"
        found.append(written(known.name) + said)
    return found
