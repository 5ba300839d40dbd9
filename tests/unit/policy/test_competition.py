# ruff: noqa: E501 -- tables: one case a line
"""`garbo check` finds what loads and can never happen: actions that never compete, caps never reached, empty placeholders."""

from datetime import date

import pytest

from garbo.policy import Report, inspect
from garbo.policy.lint.conditions import Wanted, collect, contradictions
from tests.unit.policy.bank import line_of, sample

A, C, J, N = "actions.yaml", "contact_policy.yaml", "journey.yaml", "needs.yaml"
CARD = "    lifecycle: [customer, prospect]\n    stages: [relationship]\n"
DEPOSIT = "    eligibility: campaign <= 6\n"

CONTRADICTIONS = [
    ("lifecycle", 'lifecycle == "lead" && age > 18', "`lifecycle == \"lead\"` and `lifecycle: [customer, prospect]` never hold together"),
    ("lifecycle", '"former" == lifecycle', "never hold together"),
    ("stage", 'stage in ["trouble", "onboarding"]', "`stages: [relationship]` never hold together"),
    ("stage", 'stage != "relationship"', "never hold together"),
    ("age", "age > 65 && age < 18", "`age > 65` and `age < 18` never hold together"),
    ("age", "(age >= 18) && (17 >= age)", "`age >= 18` and `17 >= age` never hold together"),
    ("age", "age == 18 && age == 21", "never hold together"),
    ("age", "age > 18 && age <= 18", "never hold together"),
    ("hour", "hour > 23", "`hour > 23` never holds"),
    ("job", 'job == "student" && !(job in ["student", "retired"])', "never hold together"),
    ("job", 'job in ["a", "b"] && job in ["c"]', "never hold together"),
]  # fmt: skip


def checked(*edits: tuple[str, str, str], today: date | None = None) -> tuple[dict[str, str], Report]:
    """The sample with `edits` (file, old, new), and what is found in it."""
    texts = sample()
    for file, old, new in edits:
        assert old in texts[file], old
        texts[file] = texts[file].replace(old, new, 1)
    return texts, inspect(texts, today)[1]


@pytest.mark.parametrize(("variable", "rule", "says"), CONTRADICTIONS, ids=lambda v: v[:40])
def test_a_rule_that_contradicts_itself_or_its_action_is_an_error(variable: str, rule: str, says: str) -> None:
    texts, report = checked((A, CARD, f"{CARD}    eligibility: '{rule}'\n"))
    (error,) = report.errors
    assert says in error.message
    assert f"what it asks of {variable}" in error.message
    assert line_of(texts, A, f"eligibility: '{rule}'") == error.line


@pytest.mark.parametrize(
    "rule",
    [
        'lifecycle == "lead" || age > 18',
        'age > 18 ? age < 10 : age > 5',
        "age >= 18 && age <= 18",
        "age + 1 > 65 && age < 18",
        'lifecycle != "lead" && lifecycle != "former"',
        'job == "a && age > 65" && age < 18',
        "age > 65.5 && balance < 18.0",
        'stage in ["relationship", "trouble"] && lifecycle in ["customer"]',
    ],
)  # fmt: skip
def test_a_rule_that_may_hold_is_not_blamed(rule: str) -> None:
    assert [] == checked((A, CARD, f"{CARD}    eligibility: '{rule}'\n"))[1].problems


def test_two_rules_of_one_action_may_contradict_each_other() -> None:
    _, report = checked((A, DEPOSIT, f"{DEPOSIT}    value_customer: 40\n"), (A, "    value_customer: 40\n    title: {it: Proposta", "    title: {it: Proposta"),
                        (A, 'suitability: default != "yes" #', "suitability: campaign >= 7 #"))  # fmt: skip
    assert ["`campaign <= 6` and `campaign >= 7` never hold together" in e.message for e in report.errors] == [True]


def test_a_rule_about_what_never_makes_the_action_a_candidate_is_an_error() -> None:
    _, report = checked((A, DEPOSIT, '    eligibility: kind == "page_view"\n'))
    assert ['`kind == "page_view"` and `when` (call_list) never hold together' in e.message for e in report.errors] == [
        True
    ]
    _, report = checked(
        (A, 'eligibility: lifecycle == "customer" && interest >= 1.5', 'eligibility: theme == "pension"')
    )
    assert ["the theme of each entry of `when` never hold together" in e.message for e in report.errors] == [True]


@pytest.mark.parametrize(("today", "over"), [(date(2027, 12, 31), 0), (date(2028, 1, 1), 1)])
def test_an_action_whose_dates_are_over_is_a_warning_from_the_day_after(today: date, over: int) -> None:
    _, report = checked(today=today)
    assert over == len(report.problems) == len([p for p in report.warnings if "valid_until is over" in p.message])


