"""Whatever the order of contacts: made only when `check` allows, no rolling window is ever over its cap.

The oracles share nothing with the code: they look at every window that starts or ends at, or just beside, a contact.
"""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from garbo.core.gates.contact_policy import check
from garbo.core.party.state import Contact
from garbo.core.policy.actions import Action, ActionClass, Treatment
from garbo.core.policy.contact_policy import Cap, ContactPolicy, Exclusion, Sequence, Spacing
from garbo.core.vocabulary.reasons import ALLOWED

CHANNELS, PURPOSES, THEMES = ("email", "sms"), ("own_promotion", "satisfaction"), ("card", "loan")
NAMES, CLASSES = ("a", "b", "c"), ("marketing", "service", "transactional")

times = st.integers(0, 40)
spans = st.integers(1, 15)


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=1).map(tuple)


caps = st.builds(
    Cap,
    name=st.just("cap"),
    window=spans,
    limit=st.integers(0, 4),
    channels=some(CHANNELS),
    purposes=some(PURPOSES),
    themes=some(THEMES),
    limits=st.just(CLASSES),
    counts=st.lists(st.sampled_from(CLASSES), unique=True, min_size=1).map(tuple),
)
wishes = st.lists(
    st.tuples(
        times,
        st.builds(
            Action,
            name=st.sampled_from(NAMES),
            action_class=st.sampled_from([ActionClass(c) for c in CLASSES]),
            purpose=st.sampled_from(PURPOSES),
            treatments=st.sampled_from(CHANNELS).map(lambda channel: (Treatment(channel),)),
            theme=st.sampled_from(THEMES),
            cooldown=st.sampled_from([0, 0, 5]),
        ),
        st.booleans(),
    ),
    max_size=30,
)
Wishes = list[tuple[int, Action, bool]]


def made(policy: ContactPolicy, wanted: Wishes, riders: bool = True) -> list[Contact]:
    """The ledger after each wish, in this order, was granted only when `check` allowed it."""
    ledger: list[Contact] = []
    for at, action, rider in wanted:
        rides = rider and riders
        channel = action.treatments[0].channel
        if check(policy, action, channel, at, ledger, alone=not rides) == ALLOWED:
            kind = action.action_class.value
            tags = (channel, action.name, kind, action.purpose, action.theme)
            ledger.append(Contact(at, *tags, "", rider=rides))
    return ledger


def matches(cap: Cap, contact: Contact) -> bool:
    return (
        contact.action_class in cap.counts
        and (cap.channels == () or contact.channel in cap.channels)
        and (cap.purposes == () or contact.purpose in cap.purposes)
        and (cap.themes == () or contact.theme in cap.themes)
        and (not contact.rider or cap.purposes != () or cap.themes != ())
    )


@settings(max_examples=300)
@given(st.lists(caps, min_size=1, max_size=3), wishes)
def test_no_rolling_window_is_over_its_cap_in_any_order(rules: list[Cap], wanted: Wishes) -> None:
    ledger = made(ContactPolicy(caps=tuple(rules)), wanted)
    for cap in rules:
        for end in range(60):
            inside = [c for c in ledger if matches(cap, c) and end - cap.window < c.at <= end]
            assert len(inside) <= cap.limit


@settings(max_examples=200)
@given(caps, wishes)
def test_contact_is_held_back_only_when_some_window_would_be_over(cap: Cap, wanted: Wishes) -> None:
    policy = ContactPolicy(caps=(cap,))
    ledger = made(policy, wanted, riders=False)
    for at, action, _ in wanted:
        channel = action.treatments[0].channel
        tags = (channel, action.name, cap.counts[0], action.purpose, action.theme)
        candidate = Contact(at, *tags, "")
        over = matches(cap, candidate) and any(
            sum(matches(cap, c) and end - cap.window < c.at <= end for c in [*ledger, candidate]) > cap.limit
            for end in range(at, at + cap.window)
        )
        still = Action(action.name, action.action_class, action.purpose, action.theme, action.treatments)
        assert (check(policy, still, channel, at, ledger).reason is not None) is over


@settings(max_examples=200)
@given(spans, some(CHANNELS), wishes)
def test_no_two_contacts_are_closer_than_their_spacing(gap: int, channels: tuple[str, ...], wanted: Wishes) -> None:
    spacing = Spacing("s", gap, channels=channels, limits=CLASSES, counts=CLASSES)
    ledger = made(ContactPolicy(spacings=(spacing,)), wanted, riders=False)
    spaced = [c for c in ledger if not channels or c.channel in channels]
    assert [(a.at, b.at) for a, b in combinations(spaced, 2) if abs(a.at - b.at) < gap] == []


@settings(max_examples=200)
@given(spans, wishes)
def test_no_two_of_an_exclusion_are_within_its_span(within: int, wanted: Wishes) -> None:
    ledger = made(ContactPolicy(exclusions=(Exclusion("e", ("a", "b"), within),)), wanted)
    group = [c for c in ledger if c.action in ("a", "b")]
    assert [(a.at, b.at) for a, b in combinations(group, 2) if abs(a.at - b.at) < within] == []


@settings(max_examples=200)
@given(spans, wishes)
def test_nothing_follows_too_soon_what_it_may_not_follow(within: int, wanted: Wishes) -> None:
    ledger = made(ContactPolicy(sequences=(Sequence("s", "a", "b", within),)), wanted)
    pairs = [(a.at, b.at) for a in ledger for b in ledger if (a.action, b.action) == ("a", "b")]
    assert [pair for pair in pairs if 0 <= pair[1] - pair[0] < within] == []
