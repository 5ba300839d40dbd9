"""Resolve: in whatever order links and copies arrive, one person ends as one party; nothing is lost."""

from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.core.party.identity import party_of
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.events import (
    ActionOutcome,
    ConsentChange,
    HouseholdJoined,
    Identifier,
    InboundBody,
    PartyMerged,
    ProfileUpdate,
    Source,
    Touchpoint,
)
from garbo.processors import resolve
from garbo.processors.identifiers import key_of
from garbo.processors.partitioner import partition_for
from garbo.processors.ports import ConsumerRecord, InboundMessage, Link, Output, Work
from garbo.processors.topics import INBOUND_TOPICS
from tests.unit.processors.net import (
    CODEC,
    COOKIE,
    CUSTOMER,
    EMAIL,
    NOW,
    PHONE,
    POOL,
    TOPICS,
    Net,
    touchpoint,
)


def components(groups: list[tuple[Identifier, ...]]) -> dict[Identifier, set[Identifier]]:
    """Which identifiers are one person, by brute force."""
    joined: dict[Identifier, set[Identifier]] = {}
    for group in groups:
        union = set(group).union(*(joined.get(i, set()) for i in group))
        for identifier in union:
            joined[identifier] = union
    return joined


def customers(identifiers: Iterable[Identifier]) -> set[str]:
    """The parties of the customer ids among `identifiers`."""
    return {party_of(i) for i in identifiers if i.kind == "customer_id"}


groups = st.lists(
    st.lists(st.sampled_from(POOL), min_size=1, max_size=3, unique=True).map(tuple), min_size=1, max_size=8
)


@settings(max_examples=300, derandomize=True)
@given(groups, st.integers(0, 2**32), st.integers(1, 4))
def test_any_interleaving_gives_one_party_to_one_person(
    people: list[tuple[Identifier, ...]], seed: int, partitions: int
) -> None:
    """Facts, links, copies and restarts in any order: all identifiers of a person end at the best of their parties."""
    net = Net(partitions)
    random = Random(seed)
    for number, group in enumerate(people):
        net.send(touchpoint(*group, event_id=f"e{number}"))
        while random.random() < 0.5 and net.waiting():
            net.step(random.choice(net.waiting()))
    net.settle(random)
    joined = components(people)
    for identifier, person in joined.items():
        if len(customers(person)) < 2:
            assert min(party_of(i) for i in person) == net.party(identifier)
        if identifier.kind == "customer_id":  # never somebody else, whatever is shared
            assert party_of(identifier) == net.final(net.party(identifier))
    for event in net.events:
        if isinstance(event.body, Touchpoint):
            named = customers(event.body.identifiers) or customers(joined[event.body.identifiers[0]])
            if len(named) < 2:
                person = joined[event.body.identifiers[0]]
                assert min(named or map(party_of, person)) == net.final(event.party)
    assert [] == net.dead
    assert {f"e{n}" for n in range(len(people))} == {e.event_id for e in net.events if isinstance(e.body, Touchpoint)}


@settings(max_examples=100, derandomize=True)
@given(groups, st.integers(0, 2**32))
def test_what_is_sent_again_after_a_crash_carries_the_same_coordinates(
    people: list[tuple[Identifier, ...]], seed: int
) -> None:
    """Copies of one source record have one event id and one source: decide tells them from news."""
    net = Net()
    for number, group in enumerate(people):
        net.send(touchpoint(*group, event_id=f"e{number}"))
    net.settle(Random(seed))
    sources: dict[str, set[Source | None]] = {}
    for event in net.events:
        if isinstance(event.body, Touchpoint):
            sources.setdefault(event.event_id, set()).add(event.source)
    assert {1} == {len(found) for found in sources.values()}


