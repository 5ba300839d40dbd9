"""Hypothesis strategies for everything the codec carries."""

from hypothesis import strategies as st

from garbo.adapters.avro.messages.fields import LAST_INSTANT
from garbo.core.vocabulary import effects
from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.events import (
    ActionOutcome,
    ClockTick,
    ConsentChange,
    Direction,
    HouseholdJoined,
    Identifier,
    PartyEvent,
    PartyMerged,
    ProfileUpdate,
    RowMoved,
    Source,
    TimerFired,
    Touchpoint,
)
from garbo.core.vocabulary.reasons import Disposition, NeedEnd, Reason
from garbo.processors.ports import InboundMessage, Link

CONSENTS = (
    "personal_data",
    "sensitive_data",
    "satisfaction",
    "own_promotion",
    "third_party_promotion",
    "third_party_disclosure",
    "profiling",
)

_characters = st.characters(exclude_categories=["Cs"])  # a lone surrogate is no text that Avro could carry

text = st.text(_characters, max_size=80)
some_text = st.text(_characters, min_size=1, max_size=80)
instants = st.integers(0, LAST_INSTANT)
longs = st.integers(-(2**63), 2**63 - 1)
finite = st.floats(allow_nan=False, allow_infinity=False)
doubles = st.floats(allow_nan=False)
identifier = st.builds(Identifier, text, text)
identifiers = st.lists(identifier, max_size=4).map(tuple)
attributes = st.dictionaries(text, st.one_of(text, longs, finite, st.booleans()), max_size=5)
channel = st.sampled_from(Channel)
maybe_channel = st.none() | channel

touchpoints = st.builds(
    Touchpoint, channel, some_text, st.sampled_from(Direction), identifiers, attributes, text, text, text
)
consents = st.builds(ConsentChange, st.sampled_from(CONSENTS), st.booleans(), identifiers, text, maybe_channel)
outcomes = st.builds(ActionOutcome, st.sampled_from(OutcomeStatus), text, text, maybe_channel, identifiers, attributes)
profiles = st.builds(ProfileUpdate, identifiers, attributes, text, text, text, text, text, text)
inbound = st.builds(InboundMessage, some_text, instants, st.one_of(touchpoints, consents, outcomes, profiles))

bodies = st.one_of(
    touchpoints,
    consents,
    outcomes,
    profiles,
    st.builds(TimerFired, text, instants),
    st.builds(PartyMerged, some_text),
    st.builds(RowMoved, text, st.binary(max_size=3000)),
    st.builds(HouseholdJoined, text, some_text, text, text),
    st.just(ClockTick()),
)
offsets = st.integers(0, 2**63 - 1)
sources = st.builds(Source, some_text, st.integers(0, 2**31 - 1), offsets)
party_events = st.builds(
    PartyEvent, some_text, some_text, instants, bodies, offsets, instants, st.none() | sources, text
)

links = st.builds(Link, identifier, some_text, identifier, text, text)

riders = st.builds(effects.Rider, text, text, text, text)
commands = st.builds(
    effects.Deliver,
    text,
    text,
    text,
    channel.map(str),
    text,
    st.sampled_from(["mandatory", "service", "transactional", "marketing"]),
    text,
    text,
    longs,
    longs,
    text,
    text,
    text,
    st.dictionaries(text, text, max_size=4),
    st.lists(riders, max_size=3).map(tuple),
    st.lists(text, max_size=3).map(tuple),
)

scored = st.builds(effects.Scored, text, *[doubles] * 12, longs, st.none() | st.sampled_from(Reason))
blocked = st.builds(effects.Blocked, text, st.sampled_from(Reason), text)
closed = st.builds(effects.NeedClosed, text, text, st.sampled_from(NeedEnd), text)
decisions = st.builds(
    effects.DecisionRecord,
    decision_id=text,
    party=text,
    event_id=text,
    event_type=text,
    event_kind=text,
    occurred_at=longs,
    at=longs,
    disposition=st.sampled_from(Disposition),
    policy_version=text,
    model_version=text,
    chosen=text,
    action_id=text,
    placed_at=longs,
    intent=text,
    riders=st.lists(text, max_size=3).map(tuple),
    scored=st.lists(scored, max_size=4).map(tuple),
    blocked=st.lists(blocked, max_size=4).map(tuple),
    needs_closed=st.lists(closed, max_size=3).map(tuple),
    seed=longs,
    explored=st.booleans(),
    silence_probability=doubles,
    age_ms=longs,
    fallback=st.booleans(),
    lifecycle=text,
    stage=text,
    pressure=doubles,
    models=st.lists(text, max_size=3).map(tuple),
    partition=st.integers(-(2**31), 2**31 - 1),
    offset=longs,
    prior_state=text,
    state=text,
)
examples = st.builds(
    effects.Learn,
    text,
    text,
    text,
    instants,
    text,
    st.dictionaries(text, finite, max_size=5),
    st.sampled_from([0, 1]),
    finite,
    finite,
    text,
)
objections = st.builds(
    effects.Objection, text, text, longs, st.lists(text, max_size=3).map(tuple), st.booleans(), text, text, text, text
)
flows = st.builds(
    effects.Flow, text, longs, st.sampled_from(["journey", "lifecycle"]), text, text, text, longs,
    st.sampled_from(effects.FlowKind), text, st.sampled_from([1, -1]), text, text, text, text, longs, text,
    st.booleans(), text,
)  # fmt: skip
