"""The policy's words that the town uses: kinds of touchpoint, themes, attributes. All of them stand here.

A test compares this table with the example bank. The town knows nothing else of a policy: action names, groups and
values are opaque to it.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from garbo.core.vocabulary.instants import HOUR

# Somebody asks what to do or show for the person: a clerk who opens the card, a slot of a page, an app or an ATM.
ASSIST, SLOT = "assist_opened", "slot_viewed"
COMPLAINT, CASE_CLOSED, PRAISE, PRIVATE = "complaint", "case_closed", "praise", "social_message"
OPENED, CLOSED, ACTIVATED, VISIT = "account_opened", "account_closed", "card_activated", "branch_visit"
LOOK = "page_view"
PERSONAL_DATA, OWN_PROMOTION, PROFILING = "personal_data", "own_promotion", "profiling"

# How long a person waits for an answer, as a median, in milliseconds. Kinds that are not here expect none.
EXPECTS: Final[Mapping[str, int]] = {
    "information_request": 4 * HOUR,
    "social_post": 2 * HOUR,
    PRIVATE: 2 * HOUR,
    "simulation_completed": 30 * HOUR,
    "transfer_failed": 3 * HOUR,
    COMPLAINT: 72 * HOUR,
}
# A visit or a call of the person's own settles what waits.
SETTLES: Final = frozenset({VISIT, "inbound_call", CASE_CLOSED})


class Want(NamedTuple):
    """How many persons want a thing, and with what probability they say yes to an offer of it.

    share: of the persons who want it. keen, cool: the probability to accept one offer, wanted and not wanted.
    """

    share: float
    keen: float
    cool: float


WANTS: Final[Mapping[str, Want]] = {
    "prepaid_card": Want(0.14, 0.30, 0.012),
    "credit_card": Want(0.12, 0.28, 0.012),
    "current_account": Want(0.10, 0.25, 0.008),
    "savings": Want(0.15, 0.28, 0.015),
    "term_deposit": Want(0.12, 0.28, 0.012),
    "pension": Want(0.08, 0.22, 0.006),
    "mortgage": Want(0.05, 0.22, 0.003),
    "home_insurance": Want(0.10, 0.20, 0.008),
}
OTHER_WANT: Final = Want(0.08, 0.20, 0.010)  # every theme that is not in the table

# What a person does who has said yes: the kind of touchpoint and its channels. Other themes end with the yes.
PURCHASES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "prepaid_card": (ACTIVATED, ("app", "web", "atm")),
    "credit_card": (ACTIVATED, ("app", "web", "atm")),
    "current_account": (OPENED, ("web", "app", "branch")),
    "savings": (OPENED, ("app", "web", "branch")),
    "term_deposit": (OPENED, ("app", "branch")),
    "pension": (VISIT, ("branch",)),
    "mortgage": (VISIT, ("branch",)),
    "home_insurance": (VISIT, ("branch",)),
}

# What a customer may own from the start, and the attribute by which the company knows it.
OWNED: Final[Mapping[str, tuple[str, float]]] = {
    "credit_card": ("has_credit_card", 0.35),
    "pension": ("has_pension_plan", 0.15),
    "home_insurance": ("has_home_insurance", 0.20),
}
# Further attributes of customers: euros, and ISO dates.
BALANCE, INCOME, HAS_APP, CHILDREN = "balance", "income", "has_app", "children"
CONTRACT_END, CARD_EXPIRY, DOCUMENT_EXPIRY = "contract_end", "card_expiry", "document_expiry"
DECLARED_CHANNEL = "preferred_channel"
