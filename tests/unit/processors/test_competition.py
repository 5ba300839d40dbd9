"""What a record says about who competed."""

import pytest

from garbo.core.vocabulary.effects import Blocked, DecisionRecord, Scored
from garbo.core.vocabulary.reasons import Disposition, Reason
from garbo.processors.competition import Competition, competition
from tests.unit.core.small import SMALL


def scored(action: str, reason: Reason | None = None) -> Scored:
    return Scored(action, 0.1, -1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.1, 0.5, 0, reason)


def record(**more: object) -> DecisionRecord:
    fields: dict[str, object] = {"point": "event", **more}
    return DecisionRecord("d", "p", "e", "touchpoint", "view", 0, 0, Disposition.DECIDED, "small", **fields)  # type: ignore[arg-type]


OFFER = scored("offer_email")
HELD = Blocked("offer_email", Reason.COOLDOWN)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (record(), Competition("nothing_competed")),
        (record(blocked=(HELD,)), Competition("all_blocked", 0, True)),
        (record(blocked=(Blocked("apology", Reason.LATE),)), Competition("all_blocked")),
        (record(scored=(OFFER,)), Competition("silence_chosen", 1, True)),
        (record(scored=(OFFER,), blocked=(HELD,), chosen="offer_email"), Competition("action", 1, True)),
        # The offer that rode along competed for the ride only.
        (record(scored=(scored("apology"), scored("rider_card")), chosen="apology"), Competition("action", 1)),
        # A condition that does not hold, or a plan that became pointless, is no candidate.
        (record(blocked=(Blocked("offer_call", Reason.CONDITION),)), Competition("nothing_competed")),
        (
            record(blocked=(Blocked("offer_call", Reason.CANCELLED, "branch_visit"),)),
            Competition("nothing_competed", plans=(("cancelled", "cancelled"),)),
        ),
        (
            record(confirmation="confirmed", chosen="offer_email", scored=(OFFER,)),
            Competition("action", 1, True, (("confirmed", ""),)),
        ),
        (
            record(confirmation="cancelled", blocked=(Blocked("offer_email", Reason.CONSENT_DENIED),)),
            Competition("cancelled", 0, True, (("cancelled", "consent_denied"),)),
        ),
        (
            record(confirmation="cancelled", scored=(scored("offer_email", Reason.BELOW_SILENCE),)),
            Competition("cancelled", 1, True, (("cancelled", "below_silence"),)),
        ),
        (record(confirmation="cancelled"), Competition("cancelled", plans=(("cancelled", "dropped"),))),
    ],
)
def test_what_became_of_a_decision(given: DecisionRecord, expected: Competition) -> None:
    assert competition(given, SMALL) == expected


def test_an_action_that_the_policy_no_longer_has_is_no_marketing_and_no_bug() -> None:
    gone = record(scored=(scored("long_gone"),), blocked=(Blocked("gone_too", Reason.COOLDOWN),))
    assert competition(gone, SMALL) == Competition("silence_chosen", 1)


def test_a_record_without_a_decision_counts_at_no_point() -> None:
    assert competition(record(point=""), SMALL) is None
