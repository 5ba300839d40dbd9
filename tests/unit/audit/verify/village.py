"""A village in which each invariant about the decision has something to check: twelve persons, a week, a small policy.

The checker reads the policy's YAML; the engine gets the same policy as structs. So a rule that one of them reads in
another way shows.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from garbo.audit.verify import rules
from garbo.core.party.identity import party_of
from garbo.core.policy.actions import Action, ActionClass, Placement, Treatment, Trigger
from garbo.core.policy.attributes import Attribute
from garbo.core.policy.channels import Capacity, ChannelPolicy
from garbo.core.policy.contact_policy import Cap, ContactPolicy, Remarketing
from garbo.core.policy.groups import Group
from garbo.core.policy.journey import TouchpointKind
from garbo.core.policy.models import Feature, Model
from garbo.core.policy.needs import NeedKind
from garbo.core.policy.policy import Arbitration, HoldOut, Policy
from garbo.core.policy.themes import Theme
from garbo.core.vocabulary.events import Identifier
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.processors.ports import InboundMessage
from garbo.testing import Driver, consent, instant, outcome, play, profile, touchpoint

FILES: Final = {
    "policy.yaml": """
        zone: Europe/Rome
        decide_on: [page_view]
        hold_out: {share: 0.2, period: 180d, salt: village-234}
        channels:
          email: {reports_within: 4h}
          call_centre: {reports_within: 30h, capacity: {at_most: 2, per: hour}}
    """,
    "journey.yaml": """
        touchpoints:
          page_view: {meaning: reads a page, channels: [web]}
          question_form: {meaning: asks, channels: [web]}
          call_list: {meaning: the dialler asks whom to call, channels: [call_centre], behaviour: false}
          fair: {meaning: comes to the village fair, channels: [branch], behaviour: false}
          slot: {meaning: the app asks what to show, channels: [app], asks: true}
    """,
    "needs.yaml": "needs: {question: {opened_by: [question_form], gather: 0s, answer_within: 1h, resolved_by: []}}",
    "attributes.yaml": "attributes: {age: {kind: int, default: 0}, illness: {kind: string, sensitive: true}}",
    "themes.yaml": "themes: {card: {}, gift: {}}",
    "consents.yaml": "extra: {}",
    "contact_policy.yaml": """
        caps:
          - {name: cards_in_a_week, at_most: 3, window: 7d, groups: [cards]}
          - {name: gifts_of_a_household, at_most: 1, window: 7d, themes: [gift], per: household}
        remarketing: {at_most: 1, window: 7d, delay: 30m}
    """,
    "actions.yaml": """
        groups: {cards: {}, gifts: {}}
        actions:
          card_offer:
            class: marketing
            purpose: own_promotion
            group: cards
            theme: card
            when: [{on: touchpoint, name: page_view, theme: "="}]
            treatments: [{channel: email}]
          card_hint:
            class: marketing
            purpose: own_promotion
            group: cards
            theme: card
            when: [{on: event}]
            treatments: [{channel: sms}]
          card_call:
            class: marketing
            purpose: own_promotion
            group: cards
            theme: card
            when: [{on: touchpoint, name: call_list}]
            treatments: [{channel: call_centre}]
            placement: {delay: 1h}
          card_slot:
            class: marketing
            purpose: own_promotion
            group: cards
            theme: card
            treatments: [{channel: app, inbound: true}]
          gift:
            class: marketing
            purpose: own_promotion
            group: gifts
            theme: gift
            when: [{on: touchpoint, name: fair}]
            channel: sms
            stock: 3
          reply:
            class: service
            purpose: service_request
            theme: ""
            answers: [question]
            when: [{on: need, name: question}]
            treatments: [{channel: email}, {channel: sms}]
    """,
}

_VIEW: Final = Trigger("touchpoint", "page_view", theme="=", behavioural=True)
_ACTIONS: Final = (
    Action(
        "card_offer", ActionClass.MARKETING, "own_promotion", "card", (Treatment("email"),), group="cards",
        family="cards", when=(_VIEW,), value_bank=60.0,
    ),
    Action(
        "card_hint", ActionClass.MARKETING, "own_promotion", "card", (Treatment("sms"),), group="cards",
        family="cards", when=(Trigger("touchpoint", "page_view", behavioural=True),), value_bank=50.0,
    ),
    Action(
        "card_call", ActionClass.MARKETING, "own_promotion", "card", (Treatment("call_centre"),), group="cards",
        family="cards", when=(Trigger("touchpoint", "call_list"),), value_bank=70.0,
        placement=Placement(delay=HOUR),
    ),
    Action(
        "card_slot", ActionClass.MARKETING, "own_promotion", "card", (Treatment("app", inbound=True),), group="cards",
        when=(Trigger("inbound"), Trigger("proactive")), value_bank=40.0,
    ),
    Action(
        "gift", ActionClass.MARKETING, "own_promotion", "gift", (Treatment("sms"),), group="gifts", stock=3,
        when=(Trigger("touchpoint", "fair"),), value_bank=30.0,
    ),
    Action(
        "reply", ActionClass.SERVICE, "service_request", "", (Treatment("email"), Treatment("sms")),
        answers=("question",), when=(Trigger("need", "question"),),
    ),
)  # fmt: skip

POLICY: Final = Policy(
    "village",
    actions={a.name: a for a in _ACTIONS},
    contact=ContactPolicy(
        caps=(
            Cap("cards_in_a_week", 7 * DAY, 3, groups=("cards",)),
            Cap("gifts_of_a_household", 7 * DAY, 1, themes=("gift",), household=True),
        ),
        remarketing=Remarketing(1, 7 * DAY, 30 * MINUTE),
    ),
    needs={"question": NeedKind("question", ("question_form",), 0, HOUR)},
    touchpoints={
        "page_view": TouchpointKind("page_view"),
        "question_form": TouchpointKind("question_form", behaviour=False),
        "call_list": TouchpointKind("call_list", behaviour=False),
        "fair": TouchpointKind("fair", behaviour=False),
        "slot": TouchpointKind("slot", asks=True, behaviour=False),
    },
    themes={"card": Theme("card"), "gift": Theme("gift")},
    attributes={"age": Attribute("age", "int", 0), "illness": Attribute("illness", "string", "", sensitive=True)},
    arbitration=Arbitration(pressure_weight=0.1, exploration=0.3, explored_at_most=9),
    models={"cards": Model("cards", "base_rate", (Feature("age", "number"),), 0.2, 100.0)},
    groups={"cards": Group("cards", model="cards"), "gifts": Group("gifts")},
    channels={
        "email": ChannelPolicy("email", 4 * HOUR),
        "call_centre": ChannelPolicy("call_centre", 30 * HOUR, Capacity(2, "hour")),
    },
    decide_on=frozenset({"page_view"}),
    hold_out=HoldOut(0.2, 180 * DAY, "village-234"),
)

PERSONS: Final = 12
UNTIL: Final = "2026-03-23 12:00"
SILENT: Final = 9  # has not given personal_data
UNPROFILED: Final = 8
CHANGED_MIND: Final = 7  # withdraws profiling between a look and its offer
SHY: Final = 1  # lives with 0, and wants no promotion


def rules_of(files: dict[str, str] | None = None) -> rules.Rules:
    """The rules of YAML texts; without any, the village's."""
    with TemporaryDirectory() as folder:
        for name, text in (FILES | (files or {})).items():
            Path(folder, name).write_text(text, "utf-8")
        return rules.read(Path(folder))


