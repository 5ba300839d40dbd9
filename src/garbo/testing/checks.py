"""Assertions about what a driver decided. A failure says what was decided instead, and why."""

from datetime import datetime

from garbo.core.vocabulary.effects import Blocked, DecisionRecord, Deliver
from garbo.core.vocabulary.reasons import Reason
from garbo.explain.record import explain
from garbo.processors.ports import InboundMessage
from garbo.testing.builders import ZONE, At, instant
from garbo.testing.driver import Driver


def assert_commands(driver: Driver, *actions: str) -> list[Deliver]:
    """The commands so far are for these actions, in this order, and no others. Returns the commands.

    Raises:
        AssertionError: they are not. It lists the commands there are and, for a missing one, what held it back.
    """
    commands = driver.commands()
    if [c.action for c in commands] == list(actions):
        return commands
    said = [f"Expected the commands {', '.join(actions) or 'none'}. There are:", *map(_command, commands)]
    missing = set(actions) - {c.action for c in commands}
    said += [f"{b.action} was held back at {_local(r.at)}: {_reason(b)}" for r, b in _blocked(driver, missing)]
    raise AssertionError("\n  ".join(said))


def assert_silence(driver: Driver) -> None:
    """There are no commands so far.

    Raises:
        AssertionError: there are.
    """
    assert_commands(driver)


def assert_at(command: Deliver, after: At, by: At | None = None) -> None:
    """The command is to be done between `after` and `by` (exactly at `after` where `by` is left out).

    Raises:
        AssertionError: it is to be done earlier or later.
    """
    first = instant(after)
    last = first if by is None else instant(by)
    if not first <= command.at <= last:
        raise AssertionError(f"{_command(command)}: expected between {_local(first)} and {_local(last)}")


def assert_blocked(driver: Driver, action: str, reason: str, detail: str = "") -> None:
    """Some decision so far held `action` back for `reason`, such as "cap_reached".

    Args:
        detail: where given, the rule, consent or scope that the decision names, such as the cap's name.

    Raises:
        AssertionError: no decision did. It lists what decisions said about the action.
        ValueError: no such reason exists.
    """
    wanted = Reason(reason)
    found = _blocked(driver, {action})
    if any(b.reason is wanted and detail in ("", b.detail) for _, b in found):
        return
    said = [f"No decision held {action} back for {wanted.value} {detail}".rstrip() + ". Decisions said:"]
    raise AssertionError("\n  ".join([*said, *(f"at {_local(r.at)}: {_reason(b)}" for r, b in found)]))


def decision(driver: Driver, message: InboundMessage | str) -> DecisionRecord:
    """The decision about a message, or about the event of this id. A duplicate's record does not count.

    Raises:
        AssertionError: nothing was decided about it.
    """
    event_id = message if isinstance(message, str) else message.event_id
    found = [r for r in driver.decisions() if r.event_id == event_id]
    if not found:
        letters = len(driver.dead_letters())
        raise AssertionError(f"Nothing was decided about event {event_id}; there are {letters} dead letters.")
    return found[0]


def sentences(driver: Driver, record: DecisionRecord) -> list[str]:
    """The record in English, as `garbo explain` prints it."""
    policy = driver.decide.policy.policy
    return explain(record, policy, "en", policy.zone)


def _blocked(driver: Driver, actions: set[str]) -> list[tuple[DecisionRecord, Blocked]]:
    return [(r, b) for r in driver.decisions() for b in r.blocked if b.action in actions]


def _command(command: Deliver) -> str:
    return f"{command.channel} {command.action} at {_local(command.at)}"


def _reason(blocked: Blocked) -> str:
    return f"{blocked.reason.value} {blocked.detail}".rstrip()


def _local(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, ZONE).strftime("%Y-%m-%d %H:%M:%S")
