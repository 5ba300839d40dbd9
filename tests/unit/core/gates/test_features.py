"""The vector of a decision: each feature of the engine says what it promises, and only with the consents."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from garbo.core.gates import contact_policy
from garbo.core.gates.features import STATE_READERS
from garbo.core.party.state import Contact
from garbo.core.policy.compiled import CompiledPolicy, compiled
from garbo.core.policy.contact_policy import Cap, ContactPolicy
from garbo.core.policy.models import ACTION, PARTY, STATE, Feature, Model
from garbo.core.policy.vector import CATEGORY, NUMBER
from garbo.core.scoring import catalogue
from garbo.core.scoring.catalogue import CATALOGUE
from garbo.core.scoring.features import ACTION_READERS
from garbo.core.scoring.scorer import Estimate, NoModels
from garbo.core.vocabulary.defaults import Channel
from garbo.core.vocabulary.effects import DecisionRecord, Learn
from garbo.core.vocabulary.instants import DAY, HOUR
from tests.unit.core.small import SMALL, Log, consent, known, outcome, view

CHANNELS, THEMES = ("email", "web"), ("card", "loan")
NAMES = {source: catalogue.names(source, CHANNELS, THEMES) for source in (STATE, ACTION)}
EVERY = [(source, name) for source, names in NAMES.items() for name in names]


class Asked(NoModels):
    """A model that is asked, and remembers what it was given."""

    def __init__(self) -> None:
        self.vectors: list[Mapping[str, float]] = []

    def estimate(self, model: str, features: Mapping[str, float]) -> Estimate | None:
        self.vectors.append(dict(features))
        return Estimate(0.5, 10.0, f"{model}@10")


def reading(*features: Feature) -> CompiledPolicy:
    return compiled(replace(SMALL, models={"f": Model("f", features, 0.9, 100.0)}))


def of(source: str, *names: str) -> tuple[Feature, ...]:
    return tuple(catalogue.feature(name, source) for name in names)


def lived(policy: CompiledPolicy, *consents: str) -> tuple[Log, Asked]:
    """A person gives consents, looks at cards, is offered something, answers, and looks again."""
    scorer = Asked()
    log = known(Log(policy, scorer), *consents)
    log.happen(view("card", age=41))
    for made in log.commands()[:1]:
        log.happen(outcome("accepted", made.action_id), HOUR)
    log.happen(view("card", age=41), 2 * DAY)
    return log, scorer


def scored(log: Log) -> list[DecisionRecord]:
    return [record for record in log.records() if record.scored]


def value(policy: CompiledPolicy, record: DecisionRecord, name: str) -> float | str:
    """The feature's place in the record's arrays."""
    for order, values in ((policy.order.numbers, record.numbers), (policy.order.words, record.words)):
        for feature, found in zip(order, values, strict=True):
            if feature.name == name:
                return found
    raise LookupError(name)


def test_each_feature_of_the_catalogue_has_its_reader() -> None:
    assert [n for n, f in CATALOGUE.items() if f.source == STATE] == list(STATE_READERS)
    assert [n for n, f in CATALOGUE.items() if f.source == ACTION] == list(ACTION_READERS)


def test_each_feature_is_explained_and_only_the_clock_and_the_action_read_no_behaviour() -> None:
    assert all(f.meaning and f.kind in (NUMBER, CATEGORY) for f in CATALOGUE.values())
    assert {"state.hour", "state.weekday"} == {n for n, f in CATALOGUE.items() if f.source == STATE and not f.behaviour}
    assert {"action.interest"} == {n for n, f in CATALOGUE.items() if f.source == ACTION and f.behaviour}


@pytest.mark.parametrize(("source", "name"), EVERY)
@pytest.mark.parametrize("consents", [("own_promotion",), ("own_promotion", "profiling")], ids=["without", "with"])
def test_nothing_is_read_without_profiling(source: str, name: str, consents: tuple[str, ...]) -> None:
    permitted = "profiling" in consents
    policy = reading(Feature("age", NUMBER, PARTY), *of(source, name))
    log, scorer = lived(policy, *consents)
    records = scored(log)
    assert records
    assert permitted is all(record.numbers for record in records)
    assert permitted is bool(scorer.vectors)
    assert permitted or not any(record.words or record.lineups for record in records)
    assert permitted or all(s.model_output == -1.0 for record in records for s in record.scored)
    assert permitted or not any(p.features for p in log.party().pending)
    assert permitted or not any(isinstance(effect, Learn) for effect in log.effects())


def test_nothing_is_read_any_more_after_profiling_is_withdrawn() -> None:
    policy = reading(*of(STATE, "state.pressure", "state.hour"))
    log, scorer = lived(policy, "own_promotion", "profiling")
    before = len(scorer.vectors)
    assert before
    log.happen(consent("profiling", granted=False), HOUR)
    log.happen(view("card"), 2 * DAY)
    assert before == len(scorer.vectors)
    assert not scored(log)[-1].numbers


def test_the_arrays_of_a_record_are_in_the_policys_order() -> None:
    policy = reading(
        Feature("age", NUMBER), Feature("branch", CATEGORY), *of(STATE, "state.hour", "state.contacts_30d.email")
    )
    log, _ = lived(policy, "own_promotion", "profiling")
    assert ["age", "state.contacts_30d.email"] == [f.name for f in policy.order.numbers]
    assert ["branch", "state.hour"] == [f.name for f in policy.order.words]
    last = scored(log)[-1]
    assert 41.0 == last.numbers[0]
    assert ("", "13") == (last.words[0], last.words[1])  # nobody said which branch; days and an hour after noon


def test_what_is_read_is_what_holds_now() -> None:
    names = NAMES[STATE]
    policy = reading(*of(STATE, *names))
    log, _ = lived(policy, "own_promotion", "profiling")
    first, last = scored(log)[0], scored(log)[-1]
    made = next(c for c in log.commands() if c.at <= last.at)
    assert "nan" == str(value(policy, first, "state.days_since_contact"))  # none was made yet
    assert value(policy, last, "state.days_since_contact") == pytest.approx((last.at - made.at) / DAY, abs=0.2)
    assert value(policy, last, "state.contacts_30d") >= 1
    assert 0.0 == value(policy, last, "state.days_since_touch.web")
    assert value(policy, last, "state.interest.card") > value(policy, first, "state.interest.card")
    assert 0.0 == value(policy, last, "state.interest.loan")
    assert ("view", "web", "card") == tuple(
        value(policy, last, f"state.{name}") for name in ("event", "event_channel", "event_theme")
    )
    assert value(policy, last, "state.stage") == log.party().stage == "looking"
    assert value(policy, last, "state.pressure") > 0
    assert 1.0 == value(policy, last, "state.household_size")


def test_answers_are_counted_by_channel_only_where_a_model_reads_them() -> None:
    names = [f"state.days_since_{how}.{c}" for how in ("positive", "negative", "ignored") for c in Channel]
    policy = reading(*of(STATE, *names))
    log, _ = lived(policy, "own_promotion", "profiling")
    channel = log.commands()[0].channel
    last = scored(log)[-1]
    assert 2.0 == pytest.approx(float(value(policy, last, f"state.days_since_positive.{channel}")), abs=0.1)
    assert "nan" == str(value(policy, last, f"state.days_since_negative.{channel}"))
    plain, _ = lived(reading(*of(STATE, "state.pressure")), "own_promotion", "profiling")
    assert f"positive:{channel}" in log.party().counters
    assert not plain.party().counters


def test_a_model_that_reads_nothing_of_the_action_is_asked_once_a_decision() -> None:
    log, scorer = lived(reading(*of(STATE, "state.pressure")), "own_promotion", "profiling")
    assert len(scorer.vectors) == len(scored(log))


def test_each_candidate_has_its_own_vector_where_the_model_reads_the_action() -> None:
    policy = reading(*of(STATE, "state.pressure"), *of(ACTION, "action.name", "action.value", "action.interest"))
    log, scorer = lived(policy, "own_promotion", "profiling")
    offers = [s.action for record in scored(log) for s in record.scored if s.model_output >= 0]
    named = [key.removeprefix("action.name=") for v in scorer.vectors for key in v if key.startswith("action.name=")]
    assert sorted(offers) == sorted(named)
    assert "state.interest.card" in [f.name for f in policy.order.numbers]  # so the action's interest follows from it
    assert any(v.get("action.interest", 0.0) > 0 for v in scorer.vectors)
    assert not any("state.interest.card" in v for v in scorer.vectors)


CONTACTS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["email", "sms"])), max_size=8)


@given(CONTACTS, st.integers(0, 4), st.integers(1, 20), st.sampled_from([(), ("email",)]))
def test_contacts_left_are_as_many_as_the_cap_lets_through(
    made: list[tuple[int, str]], limit: int, window: int, channels: tuple[str, ...]
) -> None:
    policy = ContactPolicy(caps=(Cap("cap", window, limit, channels),))
    contacts = [
        Contact(at, channel, "a", "marketing", "own_promotion", "card", str(i)) for i, (at, channel) in enumerate(made)
    ]
    rest = contact_policy.left(policy, "email", 20, contacts)
    assert rest is not None
    offer = SMALL.actions["offer_email"]
    for more in range(6):
        added = [Contact(20, "email", "a", "marketing", "own_promotion", "card", f"x{n}") for n in range(more)]
        plain = replace(offer, cooldown=0)
        allowed = contact_policy.check(policy, plain, "email", 20, [*contacts, *added]).reason is None
        if not contact_policy.check(policy, plain, "email", 20, contacts).reason:
            assert allowed is (more < rest)
        else:
            assert not rest


def test_without_a_cap_on_all_marketing_it_is_not_known_how_many_are_left() -> None:
    assert contact_policy.left(ContactPolicy(caps=(Cap("cap", 9, 1, themes=("card",)),)), "email", 20, []) is None
    assert contact_policy.left(ContactPolicy(caps=(Cap("cap", 9, 1, ("email",)),)), "", 20, []) is None