def test_person_known_by_two_ways_at_once_is_one_whichever_merge_is_heard_first() -> None:
    """One cookie's party is told of a customer and of an e-mail: the e-mail's row must follow to the customer."""
    net = Net(1)
    weak, strong = Identifier("cookie", "k2"), CUSTOMER
    net.send(touchpoint(weak, COOKIE, event_id="e1"))
    net.settle()
    net.send(touchpoint(strong, min(weak, COOKIE, key=party_of), event_id="e2"))
    net.send(touchpoint(strong, max(weak, COOKIE, key=party_of), event_id="e3"))
    net.send(touchpoint(EMAIL, weak, event_id="e4"))
    net.settle()
    assert {party_of(CUSTOMER)} == {net.party(i) for i in (weak, COOKIE, EMAIL, CUSTOMER)}


def test_two_customers_who_share_a_tablet_stay_two() -> None:
    """A cookie seen with both spouses makes nobody somebody else; each one's own events stay with them."""
    net = Net()
    gaia, giorgio = Identifier("customer_id", "IT-1002"), Identifier("customer_id", "IT-1001")
    for number, who in enumerate((giorgio, gaia, gaia, giorgio)):
        net.send(touchpoint(COOKIE, who, event_id=f"e{number}"))
        net.settle()
    net.send(touchpoint(giorgio, COOKIE, event_id="e4"))
    net.send(touchpoint(gaia, COOKIE, event_id="e5"))
    net.settle()
    parties = [e.party for e in net.events if isinstance(e.body, Touchpoint)]
    assert [party_of(who) for who in (giorgio, gaia, gaia, giorgio, giorgio, gaia)] == parties
    assert [] == [e for e in net.events if isinstance(e.body, PartyMerged)]


def test_what_two_customers_share_stays_with_the_first() -> None:
    """An event of the shared cookie alone: the customer it was first seen with."""
    net = Net()
    for number, who in enumerate(("IT-1001", "IT-1002")):
        net.send(touchpoint(COOKIE, Identifier("customer_id", who), event_id=f"e{number}"))
        net.settle()
    assert party_of(Identifier("customer_id", "IT-1001")) == net.party(COOKIE)


def test_link_found_later_merges_the_weaker_party_into_the_stronger() -> None:
    """A cookie, then the customer behind it: the cookie's party moves, later events go straight to the customer."""
    net = Net()
    net.send(touchpoint(COOKIE, event_id="e1"))
    net.settle()
    net.send(touchpoint(COOKIE, CUSTOMER, event_id="e2"))
    net.settle()
    net.send(touchpoint(COOKIE, event_id="e3"))
    net.settle()
    weak, strong = party_of(COOKIE), party_of(CUSTOMER)
    told = [(e.party, e.body.winner if isinstance(e.body, PartyMerged) else e.event_id) for e in net.events]
    assert [(weak, "e1"), (weak, strong), (strong, "e2"), (strong, "e3")] == told


def test_stronger_identifiers_partition_answers_a_claim_with_its_better_party() -> None:
    """A cookie claims a phone that belongs to a customer already: the answer travels back, the cookie follows."""
    net = Net()
    net.send(touchpoint(PHONE, CUSTOMER, event_id="e1"))
    net.settle()
    net.send(touchpoint(COOKIE, PHONE, event_id="e2"))
    net.settle()
    assert party_of(CUSTOMER) == net.party(COOKIE)


def test_event_keyed_by_something_else_is_sent_on_under_its_strongest_identifier() -> None:
    """A foreign key costs one hop; then its source is where it landed, and nothing goes round in circles."""
    net = Net()
    net.append(Output("touchpoints", b"whatever the producer liked", CODEC.encode_inbound(touchpoint(COOKIE, EMAIL))))
    net.settle()
    (event,) = [e for e in net.events if isinstance(e.body, Touchpoint)]
    assert party_of(EMAIL) == event.party
    assert event.source is not None
    assert partition_for(key_of(EMAIL), 3) == event.source.partition


def test_key_spelt_otherwise_is_sent_on_too() -> None:
    """The producer's key is not normalised: it is no identifier's key, so it is rewritten."""
    net = Net()
    fact = touchpoint(Identifier("email", " A@B.C "))
    net.append(Output("touchpoints", b"email: A@B.C ", CODEC.encode_inbound(fact)))
    net.settle()
    assert [party_of(EMAIL)] == [e.party for e in net.events]


