"""What a recorded row cannot answer about another policy, in sentences: it holds only what its own policy kept."""

from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.vocabulary.instants import DAY


def limits(before: CompiledPolicy, after: CompiledPolicy) -> list[str]:
    """Where one step from rows of policy `before` may see less than policy `after` asks for; empty for nowhere."""
    found = []
    if after.memory > before.memory:
        found.append(
            f"B looks back {_days(after.memory)}, the recorded rows remember {_days(before.memory)}: older contacts "
            "are not counted"
        )
    old, new = before.policy, after.policy
    kept = [
        name for name, attribute in new.attributes.items()
        if attribute.scope == "party" and (name not in old.attributes or old.attributes[name].scope != "party")
    ]  # fmt: skip
    if kept:
        found.append(f"the recorded rows do not hold {', '.join(kept)}: B finds the default of each")
    if after.household and not before.household:
        found.append("the recorded rows do not hold contacts of household members: B does not count them")
    if new.proactive != old.proactive or any(
        stage.patience != (old.stages[name].patience if name in old.stages else 0) for name, stage in new.stages.items()
    ):
        found.append("the moments of the party's own clock are the recorded ones; B's own would be others")
    if new.needs != old.needs:
        found.append("the moments at which needs are answered are the recorded ones; B's own may be others")
    return found


def _days(ms: int) -> str:
    days = ms / DAY
    return f"{days:g} day{'s' * (days != 1)}"
