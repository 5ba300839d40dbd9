"""What a report shows, as plain data: filled by `build`, drawn by `page`. Nothing is computed after this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from garbo.journeys.attraction import Attraction, LikedStop
from garbo.journeys.drift import Drift
from garbo.journeys.drop_off import DropOff
from garbo.journeys.finding import Narrowing
from garbo.journeys.jackknife import Estimate

Label = Mapping[str, str]
"""Language -> text."""


@dataclass(frozen=True, slots=True)
class Dwell:
    """Quantiles of how long visits last (ms)."""

    p10: int
    p25: int
    p50: int
    p75: int
    p90: int


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage that is neither the goal nor an end.

    begun: journeys that begin here. entries, returns, skips: visits begun, those that are returns, those who passed
    over it. onward, back, aside: exits that are no drop-off, by the ideal path. lost: share of exits that drop off,
    with interval. time: share of all time that the journey's visits take here. touches: for each visit. weight: the
    relative rise of completions if nobody dropped off here. patience, within: of the map (ms), 0: not said.
    """

    stage: str
    label: Label
    turn: str
    begun: int
    entries: int
    returns: int
    skips: int
    onward: int
    back: int
    aside: int
    drop_off: DropOff
    lost: Estimate
    dwell: Dwell | None
    time: float
    touches: float
    weight: float
    patience: int = 0
    within: int = 0


@dataclass(frozen=True, slots=True)
class Responses:
    """What came back from contacts. name: a stage, or a treatment. value: to the customer, delivered by them (euro)."""

    name: str
    contacts: int
    positive: int
    neutral: int
    negative: int
    ignored: int
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Attention:
    """What is owed and was not given at a stage.

    silent: visits that ended by patience and never had an answer, though one was due. late, unanswered: needs. reasons:
    what held the silent ones back -> visits.
    """

    stage: str
    silent: int
    needs: int
    late: int
    unanswered: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the data: a channel, a segment, a month.

    visits: begun. begun: journeys begun; None for a channel, which a journey changes. reached: moves into the goal.
    lost: stage -> drop-off.
    """

    name: str
    visits: int
    begun: int | None
    reached: int
    lost: Mapping[str, DropOff]


@dataclass(frozen=True, slots=True)
class JourneyReport:
    """One journey. flows: (origin, target) -> moves, to the goal and the ends too. completion: share, by the chain.

    since: from when on its exits count (ms). drifts: figures that are not what they were.
    """

    journey: str
    label: Label
    ideal: Sequence[str]
    goal: str
    ends: Sequence[str]
    labels: Mapping[str, Label]
    expect: float
    begun: int
    reached: int
    completion: float
    stages: Sequence[StageRow]
    flows: Mapping[tuple[str, str], int]
    narrowing: Narrowing
    attraction: Sequence[Attraction]
    liked: Sequence[LikedStop]
    responses: Sequence[Responses]
    treatments: Sequence[Responses]
    attention: Sequence[Attention]
    channels: Sequence[Slice]
    segments: Sequence[Slice]
    periods: Sequence[Slice]
    since: int = 0
    drifts: Sequence[Drift] = ()

    def row(self, stage: str) -> StageRow | None:
        """The row of an open stage; None for the goal and the ends."""
        return next((r for r in self.stages if r.stage == stage), None)


@dataclass(frozen=True, slots=True)
class Report:
    """The whole page. since, until: what exits count (ms). notes: sentences for the end, by language."""

    title: Label
    since: int
    until: int
    journeys: Sequence[JourneyReport]
    notes: Sequence[Label] = ()
