"""What the analysis publishes on journey-findings: its claims, one message a key and change.

Rules
 1. The key is journey, stage and cause. A message is written when the finding is new, when what it says has changed, or
    when it is no longer claimed; its version is one higher each time. The same analysis twice writes nothing.
 2. A finding closes only when a report that covers its journey no longer claims it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace

from garbo.core.vocabulary.effects import JourneyFinding
from garbo.journeys.drift import Drift
from garbo.journeys.finding import Finding

NARROWING, DRIFT = "narrowing", "drift"
OPEN, CLOSED = "open", "closed"


def key_of(found: JourneyFinding) -> str:
    """The key of its message."""
    return f"{found.journey}|{found.stage}|{found.cause}"


def of_narrowing(f: Finding, at: int, since: int, until: int, policy_version: str) -> JourneyFinding:
    """A claimed narrowing as a message, version 0."""
    return JourneyFinding(
        f.journey, f.stage, f.cause, NARROWING, OPEN, 0, at, since, until, policy_version, f.gain, f.low, f.high,
        f.band_low, f.band_high, f.sure, f.share, f.usual, f.channel, f.segment, f.detail, f.visits, f.association,
    )  # fmt: skip


def of_drift(d: Drift, at: int, policy_version: str) -> JourneyFinding:
    """A drift as a message, version 0."""
    low, high = d.change.low or 0.0, d.change.high or 0.0
    return JourneyFinding(
        d.journey, d.stage, d.figure, DRIFT, OPEN, 0, at, d.period.since, d.period.until, policy_version,
        d.change.value, low, high, low, high, d.confidence, d.after, d.before, visits=d.exits,
    )  # fmt: skip


def latest(messages: Iterable[JourneyFinding]) -> dict[str, JourneyFinding]:
    """The last message of each key, in the order of the topic."""
    return {key_of(found): found for found in messages}


def changes(
    before: Mapping[str, JourneyFinding], claimed: Sequence[JourneyFinding], covered: Collection[str], at: int
) -> list[JourneyFinding]:
    """The messages to write. covered: the journeys that were looked at. at: now (ms)."""
    written = []
    now = {key_of(found): found for found in claimed}
    for key, found in now.items():
        last = before.get(key)
        if last is None or not _says_the_same(last, found):
            written.append(replace(found, version=1 + (last.version if last is not None else 0)))
    for key, last in before.items():
        if key not in now and last.status == OPEN and last.journey in covered:
            written.append(replace(last, status=CLOSED, version=last.version + 1, at=at))
    return written


def _says_the_same(last: JourneyFinding, found: JourneyFinding) -> bool:
    """In all but the version and the instant of the analysis."""
    return replace(found, version=last.version, at=last.at) == last
