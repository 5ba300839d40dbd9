"""What an outcome's status is worth as a label: 1 accepted, 0 not, None says nothing yet."""

from collections.abc import Mapping

from garbo.core.vocabulary.events import OutcomeStatus

LABELS: Mapping[OutcomeStatus, int | None] = {
    OutcomeStatus.DELIVERED: None,
    OutcomeStatus.OPENED: None,
    OutcomeStatus.CLICKED: None,
    OutcomeStatus.ACCEPTED: 1,
    OutcomeStatus.REFUSED: 0,
    OutcomeStatus.NO_ANSWER: 0,
    OutcomeStatus.COMPLAINT: 0,
    OutcomeStatus.UNSUBSCRIBED: 0,
    OutcomeStatus.FAILED: None,  # it never reached the person
}

NEGATIVE = frozenset({OutcomeStatus.REFUSED, OutcomeStatus.COMPLAINT, OutcomeStatus.UNSUBSCRIBED})
# What a suppression may count: no answer is no refusal, but three of them say something.
DISCOURAGING = NEGATIVE | {OutcomeStatus.NO_ANSWER}