@cache
def village_rules() -> rules.Rules:
    return rules_of()


def lived(policy: Policy = POLICY) -> Driver:
    """The driver after the village's two weeks."""
    driver = Driver(policy, partitions=2)
    play(driver, _arrivals(), "2026-03-09 09:00")
    play(driver, _week(), "2026-03-10 09:10")
    play(driver, _reports(driver), "2026-03-11 09:00")
    play(driver, _second_week(), UNTIL)
    return driver


def _arrivals() -> list[InboundMessage]:
    """Everybody is known, two in each house; most permit most."""
    at, found = instant("2026-03-09 08:00"), []
    for n in range(PERSONS):
        who = f"c{n}"
        found.append(
            profile(
                at + n, customer_id=who, email=f"{who}@example.org", phone=f"+39 333 00000{n:02}", name=f"Ada {n}",
                language="en", household=f"house {n // 2}", attributes={"age": 30 + n},
            )
        )  # fmt: skip
    for n in range(PERSONS):
        given = {"personal_data", "own_promotion", "profiling"}
        given -= {"personal_data"} if n == SILENT else set()
        given -= {"profiling"} if n == UNPROFILED else set()
        given -= {"own_promotion"} if n == SHY else set()
        found += [consent(name, True, at + MINUTE + n, customer_id=f"c{n}") for name in sorted(given)]
    return found


def _week() -> list[InboundMessage]:
    """On Monday all look at cards, the dialler asks whom to call, and all ask something."""
    found = []
    for n in range(PERSONS):
        who = f"c{n}"
        found.append(touchpoint("web", "page_view", "2026-03-09 10:00", theme="card", customer_id=who))
        found.append(touchpoint("call_centre", "call_list", "2026-03-09 14:00", theme="card", customer_id=who))
        found.append(touchpoint("branch", "fair", "2026-03-09 17:00", theme="gift", customer_id=who))
        found.append(touchpoint("app", "slot", "2026-03-09 18:00", theme="card", customer_id=who))
        found.append(touchpoint("web", "question_form", "2026-03-10 09:00", theme="card", customer_id=who))
    found.append(consent("profiling", False, "2026-03-09 10:10", customer_id=f"c{CHANGED_MIND}"))
    return sorted(found, key=lambda m: m.at)


def _reports(driver: Driver) -> list[InboundMessage]:
    """Of the replies, one arrives, the next one fails, and of the third nobody says anything."""
    found, of = [], ("delivered", "failed", "")
    replies = [c for c in driver.commands() if c.action == "reply" and c.channel == "email"]
    for n, made in enumerate(replies):
        if status := of[n % 3]:
            found.append(outcome(status, "2026-03-10 09:30", action_id=made.action_id, party=made.party))
    found += [
        outcome("accepted", "2026-03-10 09:40", action_id=made.action_id, party=made.party)
        for made in driver.commands()
        if made.action in ("card_offer", "card_hint", "card_call")
    ]
    found += [  # of another system's call
        outcome("refused", "2026-03-10 10:00", action="card_call", customer_id=f"c{n}") for n in range(PERSONS)
    ]
    return sorted(found, key=lambda m: m.at)


def _second_week() -> list[InboundMessage]:
    """All look again, too early for another offer about it."""
    return [
        touchpoint("web", "page_view", at, theme="card", customer_id=f"c{n}")
        for at in ("2026-03-12 10:00", "2026-03-19 10:00")
        for n in range(PERSONS)
    ]


@cache
def village() -> Driver:
    """One run for all tests that only read it, or forge records in a copy."""
    return lived()


def party(number: int) -> str:
    """The party of this person."""
    return party_of(Identifier("customer_id", f"c{number}"))
