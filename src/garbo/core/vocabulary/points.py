"""The instants at which Garbo asks "what now?". docs/decision-points.md shows who competes at each."""

from enum import StrEnum


class Point(StrEnum):
    EVENT = "event"  # something happened: a touchpoint, an outcome, a change of profile or consent
    NEED = "need"  # a need's signals are gathered, its answer failed, or its deadline has come
    INBOUND = "inbound"  # somebody asks what to say or show to the person who is there
    PLANNED = "planned"  # a planned contact, a follow-up or a promise comes due
    PROACTIVE = "proactive"  # the party's own clock
