"""What should happen because of an event. Effects are values; `processors.decide` encodes and writes them."""

from enum import StrEnum
from typing import Final, TypeAlias

from msgspec import Struct

from garbo.core.vocabulary.events import WIRE_NAMES, PartyEvent
from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason


class Rider(Struct, frozen=True, gc=False, rename=WIRE_NAMES):
    """An offer that rides on a service contact: no extra contact."""

    action: str
    purpose: str
    theme: str
    message: str


class Deliver(Struct, frozen=True, rename=WIRE_NAMES):
    """A command to a channel's dispatcher.

    at: when to make the contact (ms); now or earlier means at once. expires_at: after this instant, do not make it.
    address: what the channel needs to reach the person, empty for staff channels. parameters: what the message's
    template may name. answers: kinds of need it answers.
    """

    action_id: str
    decision_id: str
    party: str
    channel: str
    action: str
    action_class: str
    purpose: str
    theme: str
    at: int
    expires_at: int
    address: str
    language: str
    message: str
    parameters: dict[str, str]
    riders: tuple[Rider, ...] = ()
    answers: tuple[str, ...] = ()
    group: str = ""
    inbound: bool = False  # to be shown to who is there: no contact is made


class Scored(Struct, frozen=True, gc=False, rename=WIRE_NAMES):
    """A candidate that passed the gates, with every factor of its score.

    score = propensity * context * lever * (value_company + customer_weight * value_customer) - cost
            - pressure_weight * pressure
    propensity: smoothed. model_output: what the model said before smoothing, or -1 when the prior alone decided.
    probability: with which this candidate was selected among the feasible set and silence. placed_at: when it would
    happen (ms). narrows: the "journey/stage" whose narrowing weighs, by the factor `feedback` of the context; "": none.
    """

    action: str
    propensity: float
    model_output: float
    evidence: float
    context: float
    lever: float
    value_company: float
    value_customer: float
    customer_weight: float
    pressure: float
    pressure_weight: float
    score: float
    probability: float
    placed_at: int
    reason: Reason | None = None  # why it did not go out; None for the chosen one
    channel: str = ""
    cost: float = 0.0
    feedback: float = 1.0
    narrows: str = ""


class Blocked(Struct, frozen=True, gc=False):
    """A candidate held back, with its first blocking reason. detail: the rule, consent or scope; no personal data."""

    action: str
    reason: Reason
    detail: str = ""
    channel: str = ""  # of the treatment; empty: of all


class NeedClosed(Struct, frozen=True, gc=False, rename=WIRE_NAMES):
    """A need that ended with this decision."""

    kind: str
    theme: str
    end: NeedEnd
    detail: str = ""


class Lineup(Struct, frozen=True, gc=False):
    """What the champions, or the champions with one of them replaced, made of the candidates of a decision.

    model: version of the snapshot that replaces a champion, or the model's id where none answered; of the champions'
    lineup, those of promoted challengers, with blanks between them, or empty. role: of that model. share: with which
    this lineup decided; 0 when it only looked on. silence: the probability of silence under it. outputs, evidence,
    probabilities: of each candidate, in the order of `DecisionRecord.scored`; an output is -1 when nothing was asked.
    """

    model: str
    role: str
    share: float
    silence: float
    outputs: tuple[float, ...]
    evidence: tuple[float, ...]
    probabilities: tuple[float, ...]


