"""Channels, as policy.yaml describes them. Durations are milliseconds."""

from msgspec import Struct


class Capacity(Struct, frozen=True):
    """At most `at_most` contacts in each "hour" or "day" (`per`) of the policy's zone, in the whole installation."""

    at_most: int
    per: str = "day"


class ChannelPolicy(Struct, frozen=True):
    """reports_within: how long after a command its dispatcher may take to report (ms); 0: it reports nothing, and a
    command counts as delivered. reports_seen: it also reports that a contact was seen (opened, clicked, answered); what
    was only delivered there may not have been seen. objects_to: the channels that an objection said on this one is
    about; empty: this one, or every channel if no contacts are made on this one."""

    name: str
    reports_within: int = 0
    capacity: Capacity | None = None
    objects_to: tuple[str, ...] = ()
    reports_seen: bool = True
