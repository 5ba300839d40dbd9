"""What the analysis says: a stage, a cause, and what its relief would give."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause at a stage whose relief to what is usual would raise the journey's completions.

    gain: the relative rise, .15 for 15 %. low, high: its 95 % interval, by draws. band_low, band_high: the systematic
    band, over assumptions that the data cannot test; it contains the interval. sure: P(gain >= the least gain that
    counts). first: P(no cause of this journey that is more than an association gives more). share, usual: of the
    stage's visits, today and as is usual. channel, segment: where most of the excess is; "": everywhere. detail: the
    rule, cap or channel that held most of them; "": not known. visits: finished visits of the stage. association: the
    cause shares a hidden reason with the exit, so a relief need not give the gain.
    """

    journey: str
    stage: str
    cause: str
    gain: float
    low: float
    high: float
    band_low: float
    band_high: float
    sure: float
    first: float
    share: float
    usual: float
    channel: str = ""
    segment: str = ""
    detail: str = ""
    visits: int = 0
    association: bool = False


@dataclass(frozen=True, slots=True)
class Narrowing:
    """claims: findings sure enough to be claimed, the largest gain first. ranking: all of them."""

    claims: tuple[Finding, ...]
    ranking: tuple[Finding, ...]

    def of(self, journey: str) -> "Narrowing":
        """What concerns one journey."""
        claims = tuple(f for f in self.claims if f.journey == journey)
        return Narrowing(claims, tuple(f for f in self.ranking if f.journey == journey))
