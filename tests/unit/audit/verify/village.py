"""A village in which each invariant about the decision has something to check: twelve persons, two weeks, one policy.
Two more weeks pass until the last contacts have their labels.

The engine's loader and the checker read the same YAML, each by its own code.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Final

from garbo.audit.verify import rules
from garbo.core.party.identity import party_of
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.events import Identifier
from garbo.core.vocabulary.instants import MINUTE
from garbo.processors.ports import InboundMessage
from garbo.testing import Driver, consent, instant, load_policy, outcome, play, profile, touchpoint

FILES: Final = {
    "policy.yaml": """
        name: village
        zone: Europe/Rome
        country: IT
        languages: [en]
        arbitration: {pressure_weight: 0.1, exploration: 0.3, explored_at_most: 9}
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
          stop: {meaning: asks us to stop, channels: [web, call_centre], objects: true}
        lifecycle: {}
        journeys:
          village:
            label: {en: The village}
            themes: "*"
            ideal: [known, asks]
            stages:
              known: {label: {en: Knows us}, patience: 5d, touchpoints: {page_view: [web], fair: "*"}, advance: [gift]}
              asks: {label: {en: Asks}, turn: company, patience: 3d}
            moves:
              - {from: start, on: [page_view, fair], to: known}
              - {from: [start, known], on: question_form, to: asks}
              - {from: asks, on: delivered, to: known}
    """,
    "feedback.yaml": """
        version: 2026-W10
        weights: {village: {known: {weight: 1.05}}}
    """,
    "needs.yaml": """
        needs:
          question: {label: {en: question}, opened_by: [question_form], gather: 0s, answer_within: 1h, resolved_by: []}
    """,
    "attributes.yaml": """
        attributes:
          age: {kind: int, default: 0}
          illness: {kind: string, default: "", sensitive: true}
    """,
    "themes.yaml": """
        themes:
          card: {label: {en: our card}, words: [card]}
          gift: {label: {en: a gift}, words: [gift]}
    """,
    "consents.yaml": """
        consents:
          personal_data: {label: {en: Personal data}, article: GDPR art. 6, mandatory: true}
          sensitive_data: {label: {en: Sensitive data}, article: GDPR art. 9}
          satisfaction: {label: {en: Satisfaction}, article: GDPR art. 6}
          own_promotion: {label: {en: Own promotion}, article: GDPR art. 6}
          third_party_promotion: {label: {en: Promotion of others}, article: GDPR art. 6}
          third_party_disclosure: {label: {en: Disclosure}, article: GDPR art. 6}
          profiling: {label: {en: Profiling}, article: GDPR art. 22}
    """,
    "models.yaml": """
        models:
          cards:
            estimator: constant
            starting_propensity: 0.2
            starting_evidence: 100
            features: {party: {numbers: [age]}}
    """,
    "contact_policy.yaml": """
        caps:
          - {name: cards_in_a_week, at_most: 3, window: 7d, groups: [cards]}
          - {name: gifts_of_a_household, at_most: 1, window: 7d, themes: [gift], per: household}
        remarketing: {at_most: 1, window: 7d, delay: 30m}
        quiet_hours: {}
        pressure: {half_life: 7d, refusal_weight: 1.0, complaint_weight: 3.0, contact_weights: {}}
    """,
    "actions.yaml": """
        groups:
          cards: {label: {en: Cards}, model: cards}
          gifts: {label: {en: Gifts}}
        actions:
          card_offer:
            class: marketing
            purpose: own_promotion
            group: cards
            theme: card
            when: [{on: touchpoint, name: page_view, theme: "="}]
            value_company: 60
            title: {en: The card}
            treatments: [{channel: email, message: {en: "Hello {household}: our card."}}]
          card_hint:
            class: marketing
            purpose: own_promotion
            group: cards
            theme: card
            when: [{on: event}]
            value_company: 50
            title: {en: A hint}
            treatments: [{channel: sms, message: {en: "We have a card, at {age} too."}}]
          card_call:
            class: marketing
            purpose: own_promotion
            group: cards
            theme: card
            when: [{on: touchpoint, name: call_list}]
            placement: {delay: 1h}
            value_company: 70
            title: {en: A call}
            treatments: [{channel: call_centre, message: {en: We have a card.}}]
          card_slot:
            class: marketing
            purpose: own_promotion
            group: cards
            theme: card
            value_company: 40
            title: {en: In the app}
            treatments: [{channel: app, inbound: true, message: {en: A card?}}]
          gift:
            class: marketing
            purpose: own_promotion
            group: gifts
            theme: gift
            when: [{on: touchpoint, name: fair}]
            channel: sms
            stock: 3
            value_company: 30
            title: {en: A gift}
            message: {en: A gift for you.}
          reply:
            class: service
            purpose: service_request
            answers: [question]
            when: [{on: need, name: question}, {on: overdue, name: question}]
            title: {en: An answer}
            treatments: [{channel: email, message: {en: Here it is.}}, {channel: sms, message: {en: Here it is.}}]
    """,
}

PERSONS: Final = 12
OBJECTORS: Final = 3  # newcomers of the last days, none in the control group
UNTIL: Final = "2026-03-23 12:00"
LABELLED: Final = "2026-04-10 09:00"
SILENT: Final = 9  # has not given personal_data
UNPROFILED: Final = 8
CHANGED_MIND: Final = 7  # withdraws profiling between a look and its offer
SHY: Final = 1  # lives with 0, and wants no promotion


def rules_of(files: dict[str, str] | None = None) -> rules.Rules:
    """The rules of YAML texts; without any, the village's."""
    with TemporaryDirectory() as folder:
        for name, text in (FILES | (files or {})).items():
            Path(folder, name).write_text(dedent(text), "utf-8")
        return rules.read(Path(folder))


