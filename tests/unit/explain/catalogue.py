"""A catalogue with every kind of `when`, and a history in which each decision point occurs, to ask "why not?" of."""

import random
from collections.abc import Iterator
from functools import cache

from garbo import testing
from garbo.core.policy.actions import Action, ActionClass, FollowUp, Placement, Treatment, Trigger
from garbo.core.policy.attributes import Attribute
from garbo.core.policy.channels import Capacity, ChannelPolicy
from garbo.core.policy.contact_policy import Cap, ContactPolicy
from garbo.core.policy.journey import Journey, Move, StageDefinition, TouchpointKind
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.policy import Arbitration, HoldOut, Policy
from garbo.core.policy.proactive import DateBefore, Proactive
from garbo.core.policy.themes import Theme
from garbo.core.vocabulary.effects import DecisionRecord
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.processors.ports import InboundMessage

THEMES = ("card", "loan")
START = testing.instant("2024-03-04 09:00")


def action(name: str, *when: Trigger, on: str = "email", held: str = "marketing", **more: object) -> Action:
    channels = on.split()
    ways = tuple(Treatment(c.lstrip("@"), {"en": name}, inbound=c.startswith("@")) for c in channels)
    purpose = "own_promotion" if held == "marketing" else "service_request"
    fields: dict[str, object] = {"theme": "", "value_company": 10.0, "title": {"en": name.title(), "it": name}, **more}
    return Action(name, ActionClass(held), purpose, treatments=ways, when=when, **fields)  # type: ignore[arg-type]


SERVICE = "service"
ACTIONS = (
    action("visit", Trigger("touchpoint", "page_view", theme="=", behavioural=True), theme="card"),
    action("thrice", Trigger("touchpoint", "page_view", times=3, within=DAY, behavioural=True), on="sms email"),
    action("again", Trigger("touchpoint", "page_view", after_action="visit", after_min=HOUR, after_max=9 * DAY)),
    action("loan_visit", Trigger("touchpoint", "page_view", theme="loan"), lifecycle=("customer",)),
    action("staged", Trigger("touchpoint", "page_view"), stages=("interest",), behavioural=True),
    action("loan_staged", Trigger("touchpoint", "page_view"), theme="loan", stages=("asked",), behavioural=True),
    action("loan_wake", Trigger("proactive", "patience"), theme="loan"),
    action("any_event", Trigger("touchpoint", "page_view"), Trigger("consent", "own_promotion"), value_company=-5.0),
    action("thanks", Trigger("outcome", "accepted", of_action="visit"), on="push"),
    action("regret", Trigger("outcome", "refused")),
    action("tomorrow", Trigger("touchpoint", "likes"), placement=Placement(days=1, at="09:30"), value_company=20.0),
    action("profiled", Trigger("profile")),
    action("shown", Trigger("inbound"), Trigger("proactive"), on="@app email", theme="card", lifecycle=("lead",)),
    action("slot", Trigger("inbound", "web"), on="@web", value_company=3.0),
    action("app_only", Trigger("proactive"), Trigger("inbound"), on="@app"),
    action("renewal", Trigger("proactive", "date_contract_end")),
    action("wake", Trigger("proactive", "silence"), Trigger("proactive", "patience"), on="email sms"),
    action("reply", Trigger("need", "question"), on="email sms", held=SERVICE, answers=("question",),
           follow_ups=(FollowUp("later", Placement(delay=2 * HOUR)),)),
    action("loan_reply", Trigger("need", "question"), held=SERVICE, answers=("question",), theme="loan"),
    action("call_back", Trigger("overdue", "question"), Trigger("overdue", "call"), on="call_centre", held=SERVICE,
           answers=("question", "call"), internal=True),
    action("called", Trigger("need", "call"), on="call_centre", held=SERVICE, answers=("call",)),
    action("later", Trigger("follow_up"), on="sms"),
    action("never", Trigger("promise"), on="sms"),
    action("rider", rides_on=("email",)),
    action("sms_rider", rides_on=("sms",)),
    action("customer_rider", rides_on=("email",), lifecycle=("customer",)),
)  # fmt: skip

