"""A bank's own tests of its policy: `python -m pytest examples/policy_test`. They need no broker and do not wait.

Copy this file beside your policy and name its folder below.
"""

from pathlib import Path

from garbo.testing import (
    assert_at,
    assert_blocked,
    assert_commands,
    assert_silence,
    consent,
    load_policy,
    outcome,
    play,
    profile,
    touchpoint,
)

POLICY = Path(__file__).parents[1] / "bank"

ADA = [
    profile("2024-03-04 09:00", phone="333 1234567", name="Ada", language="en"),
    consent("personal_data", True, "2024-03-04 09:00", phone="333 1234567"),
    consent("own_promotion", True, "2024-03-04 09:00", phone="333 1234567"),
]
SIMULATION = touchpoint("third_party", "simulation_completed", "2024-03-04 10:00", phone="333 1234567", theme="pension")


def test_a_pension_simulation_is_worth_a_text_message() -> None:
    driver = play(load_policy(POLICY), [*ADA, SIMULATION], until="2024-03-04 18:00", report="delivered")
    (offer,) = assert_commands(driver, "sms_pension_offer")
    assert_at(offer, "2024-03-04 10:00", "2024-03-04 10:30")
    assert offer.address == "+393331234567"


def test_without_consent_there_is_silence() -> None:
    driver = play(load_policy(POLICY), [*ADA[:2], SIMULATION], until="2024-03-04 18:00")
    assert_silence(driver)
    assert_blocked(driver, "sms_pension_offer", "consent_denied", "own_promotion")


def test_after_a_refusal_the_same_theme_is_left_alone() -> None:
    driver = play(load_policy(POLICY), [*ADA, SIMULATION], until="2024-03-04 11:00", report="delivered")
    (offer,) = assert_commands(driver, "sms_pension_offer")
    refusal = outcome("refused", "2024-03-04 12:00", action_id=offer.action_id, party=offer.party)
    again = touchpoint("third_party", "simulation_completed", "2024-03-14 10:00", phone="333 1234567", theme="pension")
    play(driver, [refusal, again], until="2024-03-14 18:00", report="delivered")
    assert_commands(driver, "sms_pension_offer")
    assert_blocked(driver, "sms_pension_offer", "suppressed")


def test_with_longer_quiet_hours_the_message_waits() -> None:
    """What if? The edit is made in memory; the folder stays as it is."""
    longer = load_policy(POLICY, {"contact_policy.yaml": [('to: "09:00"}\n  email', 'to: "11:00"}\n  email')]})
    driver = play(longer, [*ADA, SIMULATION], until="2024-03-04 18:00", report="delivered")
    (offer,) = assert_commands(driver, "sms_pension_offer")
    assert_at(offer, "2024-03-04 11:00")
