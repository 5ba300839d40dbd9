"""Plays facts through the synchronous driver: before each fact, time passes up to it, so what was due has fired."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from garbo.core.policy.policy import Policy
from garbo.demo.journeys import Journey, at
from garbo.policy.loader import load_text
from garbo.processors.ports import InboundMessage
from garbo.testing.driver import Driver

BANK = Path(__file__).parents[3] / "examples" / "bank"


@cache
def _texts() -> tuple[tuple[str, str], ...]:
    return tuple((path.name, path.read_text("utf-8")) for path in sorted(BANK.glob("*.yaml")))


@cache
def bank() -> Policy:
    """The policy of the golden journeys."""
    return load_text(dict(_texts()))


def edited(file: str, *edits: tuple[str, str]) -> Policy:
    """The bank's policy after each (old, new) edit of `file`; an edit that finds nothing is the test's mistake."""
    texts = dict(_texts())
    for old, new in edits:
        assert old in texts[file], f"{file} no longer says {old!r}"
        texts[file] = texts[file].replace(old, new)
    return load_text(texts)


def play(
    facts: Iterable[InboundMessage],
    until: str | int,
    policy: Policy | None = None,
    *,
    partitions: int = 4,
    times: int = 1,
) -> Driver:
    """The driver after `facts`, each sent `times` times, and time passing to `until`."""
    driver = Driver(policy or bank(), partitions=partitions)
    for fact in facts:
        driver.tick(fact.at)
        for _ in range(times):
            driver.send(fact)
    driver.tick(at(until) if isinstance(until, str) else until)
    return driver


def play_journey(journey: Journey, policy: Policy | None = None, *, partitions: int = 4, times: int = 1) -> Driver:
    return play(journey.messages, journey.until, policy, partitions=partitions, times=times)


def in_order(*groups: Sequence[InboundMessage]) -> list[InboundMessage]:
    """The facts of several stories as one stream; at one instant, in the order given."""
    return sorted((fact for group in groups for fact in group), key=lambda fact: fact.at)
