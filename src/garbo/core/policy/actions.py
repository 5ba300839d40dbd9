"""Actions of the catalogue, as actions.yaml describes them. Durations are milliseconds, values euro."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from garbo.core.vocabulary.events import Value
from garbo.core.vocabulary.instants import DAY

Rule: TypeAlias = Callable[[Mapping[str, Value]], bool]
"""A compiled rule: takes the flat context, raises on any error (then the candidate is not eligible)."""


class ActionClass(StrEnum):
    """In order of precedence. The classes above marketing bypass arbitration, never consent."""

    MANDATORY = "mandatory"
    SERVICE = "service"
    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


class Trigger(Struct, frozen=True):
    """What makes an action a candidate.

    on: "touchpoint" | "outcome" | "need" | "overdue" | "follow_up" | "promise". name: the touchpoint's kind, the
    outcome's status, the need's kind, or the follow-up's name. theme: "" any theme; "=" the action's own theme;
    otherwise that theme. after_action/after_min/after_max: only when that action went out so long ago and no
    outcome has answered it since (silence *plus* this event). of_action: an outcome of that action only.
    """

    on: str
    name: str
    theme: str = ""
    after_action: str = ""
    after_min: int = 0
    after_max: int = 0
    of_action: str = ""


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


class Action(Struct, frozen=True):
    """What the company can do for a customer on one channel. family: the acceptance model it shares."""

    name: str
    action_class: ActionClass
    purpose: str
    channel: str
    theme: str
    family: str
    triggers: tuple[Trigger, ...] = ()
    eligibility: Rule | None = None
    suitability: Rule | None = None
    title: Mapping[str, str] = {}
    message: Mapping[str, str] = {}
    validity: int = DAY
    value_bank: float = 0.0
    value_customer: float = 0.0
    lever: float = 1.0
    context: Mapping[str, float] = {}  # life-cycle state -> weight; 1 where absent
    latency_budget: int = 1000
    perishable: bool = False
    answers: tuple[str, ...] = ()  # kinds of need it answers
    placement: Placement = Placement()
    follow_ups: tuple[FollowUp, ...] = ()
    rides_on: tuple[str, ...] = ()  # channels of service contacts it may ride on; then it never goes alone
    internal: bool = False  # for staff (a brief): no contact with the customer
    sensitive: bool = False  # uses special-category data
    ignores_quiet_hours: bool = False
    cooldown: int = 0  # at most once in so many ms
    cancelled_by: tuple[str, ...] = ()  # kinds of touchpoint and statuses of outcome that end its plan