class DecisionRecord(Struct, frozen=True):
    """Why, and why not, for one event. Written for every event, also when silence won.

    occurred_at, at, placed_at: when the event happened, when it was decided on, when the chosen action happens (ms).
    point, theme, channel: of the event. event_detail: of a consent "granted", "withdrawn" or "outdated" (a grant older
    than the withdrawal it would undo); of an outcome the action; of a customer's touchpoint the intent of its text;
    else "". causes: kinds of the needs that were due, or what the party's clock had reached at a proactive point.
    confirmation: "" when a choice was made; "confirmed" or
    "cancelled" for what had been chosen before: then the probability is the one of that choice, and nothing was drawn.
    lineups: the champions' first, then those with a challenger or a shadow; empty when there is no other model.
    numbers, words: the party's vector of features in the policy's order, NaN and "" where one is missing; empty without
    `profiling`. feedback: the version of the weights that feedback gave to stages; "": it is off.
    standing: "journey/stage" of each journey the party was in at the decision, the one touched last first; `stage` is
    that of the first, or where the party stood last. struck: "cause/journey" for causes that speak of a stage.
    held_out: the party is in the control group, to which `hold_out_share` of all parties belong.
    models: versions of the snapshots that answered for some candidate or read the text, sorted. The processor fills in
    the last four: where the event lay on party-events, and the digest of the row (`ids.row_digest`) before and after
    it. With the policy and the models, that is all a replay needs.
    """

    decision_id: str
    party: str
    event_id: str
    event_type: str
    event_kind: str
    occurred_at: int
    at: int
    disposition: Disposition
    policy_version: str
    model_version: str = ""
    chosen: str = ""  # empty: silence
    action_id: str = ""
    placed_at: int = 0
    intent: str = ""  # what a fired timer asked for
    riders: tuple[str, ...] = ()
    scored: tuple[Scored, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    needs_closed: tuple[NeedClosed, ...] = ()
    seed: int = 0
    explored: bool = False
    silence_probability: float = 0.0
    age_ms: int = 0
    fallback: bool = False  # the latency budget could not pay for the model: the prior decided
    lifecycle: str = ""
    stage: str = ""
    pressure: float = 0.0
    models: tuple[str, ...] = ()
    partition: int = -1
    offset: int = -1
    prior_state: str = ""
    state: str = ""
    point: str = ""  # `vocabulary.points.Point`; empty when nothing was decided
    theme: str = ""
    channel: str = ""
    chosen_channel: str = ""
    confirmation: str = ""
    held_out: bool = False
    hold_out_share: float = 0.0
    event_detail: str = ""
    causes: tuple[str, ...] = ()
    lineups: tuple[Lineup, ...] = ()
    numbers: tuple[float, ...] = ()
    words: tuple[str, ...] = ()
    feedback: str = ""
    standing: tuple[str, ...] = ()
    struck: tuple[str, ...] = ()


class Learn(Struct, frozen=True, rename={"model": "family"}):
    """One labelled example for one model.

    label: 1 accepted, 0 not. probability: with which the action was selected; 0 when another system made the contact.
    kind: "close" (its window closed), "early_no", "early_yes", "late_yes", "outside" (of another system's contact), or
    "correction" (of how a text was read: the features name what is right, `action` too, and the label is 1).
    champion_probability, challenger_probability: with which either lineup would have selected it, -1 when the model did
    not contest the decision. value: what a yes was worth at the choice, cost: what the contact cost (euro). decided_at:
    when the contact was decided, or a planned one confirmed (ms); 0: another system made it.
    """

    model: str
    example_id: str
    party: str
    at: int
    action: str
    features: dict[str, float]
    label: int
    probability: float
    propensity: float
    model_version: str
    kind: str = "close"
    champion_probability: float = -1.0
    challenger_probability: float = -1.0
    value: float = 0.0
    cost: float = 0.0
    channel: str = ""
    decided_at: int = 0


class FlowKind(StrEnum):
    """What kind of fact a `Flow` is. `move` is both the exit from one stage and the entry into another."""

    MOVE = "move"
    ENTER = "enter"  # a journey opens
    DROP = "drop"  # patience is over, and nothing came
    END = "end"  # an exit condition held, or an end of the map was left
    GOAL = "goal"  # beside the move into the goal
    STAY = "stay"
    OFF_MAP = "off_map"  # a touch that the map does not foresee there
    SKIP = "skip"  # beside a move that passed over a stage of the ideal path
    RETURN = "return"  # beside a move into a stage that was visited before
    TOO_LATE = "too_late"  # older than the journal reaches: it is counted, and changes nothing
    MERGED = "merged"  # the journey goes on in another row, or was given up for another
    RESPONSE = "response"
    CONTACT = "contact"
    NEED = "need"


class Flow(Struct, frozen=True, gc=False):
    """A fact of a party on a map (`axis`): schemas/journey_flow.avsc says what each field means for which kind.

    Facts add up. sign: 1, or -1 for one that takes an earlier fact back, equal in all else. dwell_ms: how long the
    party had been at `origin`. answered_ms: from the entry to the first answer, -1 for never (ms). value_customer: the
    value to the customer delivered (thousandths of a euro, at most `VALUE_LIMIT` either way).
    """

    party: str
    at: int
    axis: str  # "journey" | "lifecycle"
    origin: str
    target: str
    trigger: str
    dwell_ms: int
    kind: FlowKind = FlowKind.MOVE
    journey: str = ""
    sign: int = 1
    channel: str = ""
    to_channel: str = ""
    segment: str = ""
    obstacle: str = ""
    answered_ms: int = -1
    quality: str = ""  # "" | "positive" | "neutral" | "negative"
    implicit: bool = False
    action: str = ""
    value_customer: int = 0


VALUE_LIMIT: Final = 10**12
"""A billion euros in thousandths: the sums of KPI cells stay far from what 64 bits hold."""


class JourneyKpi(Struct, frozen=True):
    """A KPI cell of one partition of journey-flows: schemas/journey_kpi.avsc.

    window: when the hour begins (ms). cell: the bytes of `core.journeys.cells`.
    """

    partition: int
    window: int
    journey: str
    stage: str
    channel: str
    segment: str
    upto: int
    cell: bytes


class JourneyFinding(Struct, frozen=True):
    """What the analysis of journeys claims: schemas/journey_finding.avsc says what each field means for which kind.

    kind: "narrowing" or "drift". status: "open" or "closed". at, since, until: ms.
    """

    journey: str
    stage: str
    cause: str
    kind: str
    status: str
    version: int
    at: int
    since: int
    until: int
    policy_version: str
    effect: float
    low: float
    high: float
    band_low: float
    band_high: float
    sure: float
    share: float
    usual: float
    channel: str = ""
    segment: str = ""
    detail: str = ""
    visits: int = 0
    association: bool = False


class Objection(Struct, frozen=True):
    """A party objected to direct marketing: a record of its own, for every system that writes to customers.

    objection_id: a function of the party and the event. at: when it was said (ms). channels: on which no marketing may
    be made. every: it is about every channel, also those that the policy does not use. evidence: the kind of touchpoint
    or the status of outcome by which it was said, never its text. said_on: the channel on which; "" if unknown.
    """

    objection_id: str
    party: str
    at: int
    channels: tuple[str, ...]
    every: bool
    event_id: str
    evidence: str
    said_on: str
    policy_version: str


class Notify(Struct, frozen=True):
    """Send an event to another party's log."""

    event: PartyEvent


class Spent(Struct, frozen=True, gc=False):
    """One of the partition's share of `key` (a channel's capacity, an offer's stock) in `period` is used."""

    key: str
    period: int


class Unlearnt(Struct, frozen=True, gc=False):
    """A contact left the row before its label was known, because the row holds only so many.

    awaited: "label", or "yes" when only that could still come.
    """

    family: str
    awaited: str


class Forward(Struct, frozen=True):
    """Send the event on: the party here is an alias of `party`."""

    party: str
    event: PartyEvent


class MoveRow(Struct, frozen=True):
    """Send this row to the winner of a merge."""

    winner: str
    loser: str
    row: bytes


Effect: TypeAlias = Deliver | DecisionRecord | Learn | Flow | Forward | MoveRow | Notify | Objection | Spent | Unlearnt
