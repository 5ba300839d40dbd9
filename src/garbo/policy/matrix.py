"""Which action may appear at which decision point, on which channels, and what opens the moment: for the whole policy.

It follows from what never changes during a decision: the entries of `when`, the treatments, the follow-ups, the moves.
Consents, rules, caps and the person's own state may still hold an action back there.

Rules
 1. At `inbound` an action shows its inbound treatments; everywhere else it uses the others.
 2. At `planned` an action appears if another one plans it; if its own contact can wait (a placement, quiet hours, a
    delay after a look); if it goes before offers and can lose a moment to another; or if it failed on one of several
    channels.
 3. What opens a need may also be what makes an action a candidate; then both are decided at `need`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from garbo.core.delivery.commands import carries_riders
from garbo.core.party import needs
from garbo.core.policy.actions import Action, ActionClass, Placement, Trigger
from garbo.core.policy.compiled import names_of, wanted_theme
from garbo.core.policy.policy import Policy
from garbo.core.policy.proactive import DATE, PATIENCE, SILENCE, STAGE
from garbo.core.policy.vocabulary import MISSED
from garbo.core.vocabulary.points import Point

PLANS: Final = ("follow_up", "promise")


class Cell(NamedTuple):
    """An action at a decision point. channels: of its treatments there. opened_by: what opens it, in words."""

    channels: tuple[str, ...]
    opened_by: tuple[str, ...]


class Row(NamedTuple):
    """One action. cells: only the points at which it may appear. rides_on: channels of contacts that may carry it.
    nowhere: why it can appear nowhere; empty if it can somewhere."""

    action: str
    action_class: str
    lifecycle: tuple[str, ...]
    stages: tuple[str, ...]
    cells: Mapping[Point, Cell]
    rides_on: tuple[str, ...] = ()
    nowhere: str = ""

    def data(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "action": self.action,
            "class": self.action_class,
            "lifecycle": list(self.lifecycle),
            "stages": list(self.stages),
            "points": {
                point.value: {"channels": list(cell.channels), "opened_by": list(cell.opened_by)}
                for point, cell in self.cells.items()
            },
            "rides_on": list(self.rides_on),
            "nowhere": self.nowhere,
        }


def matrix(policy: Policy) -> list[Row]:
    """A row for each action, in the catalogue's order."""
    causes, stages = _causes(policy), _stages(policy)
    found = {action.name: _moments(action, policy, causes) for action in policy.actions.values()}
    barred = {a.name for a in policy.actions.values() if a.stages and stages.isdisjoint(a.stages)}
    alive = {name for name, (cells, rides) in found.items() if (cells or rides) and name not in barred}
    planners: dict[str, list[str]] = {}
    waiting = sorted(alive)
    while waiting:  # what is alive plans its follow-ups, and they are alive as well
        name = waiting.pop()
        for follow_up in policy.actions[name].follow_ups:
            planners.setdefault(follow_up.action, []).append(name)
            if follow_up.action not in alive and follow_up.action not in barred:
                alive.add(follow_up.action)
                waiting.append(follow_up.action)
    return [
        _row(action, policy, found[action.name], planners.get(action.name, []), action.name in alive)
        for action in policy.actions.values()
    ]


def _row(
    action: Action, policy: Policy, moments: tuple[dict[Point, Cell], tuple[str, ...]], planners: list[str], alive: bool
) -> Row:  # fmt: skip
    cells, rides = moments
    outgoing = _outgoing(action)
    if alive and outgoing and not action.rides_on:
        told = [f"after {name}" for name in sorted(planners)] + _own_plan(action, policy, bool(cells))
        if told:
            cells[Point.PLANNED] = Cell(outgoing, tuple(told))
    ordered = {point: cells[point] for point in Point if point in cells} if alive else {}
    return Row(
        action.name, action.action_class.value, action.lifecycle, action.stages, ordered, rides if alive else (),
        "" if alive else _why_nowhere(action, policy, bool(cells)),
    )  # fmt: skip


# ---- the points at which it competes -------------------------------------------------------------------------------


def _moments(action: Action, policy: Policy, causes: tuple[str, ...]) -> tuple[dict[Point, Cell], tuple[str, ...]]:
    """Where it competes, and the channels of contacts that may carry it."""
    if action.rides_on:
        return {}, tuple(channel for channel in action.rides_on if _carried(channel, policy))
    opened: dict[Point, list[tuple[str, str]]] = {}
    channels = {point: _shown(action, policy) if point is Point.INBOUND else _outgoing(action) for point in Point}
    for trigger in action.when:
        rest = _rest(trigger)
        for point, name in _opens(action, trigger, policy, causes):
            if channels[point]:
                opened.setdefault(point, []).append((name + rest, wanted_theme(action, trigger)))
    return {point: Cell(channels[point], _joined(pairs)) for point, pairs in opened.items()}, ()


