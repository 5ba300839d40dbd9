"""I26: feedback weighs within its bounds, as it is written, and no faster than a step a week; every record names it.

Rules
 1. Of every scored candidate: the weight lies in [1, 1.25]. One that is not 1 has the version of the weights and the
    stage beside it.
 2. Where the policy that decided is at hand (on policy-versions, or the folder, by its version): the record has that
    policy's week; the weight is the one written for the stage; the action is marketing and among those that `advance`
    the stage; and the context is a weight of a state, times one of a stage, times this one.
 3. Between two policies that decided, no weight moves by more than .05 for each week between their versions, or by
    more than .05 within one week. The first weights after a policy without any are at most 1.05; where the beginning of
    the log is gone, this is not known.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import combinations
from math import isclose
from typing import Any, Final, NamedTuple, TypeAlias

from garbo.audit.verify.log import Decision, Log
from garbo.audit.verify.report import InvariantResult
from garbo.audit.verify.written import parse, version_of
from garbo.core.vocabulary.effects import Scored

LEAST: Final = 1.0
MOST: Final = 1.25
STEP: Final = 0.05
NEAR: Final = 1e-9
MARKETING: Final = "marketing"
DECIDED: Final = "decided"

StageKey: TypeAlias = tuple[str, str]
"""Journey and stage."""


class Weights(NamedTuple):
    """What a policy's texts say of feedback. week: "" for none. advance: of each stage, the marketing that leads on.
    context: of each action its weights of states and stages."""

    version: str
    week: str
    weights: Mapping[StageKey, float]
    advance: Mapping[StageKey, frozenset[str]]
    context: Mapping[str, tuple[float, ...]]

    def weight(self, stage: StageKey) -> float:
        """Of a stage that is left out, 1."""
        return self.weights.get(stage, LEAST)


def weights_of(texts: Mapping[str, str]) -> Weights:
    """Read a policy's texts. Raises what the reader of YAML does, and KeyError and the like where it is no policy."""
    written = parse(texts.get("feedback.yaml", ""))
    journeys, catalogue = parse(texts["journey.yaml"])["journeys"], parse(texts["actions.yaml"])["actions"]
    return Weights(
        version_of(texts),
        written.get("version", ""),
        {stage: float(part["weight"]) for stage, part in _stages(written.get("weights") or {})},
        {
            stage: frozenset(a for a in part.get("advance") or () if catalogue.get(a, {}).get("class") == MARKETING)
            for stage, part in _stages({name: part["stages"] for name, part in journeys.items()})
        },
        {name: tuple(map(float, (part.get("context") or {}).values())) for name, part in catalogue.items()},
    )


def check(log: Log, folder: Weights | None, *, truncated: bool) -> InvariantResult:
    """Check I26. folder: of the policy folder; None: there is none."""
    says = "feedback weighs from 1 to 1.25, as written, and moves by at most .05 a week; every record names it"
    result = InvariantResult("I26", says)
    known = {weights.version: weights for weights in _published(log)}
    if folder is not None:
        known[folder.version] = folder
    for decision in log.decisions:
        if decision.disposition != DECIDED:
            continue
        weights = known.get(decision.policy_version)
        if weights is not None and decision.feedback != weights.week:
            result.violations.append(
                f"{decision.place}: names feedback '{decision.feedback}', but its policy has '{weights.week}'"
            )
        for scored in decision.scored:
            result.checked += 1
            faults = [*_of_record(decision, scored), *(_of_policy(scored, weights) if weights is not None else ())]
            result.violations += [f"{decision.place}: {scored.action}: {fault}" for fault in faults]
    result.violations += _steps(log, known, truncated=truncated)
    return result


def _stages(journeys: Mapping[str, Any]) -> Iterator[tuple[StageKey, Any]]:
    for journey, stages in journeys.items():
        for stage, part in (stages or {}).items():
            yield (journey, stage), part


def _published(log: Log) -> Iterator[Weights]:
    """The policies on policy-versions. The workers refuse what is no policy, so nothing was decided by it."""
    for texts in log.policies:
        try:
            yield weights_of(texts)
        except Exception:  # noqa: BLE001 -- whatever is wrong with it, it is no policy
            continue


def _of_record(decision: Decision, scored: Scored) -> Iterator[str]:
    weight = scored.feedback
    if not LEAST <= weight <= MOST:
        yield f"weighs {weight:g}, outside {LEAST:g} to {MOST:g}"
    if weight != LEAST and not (decision.feedback and scored.narrows):
        yield f"weighs {weight:g} without the stage and the version of the weight"


def _of_policy(scored: Scored, weights: Weights) -> Iterator[str]:
    """What the policy that decided has otherwise."""
    weight = scored.feedback
    journey, _, stage = scored.narrows.partition("/")
    if scored.narrows and not isclose(weight, weights.weight((journey, stage)), rel_tol=NEAR):
        yield f"weighs {weight:g} at {scored.narrows}, for which {weights.weight((journey, stage)):g} is written"
    if scored.narrows and scored.action not in weights.advance.get((journey, stage), ()):
        yield f"is weighed at {scored.narrows}, but is no marketing that leads on from there"
    factors = (LEAST, *weights.context.get(scored.action, ()))
    if not any(isclose(scored.context, a * b * weight, rel_tol=NEAR, abs_tol=NEAR) for a in factors for b in factors):
        yield f"has the context {scored.context:g}, which its weights and the factor {weight:g} do not give"


def _steps(log: Log, known: Mapping[str, Weights], *, truncated: bool) -> Iterator[str]:
    """Weights that moved too fast between the policies that decided."""
    since: dict[str, int] = {}  # the first decision by each version
    plain: list[int] = []  # decisions without feedback
    for d in log.decisions:
        if d.disposition == DECIDED:
            since[d.policy_version] = min(d.at, since.get(d.policy_version, d.at))
            if not d.feedback:
                plain.append(d.at)
    used = sorted(
        (w for version, w in known.items() if version in since and w.week), key=lambda w: (w.week, since[w.version])
    )
    if used and plain and not truncated and min(plain) < since[used[0].version]:
        first = used[0]
        nothing = Weights("a policy without feedback", _week_before(first.week), {}, first.advance, {})
        used = [nothing, *used]
    for before, after in combinations(used, 2):
        most = STEP * max(1, _number(after.week) - _number(before.week))
        for stage in sorted(before.weights.keys() | after.weights.keys()):
            old, new = before.weight(stage), after.weight(stage)
            if not (before.advance.get(stage) and after.advance.get(stage)):
                continue  # one of the maps has nothing to weigh there
            if abs(new - old) > most + NEAR:
                yield (
                    f"{'/'.join(stage)}: the weight goes from {old:g} ({before.version}, {before.week}) to {new:g} "
                    f"({after.version}, {after.week}); at most {most:g} is allowed"
                )


def _number(week: str) -> int:
    """Weeks since the year 1."""
    return date.fromisocalendar(int(week[:4]), int(week[6:]), 1).toordinal() // 7


def _week_before(week: str) -> str:
    monday = date.fromisocalendar(int(week[:4]), int(week[6:]), 1).toordinal() - 7
    year, number, _ = date.fromordinal(monday).isocalendar()
    return f"{year}-W{number:02}"
