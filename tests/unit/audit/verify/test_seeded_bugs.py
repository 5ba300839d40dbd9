"""The checker finds a bug of the engine in the engine's output alone."""

from collections.abc import Callable
from textwrap import dedent

import pytest
from msgspec.structs import replace

from garbo.core import decide
from garbo.core.gates import contact_policy
from garbo.core.party import consent
from garbo.core.policy.models import CHALLENGER
from garbo.core.vocabulary.reasons import ALLOWED
from garbo.simulation.world import world
from garbo.testing import load_policy
from garbo.testing.driver import Driver
from tests.chaos import bugs
from tests.golden.histories.playing import bank
from tests.unit.audit.verify.recorded import DAY, Recorded
from tests.unit.audit.verify.village import UNPROFILED, lived, party, policy, rules_of, village_rules, with_rule


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A bug patches its whole process; here the patches are undone after the test."""
    for place, name in bugs.REPLACED:
        monkeypatch.setattr(place, name, getattr(place, name))
    return bugs.install


def violated(*, twice: bool = False) -> set[str]:
    """The violated invariants after a month; twice: resolve forwards every fourth event again, as after a crash."""
    driver = Driver(bank())
    facts = list(world(7, 150, 30))
    for fact in facts:
        driver.send(fact)
    driver.tick(facts[-1].at + 7 * DAY)
    if twice:
        for record in driver.log["party-events"][::4]:
            if driver.codec.party_event(record).source is not None:
                driver.send_raw("party-events", record.key, record.value)
    return {j.name for j in Recorded(driver).report().results if j.violations}


def test_engine_without_a_bug_survives_a_second_forwarding() -> None:
    assert set() == violated(twice=True)


def test_caps_switched_off_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_policy, "check", lambda *_, **__: ALLOWED)
    assert {"I3", "I14"} >= violated() >= {"I3"}


def test_consent_switched_off_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "permits", lambda *_, **__: ALLOWED)
    assert "I4" in violated()


def test_dedupe_switched_off_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "already_applied", lambda *_: False)
    assert "I8" in violated(twice=True)


# ---- the decision's rules, in a village where each has an occasion


def found() -> set[str]:
    return {j.name for j in Recorded(lived()).report(by=village_rules()).results if j.violations}


def test_village_without_a_bug_has_no_violation_and_every_invariant_checks_something() -> None:
    report = Recorded(lived()).report(by=village_rules())
    assert [] == [v for j in report.results for v in j.violations]
    assert {"I6"} == {j.name for j in report.results if not j.checked}  # nothing was malformed


@pytest.mark.parametrize(
    ("bug", "broken"),
    [
        ("caps_off", {"I3", "I14"}),  # the cap on looks is one of them
        ("consent_off", {"I4", "I13"}),
        ("personal_data_ignored", {"I4"}),
        ("learning_unpermitted", {"I11"}),
        ("scored_unpermitted", {"I22"}),
        ("labels_hurried", {"I11"}),
        ("failed_labelled", {"I11"}),
        ("labels_repeated", {"I11"}),
        ("members_named", {"I12"}),
        ("profiling_ignored", {"I13"}),
        ("looks_uncapped", {"I14"}),
        ("capacity_ignored", {"I15"}),
        ("answered_at_emission", {"I16"}),
        ("hold_out_ignored", {"I17"}),
        ("drawn_again", {"I18"}),
        ("objection_ignored", {"I19"}),
        ("plans_outlive_objections", {"I19"}),
        ("objections_lost_at_merge", {"I19"}),
        ("attributes_spilt", {"I20"}),
        ("dropouts_untold", {"I24"}),
        ("feedback_unbounded", {"I26"}),
        ("feedback_unsaid", {"I26"}),
    ],
)
def test_seeded_bug_is_found_by_its_invariant(install: Callable[[str], None], bug: str, broken: set[str]) -> None:
    install(bug)
    assert broken == found()


@pytest.mark.parametrize(("bug", "broken"), [("", set()), ("champion_alone_logged", {"I21"}), ("drawn_twice", {"I21"})])
def test_probability_that_was_not_drawn_with_is_found(
    install: Callable[[str], None], bug: str, broken: set[str]
) -> None:
    """A challenger that thinks little of every card has half of the decisions."""
    known = policy()
    doubtful = replace(
        known.models["cards"], id="doubtful", families=("cards",), role=CHALLENGER, of="cards", share=0.5
    )
    models = {**known.models, "doubtful": replace(doubtful, starting_propensity=0.0001)}
    if bug:
        install(bug)
    run = Recorded(lived(replace(known, models=models)))
    assert any(lineup.share == 0.5 for d in run.decisions() for lineup in d.lineups)
    assert broken == {j.name for j in run.report(by=village_rules()).results if j.violations}


@pytest.mark.parametrize("bug", ["", "counting_unpermitted"])
def test_offer_by_a_count_to_who_refused_profiling_is_found(install: Callable[[str], None], bug: str) -> None:
    """The rule holds for everybody: only the consent holds the gift back."""
    if bug:
        install(bug)
    texts = with_rule('eligibility: count("page_view", "30d") >= 0')
    driver = lived(load_policy({name: dedent(text) for name, text in texts.items()}))
    given = {c.party for c in driver.commands() if c.action == "gift"}
    assert given
    assert bool(bug) is (party(UNPROFILED) in given)
    report = Recorded(driver).report(by=rules_of(texts))
    broken = {j.name: j.violations for j in report.results if j.violations}
    assert set(broken) == ({"I13"} if bug else set())
    assert all("reads behaviour" in violation for found in broken.values() for violation in found)
