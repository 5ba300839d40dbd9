"""The default words: a bank's. A policy's vocabulary.yaml may put its own in their place.

`core.policy.vocabulary` says what each word means; nothing else in the core names one.
"""

from enum import StrEnum


class Channel(StrEnum):
    """The touchpoints' channels; `actions.<channel>` are named after them."""

    WEB = "web"
    EBANKING = "ebanking"
    SOCIAL = "social"
    APP = "app"
    CALL_CENTRE = "call_centre"
    BRANCH = "branch"
    ATM = "atm"
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    THIRD_PARTY = "third_party"


class OutcomeStatus(StrEnum):
    """What became of an action, as its dispatcher reports it."""

    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    FAILED = "failed"


LEAD, PROSPECT, CUSTOMER, FORMER = "lead", "prospect", "customer", "former"