def test_a_life_cycle_or_a_stage_that_nothing_leads_to_is_a_warning() -> None:
    texts, report = checked((J, "  account_closed: former\n", ""), (A, "[customer, prospect]", "[former]"))
    assert [line_of(texts, A, "lifecycle: [former]")] == [p.line for p in report.problems]
    assert "nothing leads to the life cycle 'former'" in report.warnings[0].message
    texts, report = checked(
        (A, "stages: [relationship]", "stages: [limbo]"),
        (J, "      departure:", "      limbo: {label: {it: x, en: y}}\n      departure:"),
    )
    assert {(A, line_of(texts, A, "stages: [limbo]")), (J, line_of(texts, J, "      limbo:"))} == {
        (p.file, p.line) for p in report.warnings
    }


CAPS = [
    ("two_marketing_sms_a_month, at_most: 2", "two_marketing_sms_a_month, at_most: 30",
     "two_marketing_sms_a_month: its 30 contacts are never reached, because 'three_marketing_contacts_a_week' leaves at most 15"),
    ("three_marketing_contacts_a_week, at_most: 3, window: 7d", "three, at_most: 3, window: 3d",
     "three: its 3 contacts are never reached, because 'a_day_between_offers' leaves at most 3"),
    ("each_theme: true}", "each_theme: true}\n  - {name: nine, at_most: 9, window: 28d, channels: [email]}",
     "nine: its 9 contacts are never reached, because 'two_marketing_emails_a_week' leaves at most 8"),
    ("each_theme: true}", "each_theme: true}\n  - {name: pensions, at_most: 2, window: 3d, themes: [pension]}",
     "pensions: never has an effect, because 'one_offer_a_topic_in_five_days' is reached first"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), CAPS, ids=lambda v: v[:40])
def test_a_cap_that_other_limits_always_reach_first_is_a_warning(old: str, new: str, says: str) -> None:
    _, report = checked((C, old, new))
    assert [True] == [p.message.startswith(says) for p in report.problems], [str(p) for p in report.problems]


def test_a_cap_that_can_be_reached_is_not_blamed() -> None:
    for cap in (
        "{name: nine, at_most: 7, window: 28d, channels: [email]}",
        "{name: all, at_most: 9, window: 28d, channels: [email], counts: [service, marketing]}",
    ):
        _, report = checked((C, "each_theme: true}", f"each_theme: true}}\n  - {cap}"))
        assert [] == report.problems


def test_a_cap_that_counts_what_nobody_makes_is_a_warning_unless_other_systems_make_it() -> None:
    cap = (C, "purposes: [satisfaction]}", "purposes: [satisfaction], counts: [transactional]}")
    assert [] == checked(cap)[1].problems  # the touchpoint `contact` is another system's
    _, report = checked(cap, (J, "    direction: outbound\n", ""))
    assert ["one_survey_a_quarter: counts no contact" in p.message for p in report.warnings] == [True]


def test_a_need_without_an_answer_on_the_channel_of_the_question_is_a_warning() -> None:
    texts, report = checked((J, "channels: [social], interest: 1.0", "channels: [social, push, web], interest: 1.0"))
    (warning,) = report.problems
    assert warning.message.startswith("question: may be asked on push, and no action answers it there")
    assert line_of(texts, N, "opened_by: [social_post]") == warning.line
    texts, report = checked((N, "    answered_elsewhere: [email, social] # an apology is a call\n", ""))
    (warning,) = report.problems
    assert warning.message.startswith("complaint: may be asked on email, social, and no action answers it there")
    assert line_of(texts, N, "opened_by: [complaint]") == warning.line


def test_an_exception_that_nothing_needs_is_a_warning_and_an_unknown_channel_an_error() -> None:
    _, report = checked((N, "[email, social] #", "[email, social, call_centre] #"))
    assert ["'call_centre' needs no exception" in p.message for p in report.problems] == [True]
    _, report = checked((N, "[email, social] #", "[email, social, mms] #"))
    assert ["unknown channel 'mms'" in p.message for p in report.problems] == [True]