def test_party_named_by_itself_is_taken_at_its_word() -> None:
    """A dispatcher knows the party from the command: no links are made."""
    net = Net()
    fact = InboundMessage(
        "o", NOW, ActionOutcome(OutcomeStatus.ACCEPTED, "a-1", identifiers=(COOKIE, Identifier("party", "0-x")))
    )
    net.append(Output("outcomes", b"party:0-x", CODEC.encode_inbound(fact)))
    net.settle()
    assert ["0-x"] == [e.party for e in net.events]
    assert [] == net.queues.get((TOPICS.links, 0), [])


def test_household_members_hear_of_each_other_whatever_the_order() -> None:
    """Each member is told of every other, once by name; a second delivery says nothing new."""
    for order in (0, 1):
        net = Net()
        facts = [
            InboundMessage(
                f"p{n}", NOW, ProfileUpdate((Identifier("customer_id", f"C{n}"),), {}, name, "", "", "rossi", "spouse")
            )
            for n, name in ((1, "Giorgio"), (2, "Gaia"))
        ]
        for fact in facts if order else reversed(facts):
            net.send(fact)
        net.settle()
        giorgio, gaia = (party_of(Identifier("customer_id", c)) for c in ("C1", "C2"))
        told = {(e.party, e.body.member, e.body.name) for e in net.events if isinstance(e.body, HouseholdJoined)}
        assert {(giorgio, gaia, "Gaia"), (gaia, giorgio, "Giorgio")} == told
        before = len(net.events)
        for where in list(net.queues):
            if where[0] == TOPICS.links:
                net.read[where] = 0
        net.settle()
        assert before == len(net.events)


def test_household_that_everybody_is_in_is_none() -> None:
    """Each member is told of each: a default value ("unknown") would cost the square of all customers."""
    net = Net(1)
    shared = Identifier("household", "unknown")
    for n in range(resolve.HOUSEHOLD_ROWS + 5):
        link = Link(shared, f"0-{n:03}", Identifier("customer_id", f"C{n}"), "", "")
        net.append(Output(TOPICS.links, key_of(shared), CODEC.encode_link(link)))
    net.settle()
    assert resolve.HOUSEHOLD_ROWS * (resolve.HOUSEHOLD_ROWS - 1) == len(net.events)
    assert ["invalid"] * 5 == [CODEC.dead_letter(r.value or b"").reason for r in net.dead]


# ---- what cannot be used -------------------------------------------------------------------------------------------


def good() -> bytes:
    return CODEC.encode_inbound(touchpoint(COOKIE))


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"cookie:k1", None, "empty"),
        (b"cookie:k1", b"", "empty"),
        (None, good(), "null_key"),
        (b"", good(), "null_key"),
        (b"cookie:k1", b"x" * 200_000, "too_large"),
        (b"cookie:k1", b"not avro at all", "not_avro"),
        (b"cookie:k1", b"\x00\x00\x00\xff\xff" + good()[5:], "unknown_schema"),
        (b"cookie:k1", good()[:-3], "malformed"),
        (b"cookie:k1", good() + b"x", "malformed"),
        (b"cookie:k1", CODEC.encode_link(Link(COOKIE, "5-x", COOKIE)), "wrong_type"),
        (b"cookie:k1", CODEC.encode_inbound(touchpoint()), "no_identifier"),
        (b"cookie:k1", CODEC.encode_inbound(touchpoint(COOKIE, Identifier("shoe_size", "42"))), "unknown_word"),
        (b"cookie:k1", CODEC.encode_inbound(touchpoint(COOKIE, Identifier("email", "no address"))), "wrong_value"),
        (b"cookie:k1", CODEC.encode_inbound(touchpoint(COOKIE, Identifier("phone", "12"))), "wrong_value"),
        (b"cookie:k1", good().replace(b"\x08view", b"\x08veiw"), "unknown_word"),
        (b"cookie:k1", CODEC.encode_inbound(touchpoint(COOKIE, at=NOW + 300_001)), "future"),
        (b"cookie:k1", good().replace(b"k1", b"\xff\xfe"), "not_utf8"),
    ],
)
def test_hostile_message_is_one_dead_letter_and_the_next_is_resolved(
    key: bytes | None, value: bytes | None, reason: str
) -> None:
    net = Net(1)
    bad = ConsumerRecord("touchpoints", 0, 0, key, value, NOW)
    fine = ConsumerRecord("touchpoints", 0, 1, b"cookie:k1", good(), NOW)
    work = net.processor.process(0, [bad, fine], net.tables[0], NOW)
    (dead,) = [o for o in work.outputs if o.topic == TOPICS.dead_letters]
    assert reason == CODEC.dead_letter(dead.value or b"").reason
    assert [TOPICS.party_events] == [o.topic for o in work.outputs if o.topic != TOPICS.dead_letters]


