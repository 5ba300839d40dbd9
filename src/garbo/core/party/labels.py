"""The label that an outcome's status gives: 1 accepted, 0 not, None for no label yet."""

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

# The person reacted: the contact was not ignored.
ANSWERED = frozenset({OutcomeStatus.OPENED, OutcomeStatus.CLICKED, OutcomeStatus.ACCEPTED, OutcomeStatus.REFUSED})
NEGATIVE = frozenset({OutcomeStatus.REFUSED, OutcomeStatus.COMPLAINT, OutcomeStatus.UNSUBSCRIBED})
# Statuses that a suppression may count. No answer is no refusal, but three of them say something.
DISCOURAGING = NEGATIVE | {OutcomeStatus.NO_ANSWER}