PLACEHOLDERS = [
    (A, "Benvenuto {name}", "Benvenuto {health}", True, "names {health}, which is special-category data"),
    (A, "Benvenuto {name}", "Benvenuto {name!r}", True, "a placeholder has no format: write {name} alone"),
    (A, "Benvenuto {name}", "Benvenuto {balance:.2f}", True, "a placeholder has no format: write {balance} alone"),
    (A, "Benvenuto {name}", "Benvenuto {balanse}", True, "unknown placeholder '{balanse}'; did you mean 'balance'"),
    (A, "Ciao {name}, la carta oro", "Ciao {amount}, la carta oro", False, ""),
    (A, "Ciao {name}, il modulo", "Ciao {amount}, il modulo", False, "nobody fills {amount}: it is known only with its event"),
    ("attributes.yaml", "  branch: {kind: string, default: \"\", meaning", "  branch: {kind: string, default: \"\", sensitive: true, meaning", True, "names {branch}, which is special-category data"),
    ("attributes.yaml", "  job:", "  topic: {kind: string, default: \"\"}\n  job:", True, "{topic} already stands for something else"),
    ("attributes.yaml", "  branch: {kind: string", "  branches: {kind: string", True, "unknown placeholder '{branch}'; did you mean 'branches'"),
    ("attributes.yaml", "  branch: {kind: string, default: \"\", meaning", "  branch: {kind: list, default: [], meaning", True, "names {branch}, which is a list and no single value"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "fatal", "says"), PLACEHOLDERS, ids=lambda v: str(v)[:40])
def test_a_message_names_what_is_declared_harmless_and_known_then(
    file: str, old: str, new: str, fatal: bool, says: str
) -> None:
    _, report = checked((file, old, new))
    found = report.errors if fatal else report.warnings
    assert bool(says) == bool(found)
    assert all(says in p.message for p in found), [str(p) for p in found]
    assert len(found) == len(report.problems)


def test_a_theme_that_nothing_has_is_a_warning() -> None:
    _, report = checked((A, "    theme: service\n    when:\n      - {on: touchpoint, name: case_closed}\n", "    when:\n      - {on: profile}\n"),
                        (A, "class: marketing # it asks", "class: service # it asks"), (A, "purpose: satisfaction", "purpose: service_request"),
                        (A, "abbiamo risolto bene?", "risolto {theme}?"))  # fmt: skip
    assert ["nobody fills {theme}" in p.message for p in report.problems if "theme" in p.message] == [True]


def test_a_consent_that_the_purposes_of_the_actions_need_is_named_with_them() -> None:
    texts = sample()
    start = texts["consents.yaml"].index("  satisfaction:")
    end = texts["consents.yaml"].index("  own_promotion:")
    texts["consents.yaml"] = texts["consents.yaml"][:start] + texts["consents.yaml"][end:]
    (error,) = inspect(texts)[1].errors
    assert (
        "the consent 'satisfaction' is not described: add it (purposes of your actions need it: satisfaction)"
        in error.message
    )


def test_a_rule_that_reads_behaviour_for_a_purpose_without_profiling_is_a_warning_until_it_is_said() -> None:
    rule = '    eligibility: lifecycle == "customer" && interest > 0.5\n    suitability: default == "no"\n'
    card = '    eligibility: lifecycle == "customer"\n    suitability: default == "no"\n'
    texts, report = checked((A, card, rule))
    (warning,) = report.problems
    assert (
        "push_credit_card: reads 'interest' (behaviour), so it is no candidate without the consent 'profiling'"
        in warning.message
    )
    assert "use the purpose 'personalised_promotion', or write behavioural: true" in warning.message
    assert line_of(texts, A, 'eligibility: lifecycle == "customer" && interest > 0.5') == warning.line
    for said in (
        (A, card, f"{rule}    behavioural: true\n"),
        ("consents.yaml", "extra:\n", "extra:\n  own_promotion: [profiling]\n"),
    ):
        assert [] == checked((A, card, rule), said)[1].problems if said[0] != A else checked(said)[1].problems == []


def test_what_is_said_to_use_behaviour_needs_profiling() -> None:
    texts, _ = checked(
        (A, "  email_partner_home_insurance:\n", "  email_partner_home_insurance:\n    behavioural: true\n")
    )
    policy, _ = inspect(texts)
    assert policy is not None
    assert policy.actions["email_partner_home_insurance"].behavioural
    assert not inspect(sample())[0].actions["email_partner_home_insurance"].behavioural  # type: ignore[union-attr]


def test_only_clauses_that_must_all_hold_are_put_together() -> None:
    asked: dict[str, Wanted] = {}
    collect(asked, ["a > 1", 'b == "x"', "!flag", '(c in ["u", "v"])', "d < 2", "e(f)", "g == h", "i > 1 || i < 0"])
    assert {"a", "b", "flag", "c", "d"} == set(asked)
    assert [] == list(contradictions(asked))
    collect(asked, ["flag", "a <= 1"])
    assert {"flag", "a"} == {name for name, _ in contradictions(asked)}
