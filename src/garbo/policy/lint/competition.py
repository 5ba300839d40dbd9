"""Checks that an action can ever compete: nothing it asks contradicts itself, is over, or can never be reached.

An action that contradicts itself is an error. One that only waits for what never comes is a warning: a policy that was
good yesterday must still load today.
"""

from collections.abc import Collection
from datetime import date

from garbo.core.party.consent import PROFILING, SERVICES, needs
from garbo.policy.build.actions import behaviour_in, read_by
from garbo.policy.build.files import Files, Rules
from garbo.policy.cel import CompiledRule
from garbo.policy.lint.conditions import Wanted, collect, contradictions
from garbo.policy.names import ACTIONS, INTENTS, Names
from garbo.policy.problems import Finding, Findings, Path
from garbo.policy.schema.actions import ActionPart
from garbo.policy.when import entries, is_planned


def lint(files: Files, names: Names, rules: Rules, today: date | None) -> Findings:
    """today: None if the date is not known; then no action is found to be over."""
    reached, entered = _reachable_states(files, names), _reachable_stages(files)
    for name, action in files.actions.actions.items():
        path = ("actions", name)
        yield from _contradicts(path, name, action, files, names, rules)
        yield from _behaviour(path, name, action, files, names, rules)
        if today is not None and action.valid_until and action.valid_until < today.isoformat():
            message = f"{name}: valid_until is over, so it never competes again: prolong it, or remove the action"
            yield Finding(ACTIONS, (*path, "valid_until"), message, fatal=False)
        if action.lifecycle and names.states.issuperset(action.lifecycle) and reached.isdisjoint(action.lifecycle):
            message = (
                f"{name}: nothing leads to the life cycle {_listed(action.lifecycle)}, so it never competes: add a "
                "touchpoint or outcome under lifecycle in journey.yaml, unless profiles state it"
            )
            yield Finding(ACTIONS, (*path, "lifecycle"), message, False, True)
        if action.stages and names.stages.issuperset(action.stages) and entered.isdisjoint(action.stages):
            message = f"{name}: no move leads to the stage {_listed(action.stages)}, so it never competes: add a move"
            yield Finding(ACTIONS, (*path, "stages"), message, False, True)


def _reachable_states(files: Files, names: Names) -> frozenset[str]:
    """The life-cycle states that touchpoints and outcomes lead to, from the first one on."""
    words = names.vocabulary
    reached = {words.first_state}
    grown = True
    while grown:
        leads = files.journey.lifecycle.values()
        found = {s for state in reached for to in leads for s in words.steps(state, to)} - reached
        reached |= found
        grown = bool(found)
    return frozenset(reached)


def _reachable_stages(files: Files) -> frozenset[str]:
    return frozenset(move.target for part in files.journey.journeys.values() for move in part.moves)


def _contradicts(path: Path, name: str, action: ActionPart, files: Files, names: Names, rules: Rules) -> Findings:
    asked: dict[str, Wanted] = {}
    given = []
    for field in ("eligibility", "suitability"):
        if isinstance(rule := rules.get((name, field)), CompiledRule):
            given.append((field, rule.text))
            collect(asked, rule.clauses)
    known = {"lifecycle": names.states, "stage": names.stages, "theme": names.themes, "kind": names.kinds}
    for asked_of in asked.keys() & known.keys():
        words, said = _own(asked_of, name, action, files)
        if words is not None and known[asked_of] & {*words}:  # an unknown word is an error of its own
            asked[asked_of].one_of(words, said)
    for wanted, held in contradictions(asked):
        clauses = " and ".join(dict.fromkeys(held.said))
        many = len(set(held.said)) > 1
        message = (
            f"{name}: it never competes: {clauses} {'never hold together' if many else 'never holds'}: correct the "
            f"rule, or what it asks of {wanted}"
        )
        field = next((field for field, text in given if any(s[1:-1] in text for s in held.said)), given[0][0])
        yield Finding(ACTIONS, (*path, field), message)


def _own(asked_of: str, name: str, action: ActionPart, files: Files) -> tuple[Collection[str] | None, str]:
    """The values that a variable can have because of the action's own keys, and how the file says so; None: any."""
    if asked_of == "lifecycle":
        return action.lifecycle or None, f"`lifecycle: [{', '.join(action.lifecycle)}]`"
    if asked_of == "stage":
        return action.stages or None, f"`stages: [{', '.join(action.stages)}]`"
    found = entries(name, action, files.actions)
    if action.rides_on or is_planned(name, files.actions) or not found:
        return None, ""
    if asked_of == "theme":
        about = [action.theme if entry.theme == "=" else entry.theme for entry in found]
        return ({*about, action.theme} if all(about) else None), "the theme of each entry of `when`"
    if any(entry.on not in ("touchpoint", "outcome") for entry in found):
        return None, ""
    happens = dict.fromkeys(n for entry in found for n in entry.name)
    return INTENTS.union(happens), f"`when` ({', '.join(happens)})"  # what was planned is judged again by a timer


def _behaviour(path: Path, name: str, action: ActionPart, files: Files, names: Names, rules: Rules) -> Findings:
    """A rule that reads behaviour needs `profiling`, also where the purpose does not ask for it."""
    read = behaviour_in(action, read_by(name, rules))
    own = names.vocabulary.purposes
    asks = {*(needs(action.purpose, own) or ()), *files.consents.extra.get(action.purpose, ())}
    if action.behavioural or not read or action.purpose in SERVICES or not asks or PROFILING in asks:
        return
    where = next((field for (owner, field), rule in rules.items() if owner == name and read & rule.reads), "")
    richer = [p for p in sorted(names.purposes) if {PROFILING, *asks} <= {*(needs(p, own) or ())}]
    use = f"use the purpose {_listed(richer)}, or write" if richer else "write"
    message = (
        f"{name}: reads {_listed(sorted(read))} (behaviour), so it is no candidate without the consent '{PROFILING}', "
        f"which its purpose '{action.purpose}' does not ask for: {use} behavioural: true if that is meant"
    )
    yield Finding(ACTIONS, (*path, where or "stages"), message, fatal=False)


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
