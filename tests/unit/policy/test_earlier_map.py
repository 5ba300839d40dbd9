"""A policy with the map of an earlier version is refused by name, with what to write instead."""

from garbo.policy import inspect
from tests.unit.policy.bank import sample

EARLIER = """
stages:
  discovery: {label: {it: Si guarda intorno, en: Looks around}}
moves:
  - {from: start, on: page_view, to: discovery}
"""


def test_stages_and_moves_at_the_top_say_where_they_stand_now() -> None:
    texts = sample()
    before, _, after = texts["journey.yaml"].partition("segments:")
    texts["journey.yaml"] = before + EARLIER.lstrip() + "interest_half_life" + after.partition("interest_half_life")[2]
    policy, report = inspect(texts)
    assert policy is None
    told = [p.message for p in report.errors if p.file == "journey.yaml"]
    assert told == [
        "'stages' stands in a journey now: write journeys: {NAME: {label, themes, stages, moves}}",
        "'moves' stands in a journey now: write journeys: {NAME: {label, themes, stages, moves}}",
    ]
    assert len(report.errors) == 2
