"""What the rules see of a person: each name, by the types that the rules were checked against."""

from datetime import UTC, datetime

import pytest

from garbo.core.gates.context import context_of
from garbo.core.gates.rule_values import ITEMS, NEVER, UNKNOWN, interest, rule_values
from garbo.core.gates.scarcity import Unlimited
from garbo.core.party.event_effect import EventEffect
from garbo.core.party.state import TEXT, Consent, Contact, Interest, Party
from garbo.core.policy.attributes import Attribute
from garbo.core.policy.lookups import Lookup, RuleValue
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE

# Monday 4 March 2024, 23:30 in UTC: Tuesday in Rome.
AT = int(datetime(2024, 3, 4, 23, 30, tzinfo=UTC).timestamp()) * 1000
ATTRIBUTES = {
    "age": Attribute("age", "int", 0),
    "balance": Attribute("balance", "float", 0.0),
    "job": Attribute("job", "string", "unknown"),
    "vip": Attribute("vip", "bool", False),
    "contract_end": Attribute("contract_end", "date", ""),
    "tags": Attribute("tags", "list", []),  # type: ignore[arg-type]
    "holdings": Attribute("holdings", "map", {}),  # type: ignore[arg-type]
}
PROFILED = {name: Consent(True, 1, 1) for name in ("personal_data", "profiling")}


def seen(name: str, row: Party, zone: str = "Europe/Rome", of_event: dict[str, RuleValue] | None = None) -> RuleValue:
    """The value of one variable."""
    return _values(Policy("v", zone=zone, attributes=ATTRIBUTES, variables=frozenset({name})), row, of_event)[name]


def found(lookup: Lookup, row: Party) -> RuleValue:
    """What one look-up gives."""
    return _values(Policy("v", attributes=ATTRIBUTES, lookups={"L": lookup}), row)["L"]


def _values(policy: Policy, row: Party, of_event: dict[str, RuleValue] | None = None) -> dict[str, RuleValue]:
    effect = EventEffect(attributes=of_event or {})  # type: ignore[arg-type]
    return rule_values(context_of(row, effect, policy, at=AT, age=0, since=AT, quota=Unlimited()))


def party(**fields: object) -> Party:
    return Party("p", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "row", "expected"),
    [
        ("hour", party(), 0),
        ("weekday", party(), 1),
        ("hour", party(zone="UTC"), 23),
        ("today", party(), "2024-03-05"),
        ("today", party(zone="America/New_York"), "2024-03-04"),
        ("now", party(), datetime(2024, 3, 4, 23, 30, tzinfo=UTC)),
        ("consents", party(consents=PROFILED | {"satisfaction": Consent(False, 1, 1)}), ["personal_data", "profiling"]),
        ("pressure", party(pressure=1e-300, pressure_at=AT), 0.0),
        ("days_since_contact", party(), NEVER),
    ],
)  # fmt: skip
def test_a_variable(name: str, row: Party, expected: RuleValue) -> None:
    actual = seen(name, row)
    assert (expected, type(expected)) == (actual, type(actual))


@pytest.mark.parametrize(
    ("name", "stated", "expected"),
    [
        ("balance", 5, 5.0),  # a producer writes 5, and 0.01 * balance needs a float
        ("age", "forty", 0),
        ("age", True, 0),
        ("vip", 1, False),
        ("job", 7, "unknown"),
        ("job", "x" * 9_000, "x" * TEXT),
        ("contract_end", 20270331, ""),
        ("tags", ["a"] * (ITEMS + 5), ["a"] * ITEMS),
        ("tags", "a", []),
        ("holdings", {"funds": 1.5}, {"funds": 1.5}),
        ("age", 41, 41),
    ],
)
def test_an_attribute_has_its_declared_kind_or_its_default(name: str, stated: RuleValue, expected: RuleValue) -> None:
    for actual in (seen(name, party(attributes={name: stated})), seen(name, party(), of_event={name: stated})):
        assert (expected, type(expected)) == (actual, type(actual))
    assert ATTRIBUTES[name].default == seen(name, party())


