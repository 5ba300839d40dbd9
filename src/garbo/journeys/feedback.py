"""READ FIRST for feedback: from what narrows a journey to the weights of the next week. A person publishes them.

Rules
 1. Only what arbitration itself causes is weighed: stages that narrow because their actions are `outranked`.
 2. A weight rises by `STEP` if that is claimed and the hold-out shows that marketing leads on from there: the lower end
    of the interval is above 0, of at least `Bar.visits` visits in each group. Otherwise it falls by `STEP`, towards 1.
 3. One step an ISO week at most. In a week that has had its step, the weights are what they are.
 4. Weights stay in [`LEAST`, `MOST`], and one at `LEAST` leaves the file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from garbo.core.policy.actions import ActionClass
from garbo.core.policy.feedback import LEAST, MOST, STEP, Feedback, JourneyWeights, StageWeight
from garbo.core.policy.policy import Policy
from garbo.journeys.finding import Finding
from garbo.journeys.hold_out import Comparison, StageKey

CAUSE: Final = "outranked"
"""The only cause that a weight in arbitration can relieve."""

_DIGITS: Final = 4
"""Of the evidence in the file."""

_EXACT: Final = 9
"""Digits of a weight: 1.1 + .05 is 1.15."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What the hold-out must show. visits: at least so many of each group."""

    visits: int = 1000


class Change(NamedTuple):
    """What becomes of a stage's weight, and why. comparison: None where nothing was compared."""

    stage: StageKey
    before: float
    after: float
    why: str
    comparison: Comparison | None = None


class Step(NamedTuple):
    """The weights after the step. why_not: no step is made, and this is why; "": one is."""

    feedback: Feedback
    changes: tuple[Change, ...] = ()
    why_not: str = ""


def week_of(ms: int) -> str:
    """The ISO week of an instant, in UTC: "2026-W48"."""
    year, week, _ = datetime.fromtimestamp(ms / 1000, UTC).isocalendar()
    return f"{year:04}-W{week:02}"


def outranked(claims: Sequence[Finding]) -> dict[StageKey, Finding]:
    """The claims that a weight can relieve, by stage."""
    return {(f.journey, f.stage): f for f in claims if f.cause == CAUSE}


def stages_of(policy: Policy, claims: Mapping[StageKey, Finding]) -> list[StageKey]:
    """The stages that a step looks at: those that are claimed, and those with a weight."""
    given = [(j, s) for j, weights in policy.feedback.weights.items() for s in weights.stages]
    return sorted({*claims, *given})


def step(
    policy: Policy, week: str, claims: Mapping[StageKey, Finding], compared: Mapping[StageKey, Comparison], bar: Bar
) -> Step:
    """The weights after a step in `week`, at most one. compared: the stages that have been compared."""
    before = policy.feedback
    if before.week >= week:
        when = "already made" if before.week == week else f"not possible before {before.week}"
        return Step(before, (), f"the step of {week} is {when}: the weights stay as they are")
    changes = tuple(_change(policy, stage, claims, compared, bar) for stage in stages_of(policy, claims))
    if not changes:
        return Step(
            before, (), "no stage is claimed to narrow because its actions are outranked, and none has a weight"
        )
    if all(change.before == change.after for change in changes):
        return Step(before, changes, "no weight changes")
    return Step(Feedback(week, _weights(changes)), changes)


def _change(
    policy: Policy,
    stage: StageKey,
    claims: Mapping[StageKey, Finding],
    compared: Mapping[StageKey, Comparison],
    bar: Bar,
) -> Change:
    before, found = policy.feedback.weight(*stage), compared.get(stage)
    refusal = _refusal(policy, stage, claims, found, bar)
    moved = max(LEAST, before - STEP) if refusal else min(MOST, before + STEP)
    return Change(stage, before, round(moved, _EXACT), refusal or _reason(claims[stage]), found)


def _refusal(
    policy: Policy, stage: StageKey, claims: Mapping[StageKey, Finding], found: Comparison | None, bar: Bar
) -> str:  # fmt: skip
    """Why the weight may not rise; "": it may."""
    if stage not in claims:
        return "it is not claimed that `outranked` narrows it"
    if not markets(policy, stage):
        return "no action that advances it is marketing, so the hold-out gets the same"
    if not policy.hold_out.share:
        return "the policy has no hold-out: hold_out.share is 0"
    comparison = found if found is not None else Comparison()
    for group, name in ((comparison.held_out, "in the hold-out"), (comparison.treated, "of the treated")):
        if group.visits < bar.visits:
            return f"{group.visits:,} visits {name}, {bar.visits:,} are needed"
    if comparison.interval[0] <= 0:
        return "the hold-out does not show that marketing leads on from it"
    return ""


def _reason(claim: Finding) -> str:
    return (
        f"`outranked` narrows it (its relief would raise completions by {claim.gain:.1%}), and the treated go onward "
        "more often than the hold-out"
    )


def markets(policy: Policy, stage: StageKey) -> bool:
    """Is an action that advances the stage marketing? The hold-out gets everything else."""
    known = policy.stage(*stage)
    actions = (policy.actions.get(name) for name in (known.advance if known is not None else ()))
    return any(action is not None and action.action_class is ActionClass.MARKETING for action in actions)


def _weights(changes: Sequence[Change]) -> Mapping[str, JourneyWeights]:
    found: dict[str, dict[str, StageWeight]] = {}
    for (journey, stage), _, after, _, comparison in changes:
        if after > LEAST:
            seen = comparison if comparison is not None else Comparison()
            gain, low, high = (round(x, _DIGITS) for x in (seen.gain, *seen.interval))
            visits, held_out = seen.treated.visits, seen.held_out.visits
            found.setdefault(journey, {})[stage] = StageWeight(after, gain, low, high, visits, held_out)
    return {journey: JourneyWeights(stages) for journey, stages in found.items()}
