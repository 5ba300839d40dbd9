"""The policy as the core sees it: immutable, validated, compiled. Written in YAML, built by `garbo.policy`.

All durations are milliseconds, all values euro, all names keys of the catalogue.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from garbo.core.vocabulary.events import Value
from garbo.core.vocabulary.instants import DAY, MINUTE

Rule: TypeAlias = Callable[[Mapping[str, Value]], bool]
"""A compiled rule: takes the flat context, raises on any error (then the candidate is not eligible)."""


class ActionClass(StrEnum):
    """In order of precedence. Mandatory and service bypass arbitration, never consent or suppressions of law."""

    MANDATORY = "mandatory"
    SERVICE = "service"
    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


class Trigger(Struct, frozen=True):
    """What makes an action a candidate.

    on: "touchpoint" | "outcome" | "need" | "overdue" | "follow_up" | "promise". name: the touchpoint's kind, the
    outcome's status, the need's kind, or the follow-up's name. topic: "" any topic; "=" the action's own topic;
    otherwise that topic. after_action/after_min/after_max: only when that action went out so long ago and no
    outcome has answered it since (silence *plus* this event). of_action: an outcome of that action only.
    """

    on: str
    name: str
    topic: str = ""
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
    """Decide `action` again at `placement`; `promise` when the customer was told the time."""

    action: str
    placement: Placement
    promise: bool = False


class Action(Struct, frozen=True):
    name: str
    action_class: ActionClass
    purpose: str
    channel: str
    topic: str
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
    cooldown: int = 0  # at most once in so long
    cancelled_by: tuple[str, ...] = ()  # kinds of touchpoint and statuses of outcome that end a planned one


class Cap(Struct, frozen=True):
    """At most `limit` contacts in every rolling window (t - window, t] that match; empty filters match all.

    limits: classes it holds back. counts: classes it counts. Riders count only when a purpose or topic is named.
    """

    name: str
    window: int
    limit: int
    channels: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    limits: tuple[str, ...] = ("marketing",)
    counts: tuple[str, ...] = ("marketing",)


class Spacing(Struct, frozen=True):
    """At least `gap` between two matching contacts, before and after, planned ones included."""

    name: str
    gap: int
    channels: tuple[str, ...] = ()
    limits: tuple[str, ...] = ("marketing",)
    counts: tuple[str, ...] = ("marketing", "service")


class Sequence(Struct, frozen=True):
    """Never `then` within `within` after `first` (names of actions)."""

    name: str
    first: str
    then: str
    within: int


class Exclusion(Struct, frozen=True):
    """At most one of `actions` within any `within`."""

    name: str
    actions: tuple[str, ...]
    within: int


class Suppression(Struct, frozen=True):
    """`count` outcomes of `statuses` within `window` pause `scope` for `pause`. Every suppression ends.

    scope: "all" | "channel" | "topic" | "action". limits: classes paused.
    """

    name: str
    statuses: tuple[str, ...]
    count: int
    window: int
    pause: int
    scope: str
    limits: tuple[str, ...] = ("marketing",)


class QuietHours(Struct, frozen=True):
    """Local minutes of the day between which a channel is silent (start inclusive, end exclusive; may wrap)."""

    start: int
    end: int
    closed_weekdays: tuple[int, ...] = ()  # 0 Monday
    holidays: bool = False  # closed on public holidays of the policy's country


class ContactPolicy(Struct, frozen=True):
    caps: tuple[Cap, ...] = ()
    spacings: tuple[Spacing, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    quiet_hours: Mapping[str, QuietHours] = {}
    holidays: frozenset[str] = frozenset()  # ISO dates; computed when the policy is loaded
    contact_weights: Mapping[str, float] = {}  # channel -> pressure of one contact
    refusal_weight: float = 1.0
    complaint_weight: float = 3.0
    pressure_half_life: int = 7 * DAY

    @property
    def longest_window(self) -> int:
        """How long the ledger must remember (ms)."""
        spans = [c.window for c in self.caps] + [s.gap for s in self.spacings]
        spans += [s.within for s in self.sequences] + [e.within for e in self.exclusions]
        return max(spans, default=0)


class NeedKind(Struct, frozen=True):
    """A kind of need: which touchpoints open it, how long signals are gathered, by when it must be answered.

    opened_by: kinds of touchpoint. gather: wait so long for more signals, so that two signals get one answer.
    answer_within: the deadline. resolved_by: kinds of touchpoint or statuses of outcome that settle it.
    """

    name: str
    opened_by: tuple[str, ...]
    gather: int
    answer_within: int
    resolved_by: tuple[str, ...] = ()


class StageRule(Struct, frozen=True):
    """From `origin` ("*" any) to `target` when `trigger` (touchpoint kind, outcome status) happens."""

    origin: str
    trigger: str
    target: str
    topic: str = ""


class Arbitration(Struct, frozen=True):
    customer_weight: float = 1.0  # lambda
    pressure_weight: float = 1.0  # mu
    silence_score: float = 0.0  # an offer must be worth more than this
    exploration: float = 0.0  # epsilon, shared by the whole feasible set: each keeps at least epsilon / n
    salt: str = "garbo"


class Feature(Struct, frozen=True):
    """One input of a model. kind: "number" | "category". behavioural ones need `profiling`."""

    name: str
    kind: str


class Model(Struct, frozen=True):
    """The acceptance model of one action family; P0 and SE are its starting propensity and evidence."""

    family: str
    scorer: str
    features: tuple[Feature, ...]
    starting_propensity: float
    starting_evidence: float
    parameters: Mapping[str, Value] = {}


class Attribute(Struct, frozen=True):
    """A declared attribute: undeclared ones are not kept. scope "party": on the row; "event": this event only."""

    name: str
    kind: str  # "int" | "float" | "string" | "bool"
    default: Value
    scope: str = "party"


class Policy(Struct, frozen=True):
    version: str
    zone: str = "Europe/Rome"
    language: str = "it"
    actions: Mapping[str, Action] = {}
    contact: ContactPolicy = ContactPolicy()
    needs: Mapping[str, NeedKind] = {}
    lifecycle: Mapping[str, str] = {}  # trigger -> life-cycle state it leads to
    stages: tuple[str, ...] = ()
    stage_rules: tuple[StageRule, ...] = ()
    topics: Mapping[str, tuple[str, ...]] = {}  # topic -> words that betray it in free text, lower case
    topic_labels: Mapping[str, Mapping[str, str]] = {}  # topic -> language -> what a customer calls it
    interest_weights: Mapping[str, float] = {}  # kind of touchpoint -> weight of interest in its topic
    interest_half_life: int = 14 * DAY
    attributes: Mapping[str, Attribute] = {}
    variables: frozenset[str] = frozenset()  # the variables its rules use: only those are built
    arbitration: Arbitration = Arbitration()
    models: Mapping[str, Model] = {}
    extra_consents: Mapping[str, tuple[str, ...]] = {}  # purpose -> consents the bank asks on top of the law's
    future_tolerance: int = 5 * MINUTE
    model_cost: int = 2  # ms of latency budget a model's answer may cost; less left: the prior decides
    attribution_window: int = 30 * DAY


class CompiledPolicy(Struct, frozen=True):
    """A policy with the indices decide uses.

    by_trigger: (trigger's on, name) -> (action, trigger) pairs in catalogue order. moves: what happened -> the
    journey's rules for it. openers: kind of touchpoint -> the need it opens.
    """

    policy: Policy
    by_trigger: Mapping[tuple[str, str], tuple[tuple[Action, Trigger], ...]]
    riders: tuple[Action, ...]
    moves: Mapping[str, tuple[StageRule, ...]]
    openers: Mapping[str, NeedKind]


def compiled(policy: Policy) -> CompiledPolicy:
    """Index `policy`'s actions by what triggers them."""
    index: dict[tuple[str, str], list[tuple[Action, Trigger]]] = {}
    for action in policy.actions.values():
        if not action.rides_on:
            for trigger in action.triggers:
                index.setdefault((trigger.on, trigger.name), []).append((action, trigger))
    riders = tuple(a for a in policy.actions.values() if a.rides_on)
    moves: dict[str, list[StageRule]] = {}
    for rule in policy.stage_rules:
        moves.setdefault(rule.trigger, []).append(rule)
    openers: dict[str, NeedKind] = {}
    for need in policy.needs.values():
        for kind in need.opened_by:
            openers.setdefault(kind, need)
    return CompiledPolicy(
        policy, {k: tuple(v) for k, v in index.items()}, riders, {k: tuple(v) for k, v in moves.items()}, openers
    )
