"""The example supermarket keeps what its README.md promises: what is owed, who is left in peace, whose data it uses."""

from functools import cache
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from garbo.core.party.consent import OWED
from garbo.core.policy.actions import Action, ActionClass
from garbo.core.policy.policy import Policy
from garbo.core.vocabulary.instants import DAY
from garbo.policy import inspect
from garbo.stories.loader import read
from garbo.testing import load_policy, play_story

RETAIL = Path(__file__).parents[3] / "examples" / "retail"
# What an offer asks of a person before anything else. A visitor without a card has no receipts, so no recall either.
GUARDS = ("open_needs == 0", "size(open_recalls) == 0")
# What only the card knows of a person, from the receipts.
RECEIPTS = ("spend", "favourites")
# Three shoppers scan their cards while two vouchers are left.
TWO_LEFT = """
title: The last voucher
starts: 2025-03-08 10:00
until: 2025-03-08 12:00
people:
  ada: {identifiers: {loyalty_card: a}, lifecycle: member, consents: {personal_data: true, own_promotion: true}}
  ugo: {identifiers: {loyalty_card: u}, lifecycle: member, consents: {personal_data: true, own_promotion: true}}
  ida: {identifiers: {loyalty_card: i}, lifecycle: member, consents: {personal_data: true, own_promotion: true}}
steps:
  - {at: "10:10", person: ada, touchpoint: {channel: till, kind: card_scanned}}
  - {at: "10:11", person: ugo, touchpoint: {channel: till, kind: card_scanned}}
  - {at: "10:12", person: ida, touchpoint: {channel: till, kind: card_scanned}}
"""


@cache
def retail() -> Policy:
    return load_policy(RETAIL)


def marketing() -> list[Action]:
    return [a for a in retail().actions.values() if a.action_class is ActionClass.MARKETING]


def rules(action: Action) -> str:
    return " && ".join(str(getattr(rule, "text", "")) for rule in (action.eligibility, action.suitability) if rule)


def test_it_has_no_error_and_no_warning() -> None:
    report = inspect(RETAIL)[1]
    assert (report.errors, report.warnings) == ([], [])


def test_its_words_are_its_own() -> None:
    words = retail().vocabulary
    assert {"till", "whatsapp", "store"} <= words.channels.keys()
    assert not words.channels["back_office"].commands
    assert [kind for kind, strength in words.identifiers.items() if strength == 0] == ["loyalty_card"]
    assert words.steps("visitor", "loyal") == ("member", "loyal")
    assert words.steps("visitor", "lapsed") == ()


@pytest.mark.parametrize("action", marketing(), ids=lambda action: action.name)
def test_no_offer_while_somebody_waits_or_a_recalled_product_is_at_home(action: Action) -> None:
    guards = GUARDS[:1] if action.lifecycle == ("visitor",) else GUARDS
    assert [guard for guard in guards if guard not in rules(action)] == []


def test_nobody_is_telephoned_or_texted_to_be_sold_something() -> None:
    reached = {t.channel for a in marketing() for t in a.treatments if not t.inbound}
    assert reached == {"app", "email", "whatsapp"}


def test_nobody_is_written_to_about_a_voucher() -> None:
    """Vouchers are printed or shown to who is there; one offer rides on a letter that goes anyway."""
    sent = {a.name for a in marketing() if a.group == "vouchers" for t in a.treatments if not t.inbound}
    assert sent == {"points_worth_more"}
    assert retail().actions["points_worth_more"].rides_on


def test_what_the_receipts_know_is_used_for_offers_only_with_two_consents() -> None:
    purposes = retail().vocabulary.purposes
    reads = [a for a in marketing() if any(word in rules(a) for word in RECEIPTS)]
    assert {a.name for a in reads} == {"fresh_voucher", "usual_item_cheaper"}
    assert [a.name for a in reads if not {"own_promotion", "profiling"} <= {*purposes[a.purpose].consents}] == []


def test_what_reads_allergies_asks_for_the_consent_to_it() -> None:
    reads = [a for a in retail().actions.values() if "allergies" in rules(a)]
    assert {a.name for a in reads} == {"recipe_warning", "free_from_news"}
    assert [a.name for a in reads if not a.sensitive] == []
    assert [t.channel for t in retail().actions["free_from_news"].treatments if not t.inbound] == []


def test_a_recall_reads_no_consent_no_allergy_and_no_clock() -> None:
    recall = [retail().actions[name] for name in ("recall_notice", "recall_letter")]
    assert {a.action_class for a in recall} == {ActionClass.MANDATORY}
    assert [a.name for a in recall if rules(a) or a.purpose not in OWED or not a.ignores_quiet_hours] == []


def test_points_are_told_and_paid_out_without_consent_to_promotion() -> None:
    paid = [a for a in retail().actions.values() if a.purpose == "loyalty_programme"]
    assert {a.name for a in paid} == {"points_voucher", "points_expiring"}
    assert not retail().vocabulary.purposes["loyalty_programme"].promotes
    assert {d.attribute: d.before // DAY for d in retail().proactive.dates} == {"points_expiry": 30}


def test_no_more_whatsapp_holds_for_deliveries_too() -> None:
    pause = next(s for s in retail().contact.suppressions if s.name == "unsubscribed")
    assert {ActionClass.MARKETING, ActionClass.TRANSACTIONAL} <= set(pause.limits)


def test_the_last_voucher_is_printed_once_and_the_next_shopper_gets_none(tmp_path: Path) -> None:
    """On one partition, which has the whole stock; a record says why the third shopper gets none."""
    folder = tmp_path / "retail"
    copytree(RETAIL, folder, ignore=ignore_patterns("journeys"))
    file = folder / "actions.yaml"
    file.write_text(file.read_text("utf-8").replace("stock: 20000", "stock: 2"), "utf-8")
    policy = load_policy(folder)
    assert policy.actions["breakfast_voucher"].stock == 2
    story, problems = read("stock", TWO_LEFT, policy, "stock.yaml")
    assert problems == []
    assert story is not None
    driver = play_story(policy, story, partitions=1)
    assert [c.action for c in driver.commands()] == ["breakfast_voucher", "breakfast_voucher"]
    held = [(b.action, b.reason.value) for b in driver.decisions()[-1].blocked]
    assert ("breakfast_voucher", "no_capacity") in held


@pytest.mark.parametrize("need", sorted(retail().needs))
def test_every_need_has_three_ways_to_be_answered_and_somebody_who_telephones(need: str) -> None:
    answers = [a for a in retail().actions.values() if need in a.answers]
    ways = {t.channel for a in answers for w in a.when if (w.on, w.name) == ("need", need) for t in a.treatments}
    late = {t.channel for a in answers for w in a.when if (w.on, w.name) == ("overdue", need) for t in a.treatments}
    assert len(ways) >= 3
    assert {"store", "sms", "email"} <= late


@pytest.mark.parametrize("need", ["delivery", "complaint"])
def test_what_was_bought_and_is_not_right_is_answered_without_any_consent(need: str) -> None:
    assert [a.name for a in retail().actions.values() if need in a.answers and a.purpose not in OWED] == []
