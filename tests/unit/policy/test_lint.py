# ruff: noqa: E501, ISC004 -- a table: one case a line
"""Each check across files reports a broken bank on the right line, and suggests the right name."""

import pytest

from tests.unit.policy.bank import broken, line_of, report_of

# (file, the text there, its replacement, the text whose line the error has, a part of the message)
ERRORS = [
    # policy
    ("policy.yaml", "country: IT", "country: XX", "country: XX", "unknown country 'XX'"),
    ("policy.yaml", "Europe/Rome", "Europe/Roma", "zone: Europe/Roma", "did you mean 'Europe/Rome'"),
    ("policy.yaml", "languages: [it, en]", "languages: [it, en, de]", "", "no text in 'de'"),
    # journey
    ("journey.yaml", "channels: [atm]}", "channels: [atmm]}", "channels: [atmm]", "unknown channel 'atmm'"),
    ("journey.yaml", "accepted: prospect", "acepted: prospect", "acepted:", "did you mean 'accepted'"),
    ("journey.yaml", "accepted: prospect", "accepted: prospects", "accepted:", "unknown life-cycle state"),
    ("journey.yaml", "to: discovery}", "to: discovry}", "to: discovry", "unknown stage 'discovry'"),
    ("journey.yaml", "{from: onboarding, on", "{from: onbording, on", "from: onbording", "unknown stage 'onbording'"),
    ("journey.yaml", "on: account_closed, to", "on: account_shut, to", "on: account_shut", "unknown touchpoint or"),
    ("journey.yaml", "on: page_view, to: consideration}", "on: page_view, to: consideration, theme: morgage}",
     "theme: morgage", "did you mean 'mortgage'"),
    ("journey.yaml", "moves:\n", 'moves:\n  - {from: "*", on: page_view, to: discovery}\n',
     "- {from: [start, discovery], on: page_view", "never happens: move 1 "),
    ("journey.yaml", "from: onboarding, on", "from: relationship, on", "{from: relationship, on", "to itself"),
    ("journey.yaml", "  discovery: {it", "  start: {it: a, en: b}\n  discovery: {it", "start: {it", "before the first"),
    ("journey.yaml", "  inbound_call:", "  delivered:", "  delivered:", "is a status of outcomes"),
    # themes, needs
    ("themes.yaml", "{it: il mutuo, en: our mortgage}", "{it: il mutuo}", "{it: il mutuo}", "no text in 'en'"),
    ("needs.yaml", "opened_by: [social_post]", "opened_by: [social_pst]", "[social_pst]", "'social_post'"),
    ("needs.yaml", "opened_by: [social_post]", "opened_by: [complaint]", "[complaint]\n    gather: 0s", "already opens the need"),
    ("needs.yaml", "opened_by: [social_post]", "opened_by: [contact]", "[contact]", "is the bank's own contact"),
    ("needs.yaml", "resolved_by: [case_closed]", "resolved_by: [cse_closed]", "[cse_closed]", "'case_closed'"),
    ("needs.yaml", "gather: 5m", "gather: 25m", "gather: 25m", "past the deadline"),
    ("actions.yaml", "failed_operation, unfinished_form, complaint]\n    answers", "failed_operation, unfinished_form]\n"
     "    answers", "", "complaint: no action has the trigger overdue"),
    # attributes, consents, models
    ("attributes.yaml", "  age: {kind: int, default: 0}", "  age: {kind: int, default: x}", "  age:", "not of kind int"),
    ("attributes.yaml", "  job:", "  theme:", "  theme:", "'theme' is already a variable of rules"),
    ("consents.yaml", "  profiling:", "  profilin:", "  profilin:", "did you mean 'profiling'"),
    ("consents.yaml", "    mandatory: true\n", "", "  personal_data:", "only personal_data is mandatory"),
    ("consents.yaml", "  third_party_disclosure: [", "  third_party_disclosur: [", "third_party_disclosur:", "purpose"),
    ("consents.yaml", ": [third_party_promotion]", ": [third_party]", ": [third_party]", "unknown consent"),
    ("models.yaml", "[age, campaign", "[agee, campaign", "[agee", "unknown attribute 'agee'; did you mean 'age'"),
    ("models.yaml", "[age, campaign", "[age, age, campaign", "numbers: [age, age", "is here twice"),
    ("models.yaml", "[age, campaign", "[job, campaign", "numbers: [job", "list it under categories"),
    # actions: names
    ("actions.yaml", "purpose: legal_obligation", "purpose: legal", "purpose: legal\n", "unknown purpose 'legal'"),
    ("actions.yaml", "channel: push", "channel: pusch", "channel: pusch", "did you mean 'push'"),
    ("actions.yaml", "channel: push", "channel: third_party", "channel: third_party", "delivers nothing"),
    ("actions.yaml", "theme: credit_card\n    family", "theme: credit\n    family", "theme: credit\n", "unknown theme"),
    ("actions.yaml", "family: survey", "family: surveys", "family: surveys", "did you mean 'survey'"),
    ("actions.yaml", "answers: [contact_request]", "answers: [contact_requst]", "[contact_requst]", "unknown need"),
    ("actions.yaml", "cancelled_by: [branch_visit, complaint]", "cancelled_by: [branch_vist]", "[branch_vist]",
     "did you mean 'branch_visit'"),
    ("actions.yaml", "rides_on: [call_centre]", "rides_on: [call_center]", "[call_center]", "did you mean 'call_centre'"),
    # actions: classes and purposes
    ("actions.yaml", "purpose: satisfaction", "purpose: contract", "purpose: contract\n    channel: email\n    family",
     "would need no consent"),
    ("actions.yaml", "purpose: legal_obligation", "purpose: own_promotion", "class: mandatory", "its class must be marketing"),
    ("actions.yaml", "    family: survey\n", "", "  email_satisfaction_survey:", "marketing needs a family"),
    ("actions.yaml", "    family: survey", "    family: survey\n    ignores_quiet_hours: true", "ignores_quiet_hours: true\n    theme: service",
     "must keep quiet hours"),
    ("actions.yaml", "    family: survey", "    family: survey\n    internal: true",
     "internal: true\n    theme: service", "is not marketing"),
    # actions: texts
    ("actions.yaml", "{it: Allarme frode, en: Fraud alert}", "{it: Allarme}", "title: {it: Allarme}", "no text in 'en'"),
    ("actions.yaml", "Benvenuto {name}", "Benvenuto {nome}", "Benvenuto {nome}", "did you mean 'name'"),
    ("actions.yaml", "Benvenuto {name}", "Benvenuto {name.__class__}", "it: Benvenuto {", "unknown placeholder"),
    ("actions.yaml", "Benvenuto {name}", "Benvenuto {name", "it: Benvenuto {", "braces do not match"),
    ("actions.yaml", "Benvenuto {name}", "Benvenuto {promised_time}", "it: Benvenuto {", "is a promise"),
    # actions: triggers
    ("actions.yaml", "name: simulation_completed", "name: simulation_done", "simulation_done", "unknown touchpoint"),
    ("actions.yaml", "name: accepted, of_action: call_pension", "name: acepted, of_action: call_pension", "acepted",
     "unknown status of outcome"),
    ("actions.yaml", "of_action: call_pension_invite", "of_action: call_pension", "of_action: call_pension}",
     "did you mean 'call_pension_invite'"),
    ("actions.yaml", "after_action: sms_pension_offer", "after_action: sms_pension", "after_action: sms_pension #",
     "unknown action 'sms_pension'"),
    ("actions.yaml", "after_min: 3d", "after_min: 90d", "after_max: 60d", "not later than after_min"),
    ("actions.yaml", "after_action: sms_pension_offer #", "#", "- on: touchpoint\n        name: page_view",
     "need after_action"),
    ("actions.yaml", "{on: need, name: unfinished_form}", "{on: need}", "{on: need}", "needs a name"),
    ("actions.yaml", "{on: need, name: complaint}", '{on: need, name: complaint, theme: "="}', 'complaint, theme: "="',
     "it has none"),
    ("actions.yaml", "{on: touchpoint, name: case_closed}", "{on: touchpoint, name: case_closed, of_action: email_welcome}",
     "of_action: email_welcome", "belongs to the trigger outcome"),
    ("actions.yaml", "- {on: promise}", "- {on: follow_up}", "- {on: follow_up}", "no action has it as a follow-up"),
    ("actions.yaml", "- {on: promise}", "- {on: promise, name: x}", "- {on: promise, name: x}", "the action itself"),
    # actions: what follows, what rides
    ("actions.yaml", "action: call_information,", "action: call_informaton,", "call_informaton", "unknown action"),
    ("actions.yaml", "days: 1, at: \"09:30\", promise", "promise", "promise: true", "has no time"),
    ("actions.yaml", "days: 1, at: \"09:30\"", "delay: 1h, at: \"09:30\"", "delay: 1h", "not both"),
    ("actions.yaml", "{delay: 30m}", "{delay: 30m, at: \"10:00\"}", "placement: {delay", "not both"),
    ("actions.yaml", "action: call_information,", "action: offer_first_year_free,", "offer_first_year_free,", "only rides"),
    ("actions.yaml", "action: call_information,", "action: call_term_deposit,", "call_term_deposit,", "caps may hold"),
    ("actions.yaml", "action: call_token_follow_up,", "action: social_token_reply,", "follow_ups:\n      - {action: soc",
     "without end"),
    ("actions.yaml", "rides_on: [call_centre]", "rides_on: [push]", "rides_on: [push]", "no service action uses"),
    ("actions.yaml", "rides_on: [call_centre]", "rides_on: [call_centre]\n    triggers: [{on: touchpoint, name: call_list}]",
     "triggers: [{on: touchpoint, name: call_list}]", "never sent alone"),
    ("actions.yaml", "    triggers:\n      - {on: touchpoint, name: case_closed}\n", "", "  email_satisfaction_survey:",
     "nothing triggers it"),
    # rules
    ("actions.yaml", "eligibility: campaign", "eligibility: campain", "eligibility: campain", "unknown variable"),
    ("actions.yaml", 'eligibility: lifecycle != "customer"', 'eligibility: lifecycle != "costumer"', '"costumer"',
     "lifecycle is never 'costumer'; did you mean 'customer'"),
    ("actions.yaml", 'eligibility: lifecycle != "customer"', 'eligibility: channel in ["web", "wap"]', '"wap"',
     "channel is never 'wap'"),
    # contact policy
    ("contact_policy.yaml", "channels: [sms]", "channels: [smss]", "channels: [smss]", "did you mean 'sms'"),
    ("contact_policy.yaml", "name: two_marketing_sms_a_month", "name: one_marketing_call_a_week",
     "one_marketing_call_a_week, at_most: 2", "is here twice"),
    ("contact_policy.yaml", "each_theme: true", "each_theme: true, themes: [token]", "each_theme", "not both"),
    ("contact_policy.yaml", "channels: [sms]", "channels: [sms], limits: [mandatory]", "limits: [mand", "mandatory out"),
    ("contact_policy.yaml", "purposes: [satisfaction]", "purposes: [satisfacton]", "[satisfacton]", "unknown purpose"),
    ("contact_policy.yaml", "then: email_term_deposit,", "then: email_deposit,", "then: email_deposit", "unknown action"),
    ("contact_policy.yaml", "then: email_term_deposit,", "then: call_term_deposit,", "then: call_term", "its cooldown"),
    ("contact_policy.yaml", "actions: [call_term_deposit,", "actions: [call_term,", "[call_term,", "unknown action"),
    ("contact_policy.yaml", "after: refused, within", "after: delivered, within", "after: delivered", "unknown status"),
    ("contact_policy.yaml", '  sms: {from', '  smss: {from', "  smss:", "unknown channel 'smss'"),
    ("contact_policy.yaml", 'sms: {from: "20:00"', 'sms: {from: "09:00"', "  sms:", "are the same"),
    ("contact_policy.yaml", "closed: [sunday]",
     "closed: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]", "call_centre: {from", "every day"),
    ("contact_policy.yaml", "{call_centre: 3.0", "{call_center: 3.0", "{call_center", "unknown channel"),
]  # fmt: skip

