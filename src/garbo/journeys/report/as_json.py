"""The figures of a report as plain values, for JSON."""

from typing import Any

import msgspec

from garbo.journeys.report.model import Report


def as_json(report: Report) -> dict[str, Any]:
    """Everything the page shows. A flow is a list: origin, target, moves."""
    data: dict[str, Any] = {
        "title": dict(report.title), "since": report.since, "until": report.until,
        "notes": [dict(note) for note in report.notes], "journeys": [],
    }  # fmt: skip
    for journey in report.journeys:
        fields = {name: getattr(journey, name) for name in journey.__dataclass_fields__}
        fields["flows"] = [[origin, target, n] for (origin, target), n in sorted(journey.flows.items())]
        fields["narrowing"] = {"claims": journey.narrowing.claims, "ranking": journey.narrowing.ranking}
        data["journeys"].append(msgspec.to_builtins(fields))
    return data
