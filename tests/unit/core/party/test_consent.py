"""Consent: unknown is denied, the law's table holds, a withdrawal always counts."""

from itertools import permutations

import pytest

from garbo.core.party.consent import CONSENTS, PURPOSES, change, granted, permits
from garbo.core.party.state import Consent, Party
from garbo.core.vocabulary.reasons import ALLOWED, Reason, Verdict


def party(*consents: str) -> Party:
    return Party("p", consents={name: Consent(True, 1, 1) for name in consents})


@pytest.mark.parametrize("purpose", PURPOSES)
def test_unknown_consents_are_denied(purpose: str) -> None:
    """A party of whom nothing is known: only what needs no consent is permitted."""
    needed = PURPOSES[purpose]
    expected = Verdict(Reason.CONSENT_DENIED, needed[0]) if needed else ALLOWED
    assert expected == permits(party(), purpose)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_each_consent_of_a_purpose_is_needed(purpose: str) -> None:
    """All of them permit; all but one do not, and the verdict names the missing one."""
    needed = PURPOSES[purpose]
    assert ALLOWED == permits(party(*needed), purpose)
    for missing in needed:
        others = [c for c in CONSENTS if c != missing]
        assert Verdict(Reason.CONSENT_DENIED, missing) == permits(party(*others), purpose)


def test_purpose_nobody_declared_is_denied() -> None:
    assert Verdict(Reason.CONSENT_DENIED, "world_domination") == permits(party(*CONSENTS), "world_domination")


def test_special_categories_ask_for_their_own_consent() -> None:
    assert Verdict(Reason.CONSENT_DENIED, "sensitive_data") == permits(
        party("personal_data", "own_promotion"), "own_promotion", sensitive=True
    )
    given = party("personal_data", "own_promotion", "sensitive_data")
    assert ALLOWED == permits(given, "own_promotion", sensitive=True)


@pytest.mark.parametrize("purpose", ["legal_obligation", "contract"])
def test_what_law_or_contract_demands_needs_no_consent_for_special_categories(purpose: str) -> None:
    """Nor any other: DECISION.md, MISSION's privacy levels."""
    assert ALLOWED == permits(party(), purpose, sensitive=True, behavioural=True)


@pytest.mark.parametrize("purpose", [p for p in PURPOSES if p not in ("legal_obligation", "contract")])
def test_without_personal_data_only_what_law_or_contract_demands_is_done(purpose: str) -> None:
    """`personal_data` gated nothing: a withdrawn one stopped neither offers nor service."""
    everything = [c for c in CONSENTS if c != "personal_data"]
    assert Verdict(Reason.CONSENT_DENIED, "personal_data") == permits(party(*everything), purpose)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_behaviour_needs_profiling_where_the_purpose_promotes(purpose: str) -> None:
    """Page views led to "the card you were looking at" without the consent."""
    given = party(*(c for c in CONSENTS if c != "profiling"))
    verdict = permits(given, purpose, behavioural=True)
    services = ("legal_obligation", "contract", "service_request")
    assert verdict == (ALLOWED if purpose in services else Verdict(Reason.CONSENT_DENIED, "profiling"))


def test_a_bank_may_ask_for_more_never_for_less() -> None:
    """`extra` adds to the law's table; an empty extra takes nothing away."""
    extra = {"own_promotion": ("satisfaction",)}
    assert Verdict(Reason.CONSENT_DENIED, "satisfaction") == permits(
        party("personal_data", "own_promotion"), "own_promotion", extra=extra
    )
    assert ALLOWED == permits(party("personal_data", "own_promotion", "satisfaction"), "own_promotion", extra=extra)
    assert permits(party(), "own_promotion", extra={"own_promotion": ()}).reason is not None


def test_grant_older_than_the_withdrawal_is_ignored() -> None:
    row = party()
    assert change(row, "profiling", False, 20, 1)
    assert not change(row, "profiling", True, 10, 2)
    assert not granted(row, "profiling")


def test_grant_at_or_after_the_withdrawal_counts() -> None:
    """At the same instant the log's order decides: the grant came after."""
    row = party()
    change(row, "profiling", False, 20, 1)
    assert change(row, "profiling", True, 20, 2)
    assert granted(row, "profiling")


def test_withdrawal_counts_even_when_it_is_older_than_the_grant() -> None:
    row = party()
    change(row, "profiling", True, 20, 1)
    assert change(row, "profiling", False, 10, 2)
    assert not granted(row, "profiling")


@pytest.mark.parametrize("order", list(permutations([(False, 20), (False, 5), (True, 10)])))
def test_grant_between_two_withdrawals_never_outlives_the_later_one(order: list[tuple[bool, int]]) -> None:
    """Withdrawn at 5, given at 10, withdrawn at 20: denied in every order of arrival."""
    row = party()
    for sequence, (given, at) in enumerate(order):
        change(row, "profiling", given, at, sequence)
    assert not granted(row, "profiling")


def test_older_grant_does_not_make_a_newer_one_look_old() -> None:
    """The row keeps the latest instant of what holds, or a merge would let an older withdrawal win."""
    row = party()
    change(row, "profiling", True, 20, 1)
    change(row, "profiling", True, 10, 2)
    assert 20 == row.consents["profiling"].at
