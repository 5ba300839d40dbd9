# ruff: noqa: E501 -- a table: one case a line
"""What changed between two policies is said in words, nothing is missed, and what is cosmetic is no change."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from msgspec import Struct, structs

from garbo.core.policy.policy import Policy
from garbo.policy import load_text
from garbo.policy.diff import Kind, differences, sentences
from garbo.policy.diff.compare import DERIVED
from garbo.policy.yaml_reader import read
from tests.unit.policy.bank import bank, sample

BUILT = load_text(bank())


def said(before: Policy, after: Policy) -> list[str]:
    found = sentences(differences(before, after), after.zone)
    json.dumps([one.data() for one in found])  # whatever changed, it can be printed as JSON
    return [one.text for one in found]


def edited(*edits: tuple[str, str, str]) -> dict[str, str]:
    """The bank's texts after each (file, old, new)."""
    texts = bank()
    for file, old, new in edits:
        assert old in texts[file], f"{file} has no {old!r} any more"
        texts[file] = texts[file].replace(old, new, 1)
    return texts


CASES = [
    ("contact_policy.yaml", "one_marketing_call_a_week, at_most: 1, window: 7d", "one_marketing_call_a_week, at_most: 1, window: 14d",
     ["cap one_marketing_call_a_week: 1 in 7 days becomes 1 in 14 days"]),
    ("contact_policy.yaml", "at_most: 1\n    window: 5d", "at_most: 2\n    window: 5d",
     ["cap one_offer_a_theme_in_five_days (of 15 themes): 1 in 5 days becomes 2 in 5 days"]),
    ("contact_policy.yaml", "  - {name: one_survey_a_quarter, at_most: 1, window: 90d, purposes: [satisfaction]}\n", "",
     ["cap one_survey_a_quarter is gone"]),
    ("contact_policy.yaml", "caps:\n", "caps:\n  - {name: one_call_a_day, at_most: 1, window: 1d, channels: [call_centre]}\n",
     ["cap one_call_a_day is new: 1 in 1 day, channels call_centre"]),
    ("contact_policy.yaml", "channels: [call_centre]}", "channels: [call_centre, branch]}",
     ["cap one_marketing_call_a_week: channels adds branch"]),
    ("contact_policy.yaml", 'sms: {from: "20:00", to: "09:00"}', 'sms: {from: "19:30", to: "09:00", closed: [sunday]}',
     ["quiet hours sms: 20:00 to 09:00 becomes 19:30 to 09:00", "quiet hours sms: closed nothing becomes sunday"]),
    ("contact_policy.yaml", "remarketing: {at_most: 2, window: 30d, delay: 30m", "remarketing: {at_most: 2, window: 30d, delay: 2h",
     ["remarketing: delay 30 minutes becomes 2 hours"]),
    ("contact_policy.yaml", "    email: 1.0", "    email: 1.5", ["contact policy: weight of a contact on email 1 becomes 1.5"]),
    ("contact_policy.yaml", "  half_life: 7d", "  half_life: 14d", ["contact policy: half life 7 days becomes 14 days"]),
    ("contact_policy.yaml", "after: refused, count: 2, within: 30d", "after: refused, count: 3, within: 60d",
     ["suppression refused_twice: 2 in 30 days becomes 3 in 60 days"]),
    ("policy.yaml", "share: 0.05", "share: 0.1", ["hold-out: share 5% becomes 10%"]),
    ("policy.yaml", "silence: 21d", "silence: 28d", ["proactive: silence 21 days becomes 28 days"]),
    ("policy.yaml", "attribute: card_expiry, before: 30d", "attribute: card_expiry, before: 45d",
     ["proactive, date card_expiry: before 30 days becomes 45 days"]),
    ("policy.yaml", "at_most: 60, per: hour", "at_most: 100, per: day", ["channel call_centre, capacity: 60 per hour becomes 100 per day"]),
    ("policy.yaml", "languages: [it, en]", "languages: [en, it]", ["policy: the languages are now en, it; the first is the default"]),
    ("policy.yaml", "zone: Europe/Rome", "zone: Europe/Paris", ["policy: zone “Europe/Rome” becomes “Europe/Paris”"]),
    ("actions.yaml", 'days: 1, at: "09:30"', 'days: 2, at: "10:00"',
     ["action email_information_promise, follow-up call_information, placement: at 09:30, 1 day later becomes at 10:00, 2 days later"]),
    ("actions.yaml", 'eligibility: theme != "pension"', 'eligibility: theme != "mortgage"',
     ["action contact_request_reply: eligibility “theme != \"pension\"” becomes “theme != \"mortgage\"”"]),
    ("actions.yaml", "insurance: {label: {it: Assicurazioni, en: Insurance}, lever: 0.8", "insurance: {label: {it: Assicurazioni, en: Insurance}, lever: 1.0",
     ["actions email_partner_home_insurance, partner_home_cover, partner_travel_cover, family_protection, card_protection: lever 0.8 becomes 1",
      "group insurance: lever 0.8 becomes 1"]),
    ("actions.yaml", "it: Grazie e a domani,", "it: A domani,",
     ["action email_information_promise: title in it “Grazie e a domani” becomes “A domani”"]),
    ("needs.yaml", "answer_within: 45m", "answer_within: 1h", ["need information_request: answer within 45 minutes becomes 1 hour"]),
    ("journey.yaml", "on: refused, to: consideration", "on: refused, to: discovery",
     ["journey card, moves “from enquiry to consideration on refused”, “from proposal to consideration on refused” are gone",
      "journey card, moves “from enquiry to discovery on refused”, “from proposal to discovery on refused” are new"]),
    ("consents.yaml", "third_party_disclosure: [third_party_promotion]", "third_party_disclosure: [third_party_promotion, profiling]",
     ["extra consents of the purpose: for third_party_disclosure adds profiling"]),
    ("models.yaml", "starting_propensity: 0.113", "starting_propensity: 0.2", ["model term_deposit: starting propensity 0.113 becomes 0.2"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"), CASES, ids=[f"{case[0]}: {case[2][:40]}" for case in CASES]
)
def test_a_change_is_said_as_an_analyst_would_say_it(file: str, old: str, new: str, expected: list[str]) -> None:
    assert expected == said(BUILT, load_text(edited((file, old, new))))


def test_what_comes_and_what_goes_are_opposites() -> None:
    one, other = BUILT, load_text(sample())
    there, back = differences(one, other), differences(other, one)
    assert len(there) == len(back) > 100
    swapped = {Kind.ADDED: Kind.REMOVED, Kind.REMOVED: Kind.ADDED}
    assert {(swapped.get(d.kind, d.kind), d.place, d.field) for d in there} == {
        (d.kind, d.place, d.field) for d in back
    }
    assert len(said(one, other)) > 50


# ---- what is no change ---------------------------------------------------------------------------------------------

# The first theme wins among equals, and the first segment that fits: their order is no matter of taste.
ORDERED_FILES = {"themes.yaml", "journey.yaml"}


def turned(value: Any) -> Any:
    """The same with the keys of every mapping in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("texts", [bank(), sample()], ids=["bank", "sample"])
def test_comments_order_of_keys_and_layout_change_nothing(texts: Mapping[str, str]) -> None:
    other = dict(texts)
    for file, text in texts.items():
        if file not in ORDERED_FILES:
            data = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 -- every word stays a word
            other[file] = "# new\n" + yaml.safe_dump(_typed(turned(data)), allow_unicode=True, sort_keys=False)
    before, after = load_text(texts), load_text(other)
    assert before.version != after.version
    assert [] == differences(before, after)


def _typed(value: Any) -> Any:
    """Words as YAML 1.2's core schema reads them, which the loader follows."""
    if isinstance(value, dict):
        return {key: _typed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_typed(one) for one in value]
    if value in ("true", "false"):
        return value == "true"
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def test_the_order_of_themes_is_a_change_because_the_first_wins_among_equals() -> None:
    texts = sample()
    data = read(texts["themes.yaml"]).data
    data["themes"] = {name: data["themes"][name] for name in reversed(data["themes"])}
    texts["themes.yaml"] = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
    found = said(load_text(sample()), load_text(texts))
    assert any(one.startswith("policy: the order of the themes is now ") for one in found), found


# ---- nothing is missed ---------------------------------------------------------------------------------------------


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every field of every struct in a policy: where the struct is, and the field's name."""
    if isinstance(value, Struct):
        for known in structs.fields(value):
            inner = getattr(value, known.name)
            yield path, known.name
            yield from places(inner, (*path, known.name))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def changed(value: Any, path: tuple[Any, ...], field: str) -> Any:
    """The policy with another value in one field."""
    if not path:
        return structs.replace(value, **{field: another(getattr(value, field))})
    key, *rest = path
    if isinstance(value, Struct):
        return structs.replace(value, **{key: changed(getattr(value, key), tuple(rest), field)})
    if isinstance(value, Mapping):
        return {**value, key: changed(value[key], tuple(rest), field)}
    return (*value[:key], changed(value[key], tuple(rest), field), *value[key + 1 :])


def another(value: Any) -> Any:
    """Any other value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, frozenset):
        return value | {"another"}
    if isinstance(value, Mapping):
        return {"another": next(iter(value.values()), "x"), **dict(list(value.items())[1:])}
    if isinstance(value, tuple):
        return value[1:] if value else ("another",)
    return "a rule" if value is None or callable(value) else None


def fields_of_the_bank() -> dict[tuple[str, str], tuple[tuple[Any, ...], str]]:
    """One place for each field of each kind of struct."""
    policy, found = BUILT, dict[tuple[str, str], tuple[tuple[Any, ...], str]]()
    for path, field in places(policy):
        owner: Any = policy
        for key in path:
            owner = getattr(owner, key) if isinstance(owner, Struct) else owner[key]
        if field not in DERIVED and not (field == "name" and path):
            found.setdefault((type(owner).__name__, field), (path, field))
    return found


FIELDS = fields_of_the_bank()


@pytest.mark.parametrize("owner", FIELDS, ids=".".join)
def test_no_field_of_any_struct_is_missed(owner: tuple[str, str]) -> None:
    """Also those that a later Garbo adds: the fields are taken from the structs, not from a list."""
    policy, (path, field) = BUILT, FIELDS[owner]
    other = changed(policy, path, field)
    assert differences(policy, other)
    for sentence in said(policy, other):
        assert sentence
