"""The metrics of journeys; `specs.py` has the table of all."""

from typing import Final

from garbo.adapters.observability.spec import Spec

_DWELLS: Final = (60.0, 600.0, 3600.0, 21_600.0, 86_400.0, 259_200.0, 604_800.0, 1_209_600.0, 2_592_000.0, 7_776_000.0)

JOURNEYS: Final = (
    Spec(
        "garbo_journey_entries_total",
        "counter",
        ("journey", "stage"),
        "Entries into a stage of a journey.",
        "entries - exits: how many are there",
    ),
    Spec(
        "garbo_journey_exits_total",
        "counter",
        ("journey", "stage", "exit"),
        "Exits from a stage: onward, back or aside by the ideal path; drop after its patience; end; merged.",
        "the share of onward that falls, or of drop that rises: GarboJourneyConversionDrifts",
    ),
    Spec(
        "garbo_journey_dwell_seconds",
        "histogram",
        ("journey", "stage"),
        "How long a stage was stayed in, at the exit.",
        "a median that rises: GarboJourneyDwellDrifts",
        _DWELLS,
    ),
    Spec(
        "garbo_journey_touches_total",
        "counter",
        ("journey", "kind"),
        "What happened on a journey besides entries and exits: stay, off_map, skip, return, goal, too_late; moves "
        "along the life cycle.",
        "goal; off_map after a change of the map",
    ),
    Spec(
        "garbo_journey_contacts_total",
        "counter",
        ("journey", "channel"),
        "Contacts by the journey of their theme.",
        "against the goals reached",
    ),
    Spec(
        "garbo_journey_responses_total",
        "counter",
        ("journey", "channel", "quality"),
        "Responses: positive, neutral or negative; implicit, a contact that was ignored.",
        "the share of negative that rises",
    ),
    Spec(
        "garbo_journey_corrections_total",
        "counter",
        (),
        "Facts that were taken back because a late event showed otherwise. The other counters of journeys keep them.",
        "growth: events arrive out of order",
    ),
    Spec(
        "garbo_journey_expired_facts_total",
        "counter",
        (),
        "Facts older than KPI cells are kept (400 days); they count as too late in the newest hour.",
        "any increase",
    ),
)