POLICY = Policy(
    "v1",
    actions={a.name: a for a in ACTIONS},
    contact=ContactPolicy(caps=(Cap("two_a_week", 7 * DAY, 2),)),
    needs={
        "question": NeedKind("question", ("form",), 5 * MINUTE, DAY, ("solved",)),
        "call": NeedKind("call", ("call_me",), 0, 2 * HOUR),
    },
    lifecycle={"signed": "customer"},
    touchpoints={
        kind: TouchpointKind(kind, channels=("web",), interest=1.0, asks=kind == "slot_viewed")
        for kind in ("page_view", "form", "call_me", "slot_viewed", "signed", "solved", "likes")
    },
    journeys={
        "all": Journey(
            "all",
            themes=("*",),
            stages={"interest": StageDefinition("interest", patience=10 * DAY)},
            moves=(Move("*", "likes", "interest"),),
        ),
        "loan": Journey(
            "loan",
            themes=("loan",),
            stages={"asked": StageDefinition("asked", patience=12 * DAY)},
            moves=(Move("*", "form", "asked"),),
        ),
    },
    themes={theme: Theme(theme) for theme in THEMES},
    attributes={"contract_end": Attribute("contract_end", "string", scope="party", default="")},
    arbitration=Arbitration(exploration=0.2),
    channels={
        "email": ChannelPolicy("email", reports_within=4 * HOUR),
        "sms": ChannelPolicy("sms", capacity=Capacity(2, "day")),
    },
    decide_on=frozenset({"page_view", "accepted", "own_promotion"}),
    hold_out=HoldOut(share=0.2, salt="test"),
    proactive=Proactive(after_stage=HOUR, silence=21 * DAY, dates=(DateBefore("contract_end", 30 * DAY),)),
)


@cache
def history(seed: int = 7, parties: int = 6, days: int = 60) -> tuple[DecisionRecord, ...]:
    """What was decided in a random history of the catalogue, with answers to its commands, by the real processors."""
    driver = testing.Driver(POLICY)
    chance = random.Random(seed)
    known = [f"{1000 + n}" for n in range(parties)]
    at, seen = START, 0
    for customer in known:
        for name in ("personal_data", "own_promotion", "profiling"):
            if chance.random() < 0.85:
                testing.play(driver, [testing.consent(name, True, at, customer_id=customer)], at)
        email = f"p{customer}@example.org"
        facts = {"contract_end": "2024-05-01"} if chance.random() < 0.5 else {}
        testing.play(driver, [testing.profile(at, attributes=facts, customer_id=customer, email=email)], at)
    while at < START + days * DAY:
        at += chance.randrange(MINUTE, 9 * HOUR)
        testing.play(driver, _happens(chance, chance.choice(known), at), at)
        for command in driver.commands()[seen:]:
            seen += 1
            status = chance.choice(("delivered", "failed", "accepted", "refused", ""))
            if status and not command.inbound:
                report = testing.outcome(status, at + MINUTE, action_id=command.action_id, party=command.party)
                testing.play(driver, [report], at + MINUTE)
    return tuple(driver.decisions())


def _happens(chance: random.Random, customer: str, at: int) -> Iterator[InboundMessage]:
    theme = chance.choice(("", *THEMES))
    kind = chance.choice((*POLICY.touchpoints, "page_view", "page_view", "consent"))
    if kind == "consent":
        yield testing.consent("own_promotion", chance.random() < 0.6, at, customer_id=customer)
    else:
        channel = chance.choice(("web", "app", "branch"))
        phone = {"phone": "+3933312" + customer} if chance.random() < 0.3 else {}
        yield testing.touchpoint(channel, kind, at, theme=theme, customer_id=customer, **phone)  # type: ignore[arg-type]