def _joined(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What opens the moment, by theme: what is open to the same themes stands together."""
    themes: dict[str, dict[str, None]] = {}
    for name, theme in pairs:
        themes.setdefault(name, {})[theme] = None
    names: dict[tuple[str, ...], list[str]] = {}
    for name, wanted in themes.items():
        names.setdefault(() if "" in wanted else tuple(wanted), []).append(name)
    return tuple(
        ", ".join(alike) + (f" about {_or(wanted)}" if wanted else "") for wanted, alike in names.items()
    )  # fmt: skip


def _opens(action: Action, trigger: Trigger, policy: Policy, causes: tuple[str, ...]) -> Iterator[tuple[Point, str]]:
    """The points at which the entry makes the action a candidate, each with what opens it."""
    on, name = trigger.on, trigger.name
    if on == "touchpoint":
        kinds = [kind for kind in policy.touchpoints.values() if name in ("", kind.name) and not kind.asks]
        if kinds or name not in policy.touchpoints:
            yield Point.EVENT, name or "any touchpoint"
        for need in policy.needs.values():
            if any(kind.name in need.opened_by for kind in kinds):
                yield Point.NEED, f"{name or 'any touchpoint'} with {need.name}"
    elif on == "outcome":
        yield Point.EVENT, f"outcome {name}" if name else "any outcome"
        if not name or policy.vocabulary.meaning(name) in MISSED:
            yield Point.NEED, f"outcome {name}".strip() + " of an answer"
    elif on == "intent":
        yield Point.EVENT, f"a text that means {name}" if name else "any intent"
        for need in policy.needs.values():
            if name in ("", *need.intents):
                yield Point.NEED, f"a text that means {name or 'anything'} with {need.name}"
    elif on == "consent":
        yield Point.EVENT, f"consent {name}" if name else "any consent"
    elif on == "profile":
        yield Point.EVENT, "profile"
    elif on in ("need", "overdue"):
        if any(_answers(action, kind) for kind in policy.needs if name in ("", kind)):
            yield Point.NEED, f"{'overdue ' * (on == 'overdue')}{name}" if name else f"any {on}"
    elif on == "inbound":
        if set(names_of(action, trigger)) & set(_asked_on(policy)):
            yield Point.INBOUND, f"asked on {name}" if name else "asked"
    elif on == "proactive":
        told = [cause for cause in causes if name in ("", cause)]
        if told:
            yield Point.PROACTIVE, name or "any cause of the clock"


def _answers(action: Action, kind: str) -> bool:
    """The escalation answers every kind that it is overdue for; anything else what it names."""
    return kind in action.answers or any(t.on == needs.OVERDUE and t.name in ("", kind) for t in action.when)


def _rest(trigger: Trigger) -> str:
    """The conditions of the entry."""
    rest = f" of {trigger.of_action}" if trigger.of_action else ""
    rest += f" {trigger.times} times" if trigger.times else ""
    return rest + (f" after {trigger.after_action}" if trigger.after_action else "")


def _own_plan(action: Action, policy: Policy, competes: bool) -> list[str]:
    """Why it may be decided again later by its own plan."""
    if not competes or not any(True for t in action.when if t.on not in (*PLANS, "inbound")):
        return []
    found, outgoing = [], _outgoing(action)
    if action.placement != Placement():
        found.append("its placement")
    closed = [c for c in outgoing if c in policy.contact.quiet_hours]
    if closed and not action.ignores_quiet_hours and not action.internal:
        found.append("quiet hours")
    look = any(t.on == "touchpoint" and t.behavioural for t in action.when)
    if action.action_class is ActionClass.MARKETING and look and policy.contact.remarketing is not None:
        found += ["the delay after a look"] * bool(policy.contact.remarketing.delay)
    if action.action_class is not ActionClass.MARKETING and not action.answers:
        found.append("another went first")
    if len(outgoing) > 1 and not action.answers:
        found.append("it failed on a channel")
    return found


# ---- what there is in the policy -----------------------------------------------------------------------------------


def _outgoing(action: Action) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.channel for t in action.treatments if not t.inbound))


def _shown(action: Action, policy: Policy) -> tuple[str, ...]:
    """The channels on which it is shown to who asks, as far as its `when` and the touchpoints let somebody ask."""
    names = {name for trigger in action.when if trigger.on == "inbound" for name in names_of(action, trigger)}
    asked = _asked_on(policy)
    shown = dict.fromkeys(t.channel for t in action.treatments if t.inbound)
    return tuple(channel for channel in shown if channel in names and channel in asked)


def _asked_on(policy: Policy) -> tuple[str, ...]:
    """The channels on which somebody may ask what to say or show."""
    return tuple(dict.fromkeys(c for kind in policy.touchpoints.values() if kind.asks for c in kind.channels))


def _carried(channel: str, policy: Policy) -> bool:
    return any(carries_riders(a) and channel in _outgoing(a) for a in policy.actions.values())


def _causes(policy: Policy) -> tuple[str, ...]:
    given = policy.proactive
    found = [cause for cause, span in ((STAGE, given.after_stage), (SILENCE, given.silence)) if span]
    found += [PATIENCE] * any(stage.patience for stage in policy.stages)
    return (*found, *(DATE + date.attribute for date in given.dates))


def _stages(policy: Policy) -> frozenset[str]:
    """The stages that some move reaches."""
    return frozenset(move.target for journey in policy.journeys.values() for move in journey.moves)


def _why_nowhere(action: Action, policy: Policy, has_moments: bool) -> str:
    if action.rides_on:
        return f"no service action carries it on {', '.join(action.rides_on)}"
    if has_moments:
        return f"no move leads to {_or(action.stages)}"
    before = [a.name for a in policy.actions.values() if any(f.action == action.name for f in a.follow_ups)]
    if before:
        return f"only {_or(before)} plans it, which can appear nowhere itself"
    if not action.when:
        return "its `when` is empty, and no action plans it"
    if all(trigger.on == "inbound" for trigger in action.when):
        return "nobody asks on a channel on which it has something to show"
    return "what its `when` names never happens, or it has no treatment for it"


def _or(names: Iterable[str]) -> str:
    """ "a, b or c"."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
