"""A small policy that uses everything, and a log of one process around `core.handle`: what core's own tests share.

The rows go through their bytes between two events, as they do in the engine; timers fire at their own instant, in
order of time, before the event that comes after them.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec.structs import replace

from garbo.core.decide import Env, handle
from garbo.core.gates.scarcity import Quota, Unlimited
from garbo.core.party.state import Party, decode, encode
from garbo.core.policy.actions import Action, ActionClass, FollowUp, Placement, Treatment, Trigger
from garbo.core.policy.attributes import Attribute
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.contact_policy import Cap, ContactPolicy, Exclusion, QuietHours, Sequence, Spacing, Suppression
from garbo.core.policy.journey import Journey, Move, StageDefinition, TouchpointKind
from garbo.core.policy.models import Feature, Model
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.policy import Arbitration, Policy
from garbo.core.policy.reading import NO_TEXT_MODELS, TextModels
from garbo.core.policy.themes import Theme
from garbo.core.scoring.scorer import NoModels, Scorer
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.effects import DecisionRecord, Deliver, Effect, Forward, MoveRow
from garbo.core.vocabulary.events import (
    ActionOutcome,
    Body,
    ConsentChange,
    Direction,
    Identifier,
    PartyEvent,
    ProfileUpdate,
    RowMoved,
    TimerFired,
    Touchpoint,
    Value,
)
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.text.phrases import ANY
from garbo.text.reader import SeedReader, Seeds

# Monday 4 March 2024, noon in UTC, the small policy's zone.
NOON = int(datetime(2024, 3, 4, 12, tzinfo=UTC).timestamp()) * 1000

EMAIL, PHONE = Identifier("email", "a@example.org"), Identifier("phone", "+393331234567")
SOCIAL = Identifier("social", "a")
COOKIE, DEVICE = Identifier("cookie", "c"), Identifier("device", "d")
REACHABLE = (EMAIL, PHONE, SOCIAL, COOKIE, DEVICE)


# The words that the small policy's texts are read by, in both languages.
SEEDS = Seeds(
    languages=("it", "en"),
    themes={"card": {ANY: ["card", "carta"]}, "loan": {ANY: ["loan", "mutuo", "prestito"]}},
    intents={
        "stop": {"it": ["non scrivetemi"], "en": ["stop writing"]},
        "call_me": {"it": ["chiamatemi"], "en": ["[call] me"]},
        "complaint": {"it": ["reclamo"], "en": ["complain"]},
        "question": {ANY: ["?"]},
        "praise": {"it": ["complimenti"], "en": ["well done"]},
    },
    tones={
        "complaint": {"it": ["vergogna"], "en": ["shame"]},
        "negative": {"it": ["deluso"], "en": ["disappointed"]},
        "praise": {"it": ["grazie", "gentilissimi"], "en": ["thank you"]},
    },
    negations={"it": ["non"], "en": ["not", "no"]},
    sarcasm={ANY: ["🙄"]},
)


def action(
    name: str, held: str = "marketing", purpose: str = "own_promotion", channel: str = "email", theme: str = "card",
    **more: object,
) -> Action:  # fmt: skip
    """An action with one treatment and sensible defaults: `more` are the other fields of `Action` and `Treatment`."""
    way = {k: more.pop(k) for k in ("message", "latency_budget", "inbound", "public", "cost", "weight") if k in more}
    treatment = Treatment(channel, **{"message": {"en": name}, **way})  # type: ignore[arg-type]
    fields: dict[str, object] = {"family": "f", "value_company": 10.0, "treatments": (treatment,), **more}
    return Action(name, ActionClass(held), purpose, theme, **fields)  # type: ignore[arg-type]


def small_actions() -> tuple[Action, ...]:
    view = Trigger("touchpoint", "view", theme="=")
    return (
        action("offer_email", when=(view,), cooldown=2 * HOUR),
        action("offer_push", channel="app", theme="loan", when=(view,)),
        action("offer_sms", channel="sms", theme="loan", when=(view,), value_company=20.0),
        action(
            "offer_call", purpose="personalised_promotion", channel="call_centre", theme="loan",
            when=(Trigger("touchpoint", "view", "=", after_action="offer_sms", after_min=HOUR, after_max=9 * DAY),),
            placement=Placement(delay=30 * MINUTE), cancelled_by=("complaint", "branch_visit"), value_company=90.0,
        ),
        action("partner_email", purpose="third_party_promotion", theme="insurance", when=(view,)),
        action(
            "reply_promise", "service", "service_request", theme="card", answers=("question", "request"),
            when=(Trigger("need", "question", theme="="), Trigger("need", "request", theme="=")),
            follow_ups=(FollowUp("promised_call", Placement(days=1, at="09:30"), promise=True),),
        ),
        action(
            "promised_call", "service", "service_request", "call_centre", "card",
            when=(Trigger("promise", "promised_call"),), cancelled_by=("branch_visit",),
        ),
        action(
            "reply_social", "service", "service_request", "social", "loan", answers=("question",),
            when=(Trigger("need", "question", theme="="),),
            follow_ups=(FollowUp("follow_up_call", Placement(days=1, at="10:00")),),
        ),
        action(
            "follow_up_call", "service", "service_request", "call_centre", "loan",
            when=(Trigger("follow_up", "follow_up_call"),),
        ),
        action(
            "apology", "service", "contract", "call_centre", "", answers=("complaint",),
            when=(Trigger("need", "complaint"),),
        ),
        action(
            "call_back", "service", "service_request", "call_centre", "", answers=("question", "request", "complaint"),
            when=tuple(Trigger("overdue", kind) for kind in ("question", "request", "complaint")),
        ),
        action("alert", "mandatory", "legal_obligation", "sms", "security", ignores_quiet_hours=True,
               when=(Trigger("touchpoint", "fraud"),), perishable=True),
        action("freeze_notice", "mandatory", "legal_obligation", "email", "security",
               when=(Trigger("touchpoint", "fraud"),)),
        action("welcome", "transactional", "contract", when=(Trigger("touchpoint", "account_opened"),)),
        action("rider_card", channel="call_centre", theme="card", rides_on=("call_centre",)),
        action("rider_loan", purpose="personalised_promotion", channel="call_centre", theme="loan",
               rides_on=("call_centre",)),
        action("brief", "service", "service_request", "branch", "loan", internal=True,
               when=(Trigger("outcome", "accepted", of_action="offer_call"),)),
    )  # fmt: skip


KINDS = (
    "account_opened", "branch_visit", "case_closed", "complaint", "contact", "fraud", "other", "page_view", "post",
    "question", "transfer_failed", "visit",
)  # fmt: skip
ROUTINE = ("marketing",)
CONTACT = ContactPolicy(
    caps=(
        Cap("calls", 3 * DAY, 1, channels=("call_centre",)),
        Cap("emails", DAY, 2, channels=("email",)),
        Cap("all", 2 * DAY, 4),
        Cap("loans", DAY, 2, themes=("loan",)),
        Cap("third", 7 * DAY, 1, purposes=("third_party_promotion",)),
        Cap("busy", DAY, 6, counts=("marketing", "service", "transactional")),
    ),
    spacings=(Spacing("gap", HOUR, counts=("marketing",)), Spacing("after_service", 30 * MINUTE, counts=("service",))),
    sequences=(Sequence("no_email_after_sms", "offer_sms", "offer_email", 3 * HOUR),),
    exclusions=(Exclusion("one_loan_offer", ("offer_push", "offer_call"), 5 * HOUR),),
    suppressions=(
        Suppression("refused", ("refused",), 1, 30 * DAY, DAY, "theme"),
        Suppression("complained", ("complaint",), 1, 30 * DAY, 3 * DAY, "all"),
    ),
    quiet_hours={
        "call_centre": QuietHours(19 * 60 + 30, 9 * 60, (6,)),
        "sms": QuietHours(20 * 60, 8 * 60),
        "email": QuietHours(23 * 60, 7 * 60),
        "social": QuietHours(2 * 60, 5 * 60),
    },
    contact_weights={"call_centre": 3.0},
)  # fmt: skip

MOVES = (Move("", "view", "looking"), Move("*", "post", "asking", "card"))


def one_journey(patience: dict[str, int], moves: tuple[Move, ...] = MOVES) -> dict[str, Journey]:
    """One journey of every theme. patience: of each stage (ms)."""
    stages = {name: StageDefinition(name, patience=span) for name, span in patience.items()}
    return {"bank": Journey("bank", themes=("*",), stages=stages, moves=moves)}


SMALL = Policy(
    "small",
    zone="UTC",
    languages=("en", "it"),
    actions={a.name: a for a in small_actions()},
    contact=CONTACT,
    needs={
        "question": NeedKind("question", ("post",), 5 * MINUTE, 25 * MINUTE, ("branch_visit",)),
        "request": NeedKind("request", ("form",), 30 * MINUTE, HOUR, ("branch_visit",)),
        "complaint": NeedKind("complaint", ("complaint",), 0, DAY),
    },
    lifecycle={"accepted": "prospect", "account_opened": "customer", "account_closed": "former"},
    journeys=one_journey({"looking": 0, "asking": 0}),
    themes={name: Theme(name) for name in ("card", "loan", "insurance", "security", "token")},
    reader=SeedReader(SEEDS),
    touchpoints={
        "view": TouchpointKind("view", interest=1.0),
        **{name: TouchpointKind(name) for name in KINDS},
    },
    attributes={
        "age": Attribute("age", "int", 0),
        "branch": Attribute("branch", "string", ""),
        "operator": Attribute("operator", "string", "", "event"),
    },
    arbitration=Arbitration(pressure_weight=0.1, exploration=0.2),
    models={"f": Model("f", (Feature("age", "number"),), 0.2, 100.0)},
)
COMPILED = compiled(SMALL)


def with_actions(*actions: Action, **changed: object) -> CompiledPolicy:
    """The small policy with these actions only, and other fields of `Policy` changed."""
    return compiled(replace(SMALL, actions={a.name: a for a in actions}, **changed))


def view(theme: str = "card", **attributes: Value) -> Touchpoint:
    return Touchpoint(Channel.WEB, "view", theme=theme, attributes=attributes)


def touch(kind: str, theme: str = "", channel: Channel = Channel.WEB, **more: object) -> Touchpoint:
    return Touchpoint(channel, kind, theme=theme, **more)  # type: ignore[arg-type]


def contact(channel: Channel, theme: str = "", held: str = "marketing", purpose: str = "own_promotion") -> Touchpoint:
    """A contact another system of ours made."""
    given = {"action": "outside", "action_class": held, "purpose": purpose}
    return Touchpoint(channel, "contact", Direction.OUTBOUND, attributes=given, theme=theme)


def consent(name: str, granted: bool = True) -> ConsentChange:
    return ConsentChange(name, granted)


def outcome(status: str, action_id: str = "", action: str = "", channel: Channel | None = None) -> ActionOutcome:
    return ActionOutcome(OutcomeStatus(status), action_id, action, channel)


class Log:
    """One process's party log. Every effect is kept, with the event that caused it."""

    def __init__(self, policy: CompiledPolicy = COMPILED, scorer: Scorer | None = None, at: int = NOON) -> None:
        self.policy, self.scorer, self.at = policy, scorer or NoModels(), at
        self.quota: Quota = Unlimited()
        self.texts: TextModels = NO_TEXT_MODELS
        self.rows: dict[str, bytes] = {}
        self.history: list[tuple[PartyEvent, list[Effect]]] = []
        self.clock: list[int] = []  # when each event of `history` was taken
        self._count = 0

    def happen(
        self, body: Body, after: int = 0, *, party: str = "p", late: int = 0, event_id: str = ""
    ) -> list[Effect]:
        """`body` happens `after` ms from now (reported `late` ms after that instant); timers due before fire first."""
        self.wait(after)
        self._count += 1
        return self.take(PartyEvent(event_id or f"e{self._count}", party, self.at - late, body, self._count))

    def wait(self, span: int) -> None:
        """Time passes; what is due fires, each timer at its own instant, earliest first."""
        until = self.at + span
        while True:
            due = [(t.due, p.id, t.id) for p in self.parties() for t in p.timers if t.due <= until]
            if not due:
                break
            when, party, timer = min(due)
            self.at = max(self.at, when)
            self._count += 1
            self.take(PartyEvent(f"t{self._count}", party, when, TimerFired(timer, when), self._count))
        self.at = until

    def take(self, event: PartyEvent) -> list[Effect]:
        """One event goes through `handle`; forwards and moved rows follow at once."""
        row = self.rows.get(event.party)
        env = Env(self.policy, self.scorer, self.at, quota=self.quota, texts=self.texts)
        done = handle(decode(row) if row is not None else None, event, env)
        self.rows[event.party] = encode(done.state)
        self.history.append((event, done.effects))
        self.clock.append(self.at)
        for effect in done.effects:
            if isinstance(effect, Forward):
                self.take(replace(effect.event, party=effect.party, source=None, forwarded_from=event.party))
            elif isinstance(effect, MoveRow):
                self.take(PartyEvent(f"r-{event.event_id}", effect.winner, 0, RowMoved(effect.loser, effect.row)))
        return done.effects

    def party(self, party: str = "p") -> Party:
        return decode(self.rows[party])

    def parties(self) -> list[Party]:
        return [decode(row) for row in self.rows.values()]

    def effects(self) -> Iterable[Effect]:
        return (effect for _, effects in self.history for effect in effects)

    def commands(self) -> list[Deliver]:
        return [e for e in self.effects() if isinstance(e, Deliver)]

    def records(self) -> list[DecisionRecord]:
        return [e for e in self.effects() if isinstance(e, DecisionRecord)]

    def names(self) -> list[str]:
        """The commands' actions, in order."""
        return [c.action for c in self.commands()]


def known(log: Log, *consents: str, identifiers: tuple[Identifier, ...] = REACHABLE, party: str = "p") -> Log:
    """`log` after the party became reachable and gave `consents`."""
    log.happen(ProfileUpdate(identifiers, {"age": 40}, "Ada", "en"), party=party)
    for name in ("personal_data", *consents):
        log.happen(consent(name), party=party)
    return log
