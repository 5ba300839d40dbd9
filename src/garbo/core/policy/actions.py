"""Actions of the catalogue, as actions.yaml describes them. Durations are milliseconds, values euro."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from garbo.core.policy.lookups import RuleValue
from garbo.core.vocabulary.instants import DAY

Rule: TypeAlias = Callable[[Mapping[str, RuleValue]], bool]
"""A compiled rule: takes the flat context, raises on any error (then the candidate is not eligible).

It may have a method `failing(context)`: the clause that made it false, for the record. A plain function has none.
"""

Amount: TypeAlias = Callable[[Mapping[str, RuleValue]], float]
"""A compiled value: takes the flat context, gives euro, raises on any error (then the candidate is not eligible)."""


class ActionClass(StrEnum):
    """In order of precedence. The classes above marketing bypass arbitration, never consent."""

    MANDATORY = "mandatory"
    SERVICE = "service"
    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


class Trigger(Struct, frozen=True):
    """One entry of an action's `when`: what makes it a candidate.

    on: "touchpoint" | "intent" | "outcome" | "profile" | "consent" | "need" | "overdue" | "follow_up" | "promise" |
    "inbound" | "proactive". name: the touchpoint's kind, the intent of its text, the outcome's status, the consent, the
    need's kind, the cause of the proactive point, or the follow-up's name; "": any. theme: "" any theme; "=" the
    action's own theme; otherwise that theme. after_action/after_min/after_max: only when that action went out so long
    ago and no outcome has answered it since (silence *plus* this event). of_action: an outcome of that action only.
    times, within: only when it happened so often within so many ms, this time counted. behavioural: it reads the
    person's behaviour.
    """

    on: str
    name: str = ""
    theme: str = ""
    after_action: str = ""
    after_min: int = 0
    after_max: int = 0
    of_action: str = ""
    times: int = 0
    within: int = 0
    behavioural: bool = False


class Placement(Struct, frozen=True):
    """When an action happens, seen from its decision: after `delay`; at local `at` ("HH:MM") `days` later."""

    delay: int = 0
    days: int = 0
    at: str = ""


class FollowUp(Struct, frozen=True):
    """Decide `action` again at `placement`. promise: the message tells the customer when."""

    action: str
    placement: Placement
    promise: bool = False


class Treatment(Struct, frozen=True):
    """How an action is made on one channel.

    message: by language. inbound: shown to who asks on that channel; no contact is made. public: all can read it, so
    it answers only what was said in public. cost: to the company (euro). weight: the pressure of one contact; below 0:
    the channel's. latency_budget: ms from the event to the decision.
    """

    channel: str
    message: Mapping[str, str] = {}
    inbound: bool = False
    public: bool = False
    cost: float = 0.0
    weight: float = -1.0
    latency_budget: int = 1000


class Action(Struct, frozen=True):
    """What the company can do for a customer, on each channel of its treatments, which stand in order of preference.

    group: of offers, with a lever of its own. family: the acceptance model it shares, its group's.
    """

    name: str
    action_class: ActionClass
    purpose: str
    theme: str
    treatments: tuple[Treatment, ...]
    group: str = ""
    family: str = ""
    when: tuple[Trigger, ...] = ()
    lifecycle: tuple[str, ...] = ()  # only in these states; empty: in any
    stages: tuple[str, ...] = ()  # only in these stages; empty: in any
    eligibility: Rule | None = None
    suitability: Rule | None = None
    title: Mapping[str, str] = {}
    validity: int = DAY
    valid_from: int = 0  # the first instant (ms) at which it may be made
    valid_until: int = 0  # the first instant (ms) at which it may not; 0: none
    stock: int = 0  # how often it may be made in the whole installation; 0: without limit
    value_company: float | Amount = 0.0
    value_customer: float | Amount = 0.0
    lever: float = 1.0  # its own times its group's
    context: Mapping[str, float] = {}  # life-cycle state or stage -> weight; 1 where absent
    perishable: bool = False
    answers: tuple[str, ...] = ()  # kinds of need it answers
    placement: Placement = Placement()
    follow_ups: tuple[FollowUp, ...] = ()
    rides_on: tuple[str, ...] = ()  # channels of service contacts it may ride on; then it never goes alone
    internal: bool = False  # for staff (a brief): no contact with the customer
    sensitive: bool = False  # uses special-category data
    behavioural: bool = False  # its rules, values or stages read behaviour
    ignores_quiet_hours: bool = False
    cooldown: int = 0  # at most once in so many ms
    cancelled_by: tuple[str, ...] = ()  # kinds of touchpoint and statuses of outcome that end its plan

    def on(self, channel: str, *, inbound: bool = False) -> Treatment | None:
        """Its treatment on `channel`; None if it has none."""
        for treatment in self.treatments:
            if treatment.channel == channel and treatment.inbound == inbound:
                return treatment
        return None
