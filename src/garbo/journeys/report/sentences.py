"""What a finding says, in words: for the page and for the terminal alike."""

from collections.abc import Mapping
from typing import NamedTuple

from garbo.journeys.drift import CONVERSION, Drift
from garbo.journeys.finding import Finding
from garbo.journeys.narrowing import Bar
from garbo.journeys.report.model import JourneyReport, Label
from garbo.journeys.report.words import Say


class Claim(NamedTuple):
    """head: stage and cause. text: what its relief would give. more: how often it is met, and where."""

    head: str
    text: str
    more: str


def obstacle(f: Finding) -> str:
    """`cap:weekly`, or `cap`: the cause and what held most of the visits."""
    return f"{f.cause}:{f.detail}" if f.detail else f.cause


def claim(f: Finding, labels: Mapping[str, Label], say: Say) -> Claim:
    """A finding that may be claimed."""
    values = {name: say.rise(getattr(f, name)) for name in ("low", "high", "band_low", "band_high")}
    stage, cause = say.label(labels.get(f.stage, {}), f.stage), say.cause(f.cause)
    key = "claim_association" if f.association else "claim"
    text = say(key, stage=stage, cause=cause, gain=say.percent(f.gain, 0), **values)
    head = f"{stage}: {cause}."
    more = [say("share_usual", share=say.percent(f.share, 0), usual=say.percent(f.usual, 0))]
    where = say.where(f.channel, f.segment)
    more += [say("named", detail=f.detail)] if f.detail else []
    more += [say("mostly", where=where)] if where else []
    return Claim(head, text.removeprefix(head).strip(), " ".join(more))


def drifted(d: Drift, labels: Mapping[str, Label], say: Say) -> str:
    """A figure of a stage that is not what it was."""
    if d.figure == CONVERSION:
        before, after = (say.number(100 * x, 1) for x in (d.before, d.after))
    else:
        before, after = say.duration(d.before), say.duration(d.after)
    return say(
        f"drift_{d.figure}", stage=say.label(labels.get(d.stage, {}), d.stage), before=before, after=after,
        change=say.rise(d.change.value), low=say.rise(d.change.low or 0.0), high=say.rise(d.change.high or 0.0),
    )  # fmt: skip


def no_claim(j: JourneyReport, bar: Bar, say: Say) -> tuple[str, str]:
    """Why nothing is claimed, and what weighs most; the second is "" without a stage."""
    first = say("no_claim", least=say.percent(bar.least, 0)) if j.narrowing.ranking else say("no_causes")
    heaviest = max(j.stages, key=lambda r: r.weight, default=None)
    if heaviest is None:
        return first, ""
    return first, say(
        "widest_loss",
        stage=say.label(heaviest.label, heaviest.stage),
        lost=say.percent(heaviest.drop_off.rate),
        weight=say.percent(heaviest.weight, 0),
    )