@pytest.mark.parametrize(
    ("key", "link"),
    [
        (b"shoe_size:42", Link(Identifier("shoe_size", "42"), "5-x", COOKIE)),
        (b":", Link(Identifier("", ""), "5-x", COOKIE)),
        (b"party:0-x", Link(Identifier("party", "0-x"), "5-x", COOKIE)),
        (b"cookie:k1", Link(COOKIE, "5-x", Identifier("shoe_size", "42"))),
        (b"cookie:k1", Link(COOKIE, "", COOKIE)),
        (b"cookie:k1", Link(COOKIE, "5-" + "x" * 300, COOKIE)),
        (b"cookie:k1", Link(COOKIE, "5-x\0", COOKIE)),
        (b"cookie:k1\x00evil", Link(Identifier("cookie", "k1\0evil"), "0-winner", COOKIE)),
        (b"household:", Link(Identifier("household", ""), "0-x", CUSTOMER)),
        (b"cookie:k2", Link(COOKIE, "5-x", COOKIE)),  # the row would lie on another partition than the cookie
    ],
)
def test_hostile_link_is_one_dead_letter_and_the_next_event_is_resolved(key: bytes, link: Link) -> None:
    """Nobody but resolve writes links, until somebody does: an unknown kind was an exception that stopped the log."""
    net = Net(1)
    net.append(Output(TOPICS.links, key, CODEC.encode_link(link)))
    net.send(touchpoint(COOKIE))
    net.settle()
    assert ["invalid"] == [CODEC.dead_letter(r.value or b"").reason for r in net.dead]
    assert [party_of(COOKIE)] == [e.party for e in net.events]


def test_event_just_within_the_tolerance_is_no_future() -> None:
    net = Net(1)
    net.send(touchpoint(COOKIE, at=NOW + 300_000))
    net.settle()
    assert [] == net.dead


@pytest.mark.parametrize("value", ["k1\0" + "0-winner", "k1\0", "a\x1fb", "tab\there", "line\nbreak"])
def test_control_characters_are_no_identifier(value: str) -> None:
    """A NUL in a value would look like somebody else's link: with it a cookie could send a stranger's events away."""
    net = Net(1)
    net.send(touchpoint(COOKIE, event_id="e1"))
    net.send(touchpoint(Identifier("cookie", value), event_id="evil"))
    net.settle()
    net.restart()
    net.send(touchpoint(COOKIE, event_id="e2"))
    net.settle()
    assert [party_of(COOKIE)] * 2 == [e.party for e in net.events]
    assert ["wrong_value"] == [CODEC.dead_letter(r.value or b"").reason for r in net.dead]


