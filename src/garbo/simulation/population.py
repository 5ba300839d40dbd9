"""The persons of the simulated world: archetypes, identifiers, consents, households, and the texts they post.

Shares and rates are plausible, not measured. Consents follow the order of magnitude that banks report: most persons
allow the bank's own offers, half allow profiling, few allow anything for third parties. All names, numbers and
addresses are invented: e-mails at example.org, phones under +39 000, a prefix Italy has not assigned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple

from garbo.core.vocabulary.events import Identifier, Value

LEAD, PROSPECT, CUSTOMER = "lead", "prospect", "customer"


class Habit(NamedTuple):
    """Something an archetype does: `rate` times a day on average, about one of `themes`."""

    kind: str
    channel: str
    rate: float
    themes: tuple[str, ...] = ("",)


class Archetype(NamedTuple):
    """A type of person. share: of the population, in percent; ages: youngest and oldest, in years."""

    share: int
    lifecycle: str
    ages: tuple[int, int]
    habits: tuple[Habit, ...]


ARCHETYPES: Final[Mapping[str, Archetype]] = {
    "student": Archetype(14, LEAD, (18, 27), (
        Habit("competitor_visit", "third_party", 0.10, ("prepaid_card",)),
        Habit("page_view", "web", 0.25, ("prepaid_card", "prepaid_card", "current_account")),
        Habit("information_request", "web", 0.02, ("prepaid_card",)),
        Habit("social_post", "social", 0.03, ("prepaid_card",)),
    )),
    "comparer": Archetype(12, LEAD, (28, 60), (
        Habit("simulation_completed", "third_party", 0.04, ("pension", "mortgage")),
        Habit("competitor_visit", "third_party", 0.10, ("pension", "mortgage", "term_deposit")),
        Habit("page_view", "web", 0.15, ("pension", "mortgage", "term_deposit")),
        Habit("form_abandoned", "web", 0.02, ("pension", "mortgage")),
    )),
    "newcomer": Archetype(10, PROSPECT, (22, 55), (
        Habit("page_view", "web", 0.30, ("current_account", "credit_card")),
        Habit("information_request", "web", 0.04, ("current_account", "credit_card")),
        Habit("form_abandoned", "app", 0.03, ("current_account",)),
        Habit("account_opened", "web", 0.02, ("current_account",)),
        Habit("inbound_call", "call_centre", 0.02, ("current_account",)),
    )),
    "everyday": Archetype(30, CUSTOMER, (20, 70), (
        Habit("balance_check", "app", 0.60),
        Habit("card_payment", "app", 0.50),
        Habit("transfer_done", "ebanking", 0.10),
        Habit("transfer_failed", "ebanking", 0.015, ("token",)),
        Habit("page_view", "app", 0.08, ("credit_card", "home_insurance", "savings")),
        Habit("call_list", "call_centre", 0.02, ("term_deposit",)),
        Habit("suspicious_transaction", "ebanking", 0.001, ("security",)),
        Habit("profile", "branch", 0.004),
    )),
    "family": Archetype(14, CUSTOMER, (28, 50), (
        Habit("balance_check", "ebanking", 0.40, ("savings", "")),
        Habit("page_view", "web", 0.12, ("mortgage", "mortgage", "savings", "home_insurance")),
        Habit("transfer_failed", "ebanking", 0.01, ("token",)),
        Habit("call_list", "call_centre", 0.02, ("term_deposit",)),
        Habit("profile", "branch", 0.006),
    )),
    "saver": Archetype(10, CUSTOMER, (40, 75), (
        Habit("balance_check", "ebanking", 0.30, ("savings",)),
        Habit("page_view", "web", 0.10, ("term_deposit", "pension", "savings")),
        Habit("simulation_completed", "web", 0.01, ("pension",)),
        Habit("branch_visit", "branch", 0.03, ("savings",)),
        Habit("call_list", "call_centre", 0.03, ("term_deposit",)),
    )),
    "traditional": Archetype(10, CUSTOMER, (55, 88), (
        Habit("cash_withdrawn", "atm", 0.25),
        Habit("branch_visit", "branch", 0.06),
        Habit("inbound_call", "call_centre", 0.03),
        Habit("complaint", "branch", 0.006, ("service",)),
        Habit("call_list", "call_centre", 0.03, ("term_deposit",)),
    )),
}  # fmt: skip

# The share of the persons who give each consent when asked.
CONSENTS: Final[Mapping[str, float]] = {
    "personal_data": 1.0,
    "own_promotion": 0.66,
    "profiling": 0.48,
    "satisfaction": 0.55,
    "third_party_promotion": 0.14,
    "third_party_disclosure": 0.06,
}

FIRST_NAMES: Final = (
    *("Alice", "Bruno", "Carla", "Dario", "Elena", "Fabio", "Giulia", "Hassan", "Irene", "Jacopo", "Katia", "Luca"),
    *("Marta", "Nadia", "Omar", "Paola", "Quirino", "Rita", "Sergio", "Teresa", "Ugo", "Valeria", "Wanda", "Zoe"),
)
BRANCHES: Final = ("Milano Centro", "Roma Prati", "Torino Crocetta", "Napoli Vomero", "Bologna Mazzini", "Bari Murat")
# Values and weights of the UCI bank-marketing columns (Moro, Cortez, Rita 2014), rounded.
PROFILE: Final[Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]]] = {
    "job": (
        ("admin.", "blue-collar", "technician", "services", "management", "self-employed", "housemaid", "unemployed"),
        (27, 24, 17, 10, 8, 7, 4, 3),
    ),
    "marital": (("married", "single", "divorced"), (61, 28, 11)),
    "education": (
        ("university.degree", "high.school", "basic.9y", "professional.course", "basic.4y"),
        (31, 24, 15, 14, 16),
    ),
    "default": (("no", "unknown"), (79, 21)),
    "housing": (("yes", "no"), (54, 46)),
    "loan": (("no", "yes"), (84, 16)),
}  # fmt: skip

# The texts that persons post, by theme and language.
POSTS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "prepaid_card": {
        "it": ("Quanto costa la vostra carta prepagata?", "Si può fare la ricarica della prepagata in contanti?"),
        "en": ("Hi, what does your prepaid card cost?", "Can my parents top up the prepaid card?"),
    },
    "token": {
        "it": ("Il mio token è scarico e devo fare un bonifico, che faccio?", "Token bloccato di nuovo!"),
        "en": ("My token is flat, what do I do? I must make a transfer.", "My token is locked again!"),
    },
    "mortgage": {
        "it": ("Fate ancora il mutuo al 100%?", "Cerchiamo una casa più grande: che mutuo avete?"),
        "en": ("Do you still offer a full mortgage?", "We need a bigger house. What mortgage is there?"),
    },
    "": {
        "it": ("A che ora aprite il sabato?", "Grazie, gentilissimi in filiale oggi."),
        "en": ("When do you open on Saturday?", "Thank you, your branch was very kind today."),
    },
}


@dataclass(slots=True)
class Person:
    """The state of one person; it changes from day to day."""

    number: int
    archetype: Archetype
    lifecycle: str
    name: str
    language: str
    cookie: Identifier
    mail: Identifier
    phone: Identifier
    social: Identifier
    customer: Identifier
    attributes: dict[str, Value]
    consents: dict[str, bool]
    household: str = ""
    role: str = ""
    arrives: int = 0  # number of the day of the first event
    known: bool = False  # has left an address and answered the consent form
    calls: int = 0  # in this campaign
    events: int = 0
    total_rate: float = 0.0


def people(seed: int, count: int, days: int) -> list[Person]:
    """`count` persons, the same for the same seed and count."""
    random, kinds = Random(f"population/{seed}"), list(ARCHETYPES)
    weights = [a.share for a in ARCHETYPES.values()]
    found: list[Person] = []
    for number, kind in enumerate(random.choices(kinds, weights, k=count)):
        person = _person(random, number, ARCHETYPES[kind], f"sim{seed}")
        if person.lifecycle != CUSTOMER:  # leads arrive over the first half of the days, not all on the first
            person.arrives = random.randrange(max(days // 2, 1))
        before = found[-1] if found else None
        if kind == "family" and before is not None and before.role == "spouse" and random.random() < 0.5:
            person.household, person.role = before.household, "spouse"
        elif kind == "family":
            person.household, person.role = f"{person.customer.value}-home", "spouse"
        found.append(person)
    return found


def _person(random: Random, number: int, archetype: Archetype, world: str) -> Person:
    young, old = archetype.ages
    attributes: dict[str, Value] = {"age": random.randint(young, old), "branch": random.choice(BRANCHES)}
    for name, (values, weights) in PROFILE.items():
        attributes[name] = random.choices(values, weights)[0]
    own = f"{world}-{number:06d}"
    return Person(
        number,
        archetype,
        archetype.lifecycle,
        random.choice(FIRST_NAMES),
        "en" if random.random() < 0.12 else "it",
        Identifier("cookie", f"{own}-browser"),
        Identifier("email", f"{own}@example.org"),
        Identifier("phone", f"+39 000 {number:07d}"),
        Identifier("social", f"@{own}"),
        Identifier("customer_id", own.upper()),
        attributes,
        {consent: random.random() < share for consent, share in CONSENTS.items()},
        total_rate=sum(habit.rate for habit in archetype.habits),
    )
