"""Play messages through a policy, in the time they say: before each message, everything due until then has happened."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from garbo.core.policy.policy import Policy
from garbo.errors import PolicyError
from garbo.policy.loader import bundle, load_text, texts_of
from garbo.processors.ports import InboundMessage
from garbo.testing.builders import At, instant
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
) -> Driver:
    """The driver after `messages`, in the order given, and after time has passed to `until`.

    Args:
        on: a policy starts a new driver; a driver goes on, for instance with the outcome of a command it gave.
        until: the end of the test, see `instant`.
        partitions: of the new driver. The result does not depend on it.
        times: how often each message is sent. Copies change nothing: Garbo recognises an id among the party's
            latest 16 events.
    """
    driver = on if isinstance(on, Driver) else Driver(on, partitions=partitions)
    for message in messages:
        driver.tick(message.at)
        for _ in range(times):
            driver.send(message)
    driver.tick(instant(until))
    return driver