@cache
def policy() -> Policy:
    """The village's policy, as the engine's loader reads it."""
    return load_policy({name: dedent(text) for name, text in FILES.items()})


def with_rule(rule: str) -> dict[str, str]:
    """The village's texts with a rule for its gift, of which there is enough for all.

    The gift is made to who comes to the fair, and that shows no behaviour.
    """
    text = FILES["actions.yaml"].replace("stock: 3", "stock: 50")
    text = text.replace("            theme: gift\n", f"            theme: gift\n            {rule}\n")
    return FILES | {"actions.yaml": text}


@cache
def village_rules() -> rules.Rules:
    return rules_of()


def lived(by: Policy | None = None) -> Driver:
    """The driver after the village's two weeks; by: a policy other than the village's."""
    driver = Driver(by or policy(), partitions=2)
    play(driver, _arrivals(), "2026-03-09 09:00")
    play(driver, _week(), "2026-03-10 09:10")
    play(driver, _reports(driver), "2026-03-11 09:00")
    play(driver, _second_week(), "2026-03-20 08:00")
    play(driver, _second_reports(driver), "2026-03-20 09:00")
    play(driver, _objections(), UNTIL)
    driver.tick(instant(LABELLED))
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
    """All look again, twice too early for another offer about it."""
    return [
        touchpoint("web", "page_view", at, theme="card", customer_id=f"c{n}")
        for at in ("2026-03-12 10:00", "2026-03-13 10:00", "2026-03-19 10:00")
        for n in range(PERSONS)
    ]


def _second_reports(driver: Driver) -> list[InboundMessage]:
    """Of the second week's e-mails the first arrives, the second fails, and so on."""
    made = [c for c in driver.commands() if c.action == "card_offer" and c.at > instant("2026-03-12 00:00")]
    return [
        outcome(("delivered", "failed")[n % 2], "2026-03-20 08:30", action_id=c.action_id, party=c.party)
        for n, c in enumerate(made)
    ]


def _objections() -> list[InboundMessage]:
    """Three newcomers want no marketing any more: one says so before an offer is shown, one while a call is planned,
    and one on the web, before it is known who that is. The last one changes her mind."""
    at, found = instant("2026-03-20 09:00"), []
    for n in range(OBJECTORS):
        found.append(profile(at + n, customer_id=f"o{n}", phone=f"+39 333 11111{n:02}", name=f"Eva {n}", language="en"))
        found += [consent(c, True, at + MINUTE, customer_id=f"o{n}") for c in ("personal_data", "own_promotion")]
    found += [
        touchpoint("web", "stop", "2026-03-20 10:00", customer_id="o0"),
        touchpoint("app", "slot", "2026-03-20 11:00", theme="card", customer_id="o0"),
        touchpoint("call_centre", "call_list", "2026-03-20 12:00", theme="card", customer_id="o1"),
        touchpoint("call_centre", "stop", "2026-03-20 12:30", customer_id="o1"),
        touchpoint("web", "stop", "2026-03-20 14:00", cookie="unknown"),
        touchpoint("web", "page_view", "2026-03-20 14:10", cookie="unknown", customer_id="o2"),
        touchpoint("app", "slot", "2026-03-20 15:00", theme="card", customer_id="o2"),
        consent("own_promotion", True, "2026-03-21 09:00", customer_id="o2"),
        touchpoint("app", "slot", "2026-03-21 10:00", theme="card", customer_id="o2"),
    ]
    return sorted(found, key=lambda m: m.at)


@cache
def village() -> Driver:
    """One run for all tests that only read it, or forge records in a copy."""
    return lived()


def party(number: int) -> str:
    """The party of this person."""
    return party_of(Identifier("customer_id", f"c{number}"))
