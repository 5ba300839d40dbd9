"""The metrics of journeys: how stages are entered and left, and what contacts bring.

Rules
 1. Labels are the words of the map in use. A stage that it no longer has, or a journey, is `other`.
 2. A counter never goes down, so a correction is counted as a correction. Exact figures, also of the past, are those
    of journey-kpis: `garbo journey kpis`.
"""

from collections.abc import Collection
from typing import Final

from garbo.adapters.observability.series import OTHER, Counter, Histograms
from garbo.core.journeys.cells import EXITS, LIFE_CYCLE, LIFECYCLE
from garbo.core.vocabulary.effects import Flow, FlowKind

_TOUCHES: Final = frozenset(
    (FlowKind.STAY, FlowKind.OFF_MAP, FlowKind.SKIP, FlowKind.RETURN, FlowKind.GOAL, FlowKind.TOO_LATE)
)
_LEAVES: Final = frozenset((FlowKind.MOVE, FlowKind.DROP, FlowKind.END, FlowKind.MERGED))
_NONE: Final = "none"  # a contact, or a stage, of no journey


class JourneyMetrics:
    """Its methods are those of `processors.meters.Meter` that are about journeys."""

    def __init__(self) -> None:
        self.entries = Counter("garbo_journey_entries_total")
        self.exits = Counter("garbo_journey_exits_total")
        self.dwell = Histograms("garbo_journey_dwell_seconds")
        self.touches = Counter("garbo_journey_touches_total")
        self.contacts = Counter("garbo_journey_contacts_total")
        self.responses = Counter("garbo_journey_responses_total")
        self.corrections = Counter("garbo_journey_corrections_total", [()])
        self.too_late = Counter("garbo_journey_expired_facts_total", [()])
        self.metrics = (
            self.entries, self.exits, self.dwell, self.touches, self.contacts, self.responses, self.corrections,
            self.too_late,
        )  # fmt: skip
        self._stages: frozenset[tuple[str, str]] = frozenset()
        self._journeys: frozenset[str] = frozenset()

    def journeys(self, places: Collection[tuple[str, str]]) -> None:
        """The map has these journeys and stages. Their counters start at 0."""
        self._stages = frozenset(places)
        self._journeys = frozenset(journey for journey, _ in places)
        for journey, stage in sorted(places):
            place = (journey or _NONE, stage)
            self.entries.add(place, 0)
            for how in EXITS:
                self.exits.add((*place, how), 0)

    def journey(self, fact: Flow, how: str) -> None:
        if fact.sign < 0:
            self.corrections.add(())
            return
        if fact.axis == LIFECYCLE:
            self.touches.add((LIFE_CYCLE, fact.kind.value))
            return
        kind, journey = fact.kind, self._journey(fact.journey)
        if kind in _LEAVES and fact.origin:
            place = self._place(journey, fact.journey, fact.origin)
            self.exits.add((*place, how))
            self.dwell.series(place).add(fact.dwell_ms / 1000)
        if kind in (FlowKind.MOVE, FlowKind.ENTER) and fact.target:
            self.entries.add(self._place(journey, fact.journey, fact.target))
        elif kind in _TOUCHES:
            self.touches.add((journey, kind.value))
        elif kind is FlowKind.CONTACT:
            self.contacts.add((journey, fact.channel or _NONE))
        elif kind is FlowKind.RESPONSE:
            self.responses.add((journey, fact.channel or _NONE, "implicit" if fact.implicit else fact.quality or _NONE))

    def _journey(self, journey: str) -> str:
        if not journey:
            return _NONE
        return journey if journey in self._journeys else OTHER

    def _place(self, label: str, journey: str, stage: str) -> tuple[str, str]:
        return label, stage if (journey, stage) in self._stages else OTHER
