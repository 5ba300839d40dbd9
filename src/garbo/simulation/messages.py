"""The messages in which producers report a person: which identifiers a channel sees, what a system of record knows."""

from collections.abc import Mapping
from datetime import date, timedelta

from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.events import Identifier, ProfileUpdate, Touchpoint, Value
from garbo.core.vocabulary.instants import DAY
from garbo.simulation.population import CUSTOMER
from garbo.simulation.resident import Resident
from garbo.simulation.words import (
    BALANCE,
    CARD_EXPIRY,
    CHILDREN,
    COMPLAINT,
    CONTRACT_END,
    DECLARED_CHANNEL,
    DOCUMENT_EXPIRY,
    HAS_APP,
    INCOME,
    OPENED,
    OWNED,
    PRAISE,
    PRIVATE,
)
from garbo.simulation.world import MONTHS, WEEKDAYS, midnight


def touchpoint(
    person: Resident, at: int, kind: str, channel: str, theme: str = "", extra: Mapping[str, Value] | None = None,
    text: str = "",
) -> Touchpoint:  # fmt: skip
    """What the person did, as the channel reports it. A text says its theme in words only: Garbo finds it."""
    said, who = "" if text else theme, shown(person, at, kind, channel)
    return Touchpoint(Channel(channel), kind, identifiers=who, attributes=dict(extra or {}), theme=said, text=text)


def shown(person: Resident, at: int, kind: str, channel: str) -> tuple[Identifier, ...]:
    """The identifiers that a channel sees: the web sees a cookie, and the customer only after a sign-in."""
    own, customer = person.person, person.customer
    if kind == "information_request" and not customer:
        return own.cookie, own.mail, own.phone
    if kind == OPENED:
        return own.customer, own.cookie
    if channel == "social":
        # A person who writes in private, or gives thanks, has signed in; one in three has linked the profile.
        linked = customer and (kind in (PRIVATE, PRAISE) or own.number % 3 == 0)
        return (own.social, own.customer) if linked else (own.social,)
    if channel in ("web", "third_party") and kind != COMPLAINT:
        signed_in = customer and person.random(f"signed in/{at // DAY}").random() < 0.4
        return (own.customer, own.cookie) if signed_in else (own.cookie,)
    if channel == "app" and not customer:
        return (own.cookie,)
    if channel == "app" and person.device is not None:
        return own.customer, person.device
    return (own.customer,) if customer else (own.phone,)


def profile(person: Resident, start: date) -> ProfileUpdate:
    """What a system of record knows: of a prospect the addresses, of a customer everything. start: the first day."""
    own = person.person
    if not person.customer:
        who: tuple[Identifier, ...] = (own.mail, own.phone, own.cookie)
        known: dict[str, Value] = {"age": own.attributes["age"]}
    else:
        who = (own.customer, own.phone, own.mail)
        if person.device is not None:
            who = (*who, person.device)
        known = {**own.attributes, **_portfolio(person, start)}
    lifecycle = CUSTOMER if person.customer else ""
    return ProfileUpdate(who, known, own.name, own.language, "", own.household, own.role, lifecycle)


def _portfolio(person: Resident, start: date) -> dict[str, Value]:
    """What a core banking system knows: money, products, dates. Two in three have their income credited here, one in
    seven has a term deposit; cards run for five years, documents for ten."""
    random = person.random("portfolio")

    def within(days: int) -> str:
        return (start + timedelta(random.randrange(days))).isoformat()

    found: dict[str, Value] = {
        BALANCE: round(random.lognormvariate(8.0, 1.1), 2),
        INCOME: round(random.lognormvariate(7.5, 0.4), 2) if random.random() < 0.66 else 0.0,
        CHILDREN: random.choices((0, 1, 2, 3), (55, 20, 20, 5))[0],
        HAS_APP: person.device is not None,
        CARD_EXPIRY: within(5 * 365),
        DOCUMENT_EXPIRY: within(10 * 365),
        **{attribute: theme in person.owned for theme, (attribute, _) in OWNED.items()},
    }
    if random.random() < 0.14:
        found[CONTRACT_END] = within(2 * 365)
    if person.declared:
        found[DECLARED_CHANNEL] = person.preferred
    return found


def dialled(person: Resident, at: int, start: date) -> dict[str, Value]:
    """What the dialler knows of the person whom it would call; counts the call."""
    own, random = person.person, person.random(f"dialled/{at}")
    day = start + timedelta((at - midnight(start)) // DAY)
    own.calls += 1
    return {
        **{name: value for name, value in own.attributes.items() if name != "branch"},
        "contact": "cellular" if random.random() < 0.64 else "telephone",
        "month": MONTHS[day.month - 1],
        "day_of_week": WEEKDAYS[day.weekday()],
        "campaign": own.calls,
        "pdays": 999,
        "previous": 0,
        "poutcome": "nonexistent",
    }