WARNINGS = [
    ("journey.yaml", "  departure:", "  limbo: {it: x, en: y}\n  departure:", "  limbo:", "no move leads to"),
    ("themes.yaml", "words: [mutuo,", "words: [token, mutuo,", "words: [token, mutuo", "already a word of 'token'"),
    ("themes.yaml", "words: [mutuo,", "words: [mu,", "words: [mu,", "so short"),
    ("models.yaml", "  survey:\n", "  surveys: {scorer: logistic_adagrad, starting_propensity: 0.1, starting_evidence: 9,"
     " features: {}}\n  survey:\n", "  surveys:", "no action has the family"),
    ("actions.yaml", "    answers: [unfinished_form]\n    validity: 12h", "    validity: 12h",
     "- {on: need, name: unfinished_form}", "does not answer"),
    ("actions.yaml", 'eligibility: lifecycle != "customer"', "eligibility: touches > 1", "touches > 1", "is behaviour"),
    ("contact_policy.yaml", "at_most: 3, window: 7d}", "at_most: 1, window: 7d}",
     "- {name: one_marketing_call_a_week", "never has an effect, because 'three_marketing_contacts_a_week'"),
    ("contact_policy.yaml", "channels: [sms]", "channels: [atm]", "channels: [atm]", "limits no action of the catalogue"),
    ("contact_policy.yaml", "sms: 1.5, ", "", "contact_weights:", "'sms' has no weight"),
    ("contact_policy.yaml", '  push: {from: "21:00", to: "08:30"}\n', "", "quiet_hours:", "'push' carries marketing"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "blamed", "says"), ERRORS, ids=lambda v: v[:30])
def test_contradiction_between_files_is_an_error(file: str, old: str, new: str, blamed: str, says: str) -> None:
    texts = broken(file, old, new)
    found = [p for p in report_of(texts).errors if says in p.message]
    assert found, [str(p) for p in report_of(texts).errors]
    if blamed:
        assert line_of(texts, file, blamed) in {p.line for p in found if p.file == file}, [str(p) for p in found]


@pytest.mark.parametrize(("file", "old", "new", "blamed", "says"), WARNINGS, ids=lambda v: v[:30])
def test_statement_without_an_effect_is_a_warning(file: str, old: str, new: str, blamed: str, says: str) -> None:
    texts = broken(file, old, new)
    report = report_of(texts)
    found = [p for p in report.warnings if says in p.message]
    assert found, [str(p) for p in report.problems]
    assert line_of(texts, file, blamed) in {p.line for p in found if p.file == file}, [str(p) for p in found]
    assert not [p for p in report.errors if says in p.message]