CONTACTS = [
    Contact(AT - 2 * DAY, "email", "a", "marketing", "p", "t", "1"),
    Contact(AT - DAY, "email", "a", "service", "p", "t", "2"),
    Contact(AT - DAY, "sms", "a", "marketing", "p", "t", "3"),
    Contact(AT - HOUR, "email", "a", "marketing", "p", "t", "4", rider=True),
    Contact(AT + HOUR, "email", "a", "marketing", "p", "t", "5", planned=True),
    Contact(AT - HOUR, "email", "a", "marketing", "p", "t", "", member="q"),
]
COUNTERS = {"view": [AT - 3 * DAY, AT - 2 * DAY, AT - MINUTE], "response:email": [AT - DAY]}


@pytest.mark.parametrize(
    ("lookup", "row", "expected"),
    [
        (Lookup("count", "view", 2 * DAY), party(counters=COUNTERS), 1),  # two days ago to the millisecond is outside
        (Lookup("count", "view", 7 * DAY), party(counters=COUNTERS), 3),
        (Lookup("count", "post", 7 * DAY), party(counters=COUNTERS), 0),
        (Lookup("days_since", "view"), party(counters={"view": [AT - 36 * HOUR]}), 1.5),
        (Lookup("days_since", "view"), party(counters={"view": [AT + MINUTE]}), 0.0),  # a clock ahead of ours
        (Lookup("days_since", "view"), party(), NEVER),
        (Lookup("responses", "email", 7 * DAY), party(counters=COUNTERS), 1),
        (Lookup("contacts", "email", 7 * DAY), party(contacts=CONTACTS), 2),
        (Lookup("contacts", "email", 2 * DAY), party(contacts=CONTACTS), 1),
        (Lookup("contacts", "sms", 7 * DAY), party(contacts=CONTACTS), 1),
        (Lookup("days_until", "contract_end"), party(attributes={"contract_end": "2024-03-06"}), 1),
        (Lookup("days_until", "contract_end"), party(attributes={"contract_end": "2024-03-06"}, zone="UTC"), 2),
        (Lookup("days_until", "contract_end"), party(attributes={"contract_end": "2024-03-01"}), -4),
        (Lookup("days_until", "contract_end"), party(), UNKNOWN),
        (Lookup("days_until", "contract_end"), party(attributes={"contract_end": "soon"}), UNKNOWN),
        (Lookup("days_from", "contract_end"), party(attributes={"contract_end": "2024-03-01"}), 4),
        (Lookup("days_from", "contract_end"), party(), -UNKNOWN),
        (Lookup("entry", "holdings", key="funds"), party(attributes={"holdings": {"funds": 1.5}}), 1.5),
        (Lookup("entry", "holdings", key="shares"), party(attributes={"holdings": {"funds": 1.5}}), 0.0),
        (Lookup("entry", "holdings", key="funds"), party(), 0.0),
        (Lookup("interest_in", "card"), party(consents=PROFILED, interests={"card": Interest(2.0, AT)}), 2.0),
        (Lookup("interest_in", "card"), party(interests={"card": Interest(2.0, AT)}), 0.0),
    ],
)
def test_a_lookup(lookup: Lookup, row: Party, expected: RuleValue) -> None:
    actual = found(lookup, row)
    assert (expected, type(expected)) == (actual, type(actual))


def test_an_interest_that_has_faded_is_none() -> None:
    row = party(consents=PROFILED, interests={"card": Interest(1e-300, AT)})
    context = context_of(row, EventEffect(), Policy("v"), at=AT, age=0, since=AT, quota=Unlimited())
    assert 0.0 == interest(context, "card")


def test_an_unknown_zone_gives_no_clock_and_the_other_values() -> None:
    policy = Policy("v", attributes=ATTRIBUTES, variables=frozenset({"today", "lifecycle"}))
    assert {"lifecycle": "lead"} == _values(policy, party(zone="Mars/Olympus"))
