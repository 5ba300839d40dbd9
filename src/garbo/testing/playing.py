"""Play messages through a policy, in the time they say: before each message, everything due until then has happened."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from garbo.core.policy.policy import Policy
from garbo.errors import PolicyError
from garbo.policy.loader import bundle, load_text, texts_of
from garbo.processors.ports import InboundMessage
from garbo.testing.builders import At, instant, outcome
from garbo.testing.driver import Driver


def load_policy(
    source: Path | str | Mapping[str, str], edits: Mapping[str, Sequence[tuple[str, str]]] | None = None
) -> Policy:
    """The policy in a folder, or in texts (file name -> text), after each (old, new) edit of its files.

    `edits` asks what would happen with another cap: `{"contact_policy.yaml": [("at_most: 1", "at_most: 2")]}`.

    Raises:
        PolicyError: an edit finds nothing (the first such edit), or the policy is wrong (all its errors).
    """
    texts = dict(source) if isinstance(source, Mapping) else texts_of(bundle(Path(source)))
    for file, changes in (edits or {}).items():
        for old, new in changes:
            if old not in texts.get(file, ""):
                raise PolicyError(f"{file} does not say {old!r}; correct the edit.")
            texts[file] = texts[file].replace(old, new)
    return load_text(texts)


def play(
    on: Policy | Driver,
    messages: Iterable[InboundMessage],
    until: At,
    *,
    partitions: int = 4,
    times: int = 1,
    report: str = "",
) -> Driver:
    """The driver after `messages`, in the order given, and after time has passed to `until`.

    Args:
        on: a policy starts a new driver; a driver goes on, for instance with the outcome of a command it gave.
        until: the end of the test, see `instant`.
        partitions: of the new driver. The result does not depend on it.
        times: how often each message is sent. Copies change nothing: Garbo recognises an id among the party's
            latest 16 events.
        report: the status, for instance "delivered", that a dispatcher reports of each command made meanwhile, at once.
            "": the dispatchers are dead, so an answer on a channel that reports is tried again in another way.
    """
    driver = on if isinstance(on, Driver) else Driver(on, partitions=partitions)
    dispatchers = _Dispatchers(driver, report) if report else None
    for message in messages:
        _pass(driver, message.at, dispatchers)
        for _ in range(times):
            driver.send(message)
        if dispatchers is not None:
            dispatchers.report()
    _pass(driver, instant(until), dispatchers)
    return driver


class _Dispatchers:
    """They report one status of each command."""

    def __init__(self, driver: Driver, status: str) -> None:
        self._driver = driver
        self._status = status
        self._reported = {command.action_id for command in driver.commands()}

    def report(self) -> None:
        for command in self._driver.commands():
            if command.action_id not in self._reported and not command.inbound:
                self._reported.add(command.action_id)
                report = outcome(self._status, command.at, action_id=command.action_id, party=command.party)
                self._driver.send(report)


def _pass(driver: Driver, until: int, dispatchers: _Dispatchers | None) -> None:
    """Time passes to `until` (ms). With dispatchers it stops at each timer, so that their reports come in between."""
    at = 0
    while dispatchers is not None:
        at = min((t.due for p in driver.parties() for t in p.timers if at < t.due <= until), default=0)
        if not at:
            break
        driver.tick(at)
        dispatchers.report()
    driver.tick(until)
