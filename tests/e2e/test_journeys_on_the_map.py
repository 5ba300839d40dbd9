"""The golden journeys lie on their maps stage by stage, as MISSION.md tells them: read off the KPI cells alone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from garbo.readmodel.journey_figures import figures, journey_figures
from garbo.readmodel.journey_kpis import JourneyKpis, Question, of_records
from tests.unit.audit.verify.recorded import stories

ROME = ZoneInfo("Europe/Rome")


@pytest.fixture(scope="module")
def kpis() -> JourneyKpis:
    recorded = stories()
    return of_records(recorded.log["journey-kpis"], recorded.codec)


def entries(kpis: JourneyKpis, journey: str) -> list[tuple[str, str, str]]:
    """Each entry into a stage: the hour in Rome, the stage, the channel; in the order of hours and names."""
    found = []
    for line in kpis.read(Question(journey, by="hour", split=("stage", "channel"))):
        at = datetime.fromtimestamp(line.start / 1000, UTC).astimezone(ROME)
        found += [(at.strftime("%d %b %H"), line.stage, line.channel)] * line.cell.count("enter")
    return found


def moves(kpis: JourneyKpis, journey: str) -> dict[str, list[str]]:
    """Stage -> the stages entered from it."""
    lines = kpis.read(Question(journey))
    return {line.stage: list(line.cell.targets) for line in lines if line.cell.targets}


def test_martina_asks_is_answered_at_once_called_on_time_and_accepts(kpis: JourneyKpis) -> None:
    assert entries(kpis, "card") == [
        ("21 Feb 11", "discovery", "third_party"),
        ("26 Feb 21", "enquiry", "web"),
        ("26 Feb 21", "proposal", "email"),
        ("27 Feb 09", "decision", "call_centre"),
        ("27 Feb 09", "onboarding", "call_centre"),
    ]
    assert moves(kpis, "card") == {
        "discovery": ["enquiry"], "enquiry": ["proposal"], "proposal": ["decision"], "decision": ["onboarding"],
    }  # fmt: skip
    stages = {line.stage: line.cell for line in kpis.read(Question("card"))}
    assert 1 == stages["enquiry"].count("stay")  # the post on our page is the same enquiry: one answer for two signals
    answer = figures(stages["enquiry"]).answer
    assert answer is not None
    assert answer < 30 * 60_000
    reply = {"contact": 1, "value_customer": 20.0}
    assert {"email_information_promise": reply} == figures(stages["enquiry"]).treated
    assert {"call_information": {**reply, "positive": 1}} == figures(stages["proposal"]).treated
    whole = journey_figures(stages.values())
    assert (1, 1, 1.0, 2, 2.0) == (
        whole.begun, whole.goals, whole.conversion, whole.contacts, whole.contacts_per_goal,
    )  # fmt: skip


def test_antonio_gets_a_message_silence_and_then_a_call_to_the_branch(kpis: JourneyKpis) -> None:
    assert entries(kpis, "pension") == [
        ("18 Apr 23", "enquiry", "third_party"),
        ("19 Apr 09", "proposal", "sms"),
        ("27 Apr 14", "appointment", "call_centre"),
        ("30 Apr 09", "decision", "branch"),
    ]
    stages = {line.stage: line.cell for line in kpis.read(Question("pension"))}
    proposal = figures(stages["proposal"])
    assert (1, 1, 1) == tuple(
        proposal.counts[name] for name in ("neutral", "implicit", "stay")
    )  # silence, then a visit
    assert proposal.treated["call_pension_invite"] == {"contact": 1, "positive": 1, "value_customer": 150.0}
    whole = journey_figures(stages.values())
    assert (1, 1, 0) == (whole.begun, whole.goals, whole.present)


def test_the_rossi_family_is_helped_first_and_offered_a_mortgage_in_the_same_call(kpis: JourneyKpis) -> None:
    assert entries(kpis, "service") == [
        ("23 Jun 21", "answered", "social"),
        ("23 Jun 21", "trouble", "ebanking"),
        ("24 Jun 09", "solved", "call_centre"),
    ]
    assert moves(kpis, "service") == {"trouble": ["answered"], "answered": ["solved"]}
    assert entries(kpis, "mortgage") == [("23 Jun 21", "consideration", "web")]
    assert [("11 Oct 12", "onboarding", "branch"), ("23 Jun 21", "relationship", "ebanking")] == entries(
        kpis, "account"
    )
    stages = {line.stage: line.cell for line in kpis.read(Question("service"))}
    needs = sum(cell.count("need_in_time") for cell in stages.values())
    late = sum(cell.count("need_late") + cell.count("need_unanswered") for cell in stages.values())
    assert (2, 0) == (needs, late)
    segments = {line.segment for line in kpis.read(Question("service", split=("segment",), stage="solved"))}
    assert {"family"} == segments