def test_memory_is_bounded_and_forgetting_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million cookies nobody sees again do not stay in memory; what was known is read from the table."""
    monkeypatch.setattr(resolve, "CACHE", 10)
    net = Net(1)
    net.send(touchpoint(COOKIE, CUSTOMER, event_id="first"))
    for n in range(200):
        net.send(touchpoint(Identifier("cookie", f"other{n}"), EMAIL, event_id=f"e{n}"))
    net.settle()
    assert len(net.processor._known[0]) <= 15
    assert len(net.processor._claimed[0]) <= 15
    net.send(touchpoint(COOKIE, event_id="last"))
    net.settle()
    assert party_of(CUSTOMER) == net.events[-1].party


def test_batch_reads_what_it_wrote_itself() -> None:
    """Two events of one batch: the second sees the first one's link, though no table holds it yet."""
    net = Net(1)
    batch = [
        ConsumerRecord("touchpoints", 0, n, b"cookie:k1", CODEC.encode_inbound(fact), NOW)
        for n, fact in enumerate([touchpoint(COOKIE, CUSTOMER, event_id="e1"), touchpoint(COOKIE, event_id="e2")])
    ]
    work: Work = net.processor.process(0, batch, net.tables[0], NOW)
    assert [party_of(CUSTOMER).encode()] * 2 == [o.key for o in work.outputs if o.topic == TOPICS.party_events]


# ---- each topic its messages, each key its partition ---------------------------------------------------------------


@pytest.mark.parametrize("topic", TOPICS.inbound)
@pytest.mark.parametrize(
    "body",
    [
        Touchpoint(Channel.WEB, "view", identifiers=(CUSTOMER,)),
        ConsentChange("profiling", True, identifiers=(CUSTOMER,)),
        ActionOutcome(OutcomeStatus.DELIVERED, "a-1", channel=Channel.EMAIL, identifiers=(CUSTOMER,)),
        ProfileUpdate(identifiers=(CUSTOMER,)),
    ],
    ids=lambda body: type(body).__name__,
)
def test_each_inbound_topic_takes_its_own_kind_of_message(topic: str, body: InboundBody) -> None:
    """Who may write touchpoints stated a consent there, and a message went out on it."""
    net = Net(1)
    net.append(Output(topic, key_of(CUSTOMER), CODEC.encode_inbound(InboundMessage("e", NOW, body))))
    net.settle()
    its_own = INBOUND_TOPICS[type(body)] == topic
    reasons = [] if its_own else ["not_allowed"]
    assert (reasons, its_own) == ([CODEC.dead_letter(r.value or b"").reason for r in net.dead], bool(net.events))


@pytest.mark.parametrize("partition", range(3))
def test_a_message_on_a_wrong_partition_is_sent_on_to_its_own(partition: int) -> None:
    """librdkafka's own default partitioner made a second party of a person who was known already."""
    net = Net(3)
    net.send(touchpoint(COOKIE, CUSTOMER, event_id="first"))
    net.settle()
    again = CODEC.encode_inbound(touchpoint(COOKIE, event_id="second"))
    net.append(Output("touchpoints", key_of(COOKIE), again, partition))
    net.settle()
    assert ([], ["first", "second"]) == (net.dead, [e.event_id for e in net.events if isinstance(e.body, Touchpoint)])
    assert {party_of(CUSTOMER)} == {e.party for e in net.events if isinstance(e.body, Touchpoint)}


def test_what_was_sent_on_and_lies_wrong_again_goes_round_no_more() -> None:
    net = Net(3)
    home = partition_for(key_of(COOKIE), 3)
    value = CODEC.encode_inbound(touchpoint(COOKIE))
    net.append(Output("touchpoints", key_of(COOKIE), value, (home + 1) % 3, ((resolve.SENT_ON, b"1"),)))
    net.settle()
    assert ["misplaced"] == [CODEC.dead_letter(r.value or b"").reason for r in net.dead]
    assert [] == net.events


def test_a_link_on_a_wrong_partition_is_a_dead_letter() -> None:
    net = Net(3)
    wrong = (partition_for(key_of(COOKIE), 3) + 1) % 3
    net.append(Output(TOPICS.links, key_of(COOKIE), CODEC.encode_link(Link(COOKIE, "0-x", COOKIE)), wrong))
    net.settle()
    assert ["misplaced"] == [CODEC.dead_letter(r.value or b"").reason for r in net.dead]
