"""What a recorded row cannot answer about another policy, in sentences: it holds only what its own policy kept."""

from garbo.core.policy.compiled import CompiledPolicy
from garbo.core.policy.policy import Policy
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
    scarce = _uncounted(old, new)
    if scarce:
        found.append(f"A did not count what is used of {', '.join(scarce)}: B finds all of it free")
    if after.household and not before.household:
        found.append("the recorded rows do not hold contacts of household members: B does not count them")
    if new.proactive != old.proactive or _patience(new) != _patience(old):
        found.append("the moments of the party's own clock are the recorded ones; B's own would be others")
    if new.needs != old.needs:
        found.append("the moments at which needs are answered are the recorded ones; B's own may be others")
    return found


def _uncounted(old: Policy, new: Policy) -> list[str]:
    """What is scarce under `new` and was not, or by another period, under `old`."""
    found = [
        name for name, channel in new.channels.items()
        if channel.capacity is not None and _per(old, name) != channel.capacity.per
    ]  # fmt: skip
    known = old.actions
    return found + [n for n, action in new.actions.items() if action.stock and not (n in known and known[n].stock)]


def _patience(policy: Policy) -> dict[tuple[str, str], int]:
    return {(j.name, s.name): s.patience for j in policy.journeys.values() for s in j.stages.values() if s.patience}


def _per(policy: Policy, channel: str) -> str:
    known = policy.channels.get(channel)
    return known.capacity.per if known is not None and known.capacity is not None else ""


def _days(ms: int) -> str:
    days = ms / DAY
    return f"{days:g} day{'s' * (days != 1)}"
