# ruff: noqa: E501, ISC004 -- a table: one case a line
"""Each check across files reports a broken sample on the right line, and suggests the right name."""

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
    ("journey.yaml", "    moves:\n", '    moves:\n      - {from: "*", on: page_view, to: discovery}\n',
     "- {from: [start, discovery], on: page_view", "never happens: move 1 "),
    ("journey.yaml", "from: onboarding, on", "from: relationship, on", "{from: relationship, on", "to itself"),
    ("journey.yaml", "      discovery: {label", "      start: {label: {it: a, en: b}}\n      discovery: {label", "start: {label", "before the first"),
    ("journey.yaml", "      discovery: {label", "      former: {label: {it: a, en: b}}\n      discovery: {label", "former: {label", "is a state of"),
    ("journey.yaml", "en: Looks around}", "no: x}", "{label: {it: Si guarda intorno, no", "no text in 'en'"),
    ("journey.yaml", "push, social]\n    direction", "push, social]\n    asks: true\n    direction", "asks: true\n    direction", "nobody asks with it"),
    ("journey.yaml", "push, social]\n    direction", "push, social]\n    objects: true\n    direction", "objects: true\n    direction", "nobody objects with it"),
    ("journey.yaml", "push, social]\n    direction", "push, social]\n    corrects: true\n    direction", "direction: outbound", "remove direction"),
    ("journey.yaml", "interest: 1.0, public: true}", "corrects: true, interest: 1.0, public: true}", "", "remove interest and public"),
    ("journey.yaml", "interest: 1.0, public: true}", "corrects: true}", "", "remove it elsewhere in needs.yaml"),
    ("themes.yaml", "\nintents:", "\nlearn: [intent]\nintents:\n  none: [nothing]", "learn: [intent]", "'none' means no intent"),
    ("themes.yaml", "\nintents:", "\nlearn: [intent]\nintents:\n" + "\n".join(f"  i{n}: [w{n}]" for n in range(32)), "learn: [intent]", "names of intent: at most 31"),
    ("policy.yaml", "email: {reports_within: 4h}", "email: {reports_within: 4h, objects_to: [emial]}", "objects_to:", "did you mean 'email'"),
    ("journey.yaml", "  inbound_call:", "  delivered:", "  delivered:", "is a status of outcomes"),
    # themes, needs
    ("themes.yaml", "{it: il mutuo, en: our mortgage}", "{it: il mutuo}", "{it: il mutuo}", "no text in 'en'"),
    ("themes.yaml", "{it: [vergogna]", "{fr: [vergogna]", "{fr: [vergogna]", "unknown language 'fr'"),
    ("themes.yaml", "en: [shame]", "en: ['--']", "en: ['--']", "has no word in it"),
    ("themes.yaml", "vorrei ... chiamata", "vorrei ... una ... chiamata", "una ... chiamata", "at most 1"),
    ("themes.yaml", "vorrei ... chiamata", "vorrei ...", "vorrei ...", "stands between two words"),
    ("needs.yaml", "opened_by: [social_post]", "intents: [questoin]", "[questoin]", "unknown intent 'questoin'; did you mean 'question'?"),
    ("needs.yaml", "opened_by: [social_post]", "opened_by: []", "", "nothing opens it"),
    ("actions.yaml", "{on: touchpoint, name: suspicious_transaction}", "{on: intent, name: stopp}", "name: stopp", "unknown intent 'stopp'"),
    ("needs.yaml", "opened_by: [social_post]", "opened_by: [social_pst]", "[social_pst]", "'social_post'"),
    ("needs.yaml", "opened_by: [social_post]", "opened_by: [complaint]", "[complaint]\n    gather: 0s", "already opens the need"),
    ("needs.yaml", "opened_by: [social_post]", "opened_by: [contact]", "[contact]", "is the company's own contact"),
    ("needs.yaml", "opened_by: [social_post]", "opened_by: [slot_viewed]", "[slot_viewed]", "is answered at once"),
    ("journey.yaml", "interest: 1.0, public: true}", "interest: 1.0, tone: praise}", "", "waits for no answer"),
    ("needs.yaml", "resolved_by: [case_closed]", "resolved_by: [cse_closed]", "[cse_closed]", "'case_closed'"),
    ("needs.yaml", "gather: 5m", "gather: 25m", "gather: 25m", "past the deadline"),
    ("actions.yaml", "failed_operation, unfinished_form, complaint]\n    answers", "failed_operation, unfinished_form]\n"
     "    answers", "", "complaint: no action has the entry overdue"),
    # attributes, consents, models
    ("attributes.yaml", "  age: {kind: int, default: 0}", "  age: {kind: int, default: x}", "  age:", "not of kind int"),
    ("attributes.yaml", 'kind: date, default: ""', "kind: date, default: soon", "  contract_end:", "'soon' is not of kind date"),
    ("attributes.yaml", 'kind: date, default: ""', "kind: date, default: 2025-02-30", "  contract_end:", "not of kind date"),
    ("attributes.yaml", 'kind: date, default: ""', "kind: date, default: 2025", "  contract_end:", "not of kind date"),
    ("attributes.yaml", "  job:", "  theme:", "  theme:", "'theme' is already a variable of rules"),
    ("consents.yaml", "  profiling:", "  profilin:", "  profilin:", "did you mean 'profiling'"),
    ("consents.yaml", "    mandatory: true\n", "", "  personal_data:", "only personal_data is mandatory"),
    ("consents.yaml", "  third_party_disclosure: [", "  third_party_disclosur: [", "third_party_disclosur:", "purpose"),
    ("consents.yaml", ": [third_party_promotion]", ": [third_party]", ": [third_party]", "unknown consent"),
    ("models.yaml", "[age, campaign", "[agee, campaign", "[agee", "unknown attribute 'agee'; did you mean 'age'"),
    ("models.yaml", "[age, campaign", "[age, age, campaign", "numbers: [age, age", "is here twice"),
    ("models.yaml", "[age, campaign", "[job, campaign", "numbers: [job", "list it under categories"),
    ("models.yaml", "categories: [job, marital, education]", "categories: [job, contract_end]", "categories: [job, contract_end]",
     "is a date"),
    ("models.yaml", "    role: challenger\n    of: term_deposit\n", "    role: challenger\n", "    role: challenger", "names no champion"),
    ("models.yaml", "of: survey,", "of: term_deposit_warm,", "  survey_constant:", "'term_deposit_warm' is a challenger: name a champion"),
    ("models.yaml", "of: survey,", "of: survey, share: 0.2,", "  survey_constant:", "only a challenger has a 'share'"),
    ("models.yaml", "    share: 0.1\n", "", "    role: challenger", "makes a share of the decisions"),
    ("models.yaml", "of: survey,", "of: survey, gate: {best_at: 500},", "  survey_constant:", "only a challenger has a 'gate'"),
    ("models.yaml", "most_value: 400", "most_value: 0", "most_value: 0", "it must be more than 0"),
    ("models.yaml", "    share: 0.1\n", "    share: 0.0\n", "    share: 0.0", "'0.0' is out of range: it must be more than 0"),
    ("models.yaml", "  pension:\n", "  pension:\n    families: [pension, cards]\n", "    families: [pension, cards]", "the family 'cards' has the champion cards already"),
    ("models.yaml", "    share: 0.1\n", "    share: 0.1\n    families: cards\n", "    families: cards", "unknown family of term_deposit 'cards'"),
    ("actions.yaml", "model: pension}", "model: term_deposit_warm}", "model: term_deposit_warm}", "unknown model 'term_deposit_warm'"),
    ("models.yaml", "of: survey, est", "of: survey, target: {window: 3d}, est", "  survey_constant:", "is not that of its champion survey"),
    ("models.yaml", "window: 10d,", "window: 0d,", "    target:", "a window of 0 corrects nothing"),
    ("models.yaml", "touchpoint: information_request, ", "", "    target:", "a theme is of a touchpoint"),
    ("models.yaml", "  survey:\n", "  survey:\n    of: cards\n", "    of: cards", "a champion stands against none"),
    ("models.yaml", "    starting_propensity: 0.113\n", "", "  term_deposit:", "the key 'starting_propensity' is missing"),
    ("models.yaml", "[[age, state.pressure]]", "[[age, age]]", "    crosses:", "of two different features"),
    ("models.yaml", "estimator: constant}", "estimator: {preset: constant, class: river.tree.SGTClassifier}}", "  survey_constant:", "has one of preset, class and pipeline"),
    ("models.yaml", "    estimator: adagrad\n", "    scorer: logistic_adagrad\n    parameters: {learning_rate: 0.3}\n", "models:",
     "write estimator: {preset: adagrad, parameters: {lr: 0.3}}, and so in each model"),
    ("models.yaml", "    features:\n      party:\n        numbers: [age]\n", "    features:\n      numbers: [age]\n      party:\n", "models:",
     "write features: {party: {numbers: [...], categories: [...]}}"),
    # policy: when it decides
    ("policy.yaml", "decide_on: [page_view", "decide_on: [page_vew", "decide_on:", "did you mean 'page_view'"),
    ("policy.yaml", "decide_on: [page_view", "decide_on: [slot_viewed", "decide_on:", "a decision already"),
    ("policy.yaml", "attribute: contract_end", "attribute: contract_ends", "attribute: contract_ends", "unknown attribute"),
    ("policy.yaml", "attribute: contract_end", "attribute: job", "attribute: job", "not a date"),
    ("policy.yaml", "{attribute: contract_end, before: 60d}", "{attribute: contract_end}, {attribute: contract_end, before: 60d}",
     "attribute: contract_end}, ", "is here twice"),
    ("policy.yaml", "  email: {reports_within", "  emil: {reports_within", "  emil:", "did you mean 'email'"),
    ("policy.yaml", "share: 0.05", "share: 0.5", "hold_out:", "less than 0.5"),
    ("policy.yaml", "at_most: 40", "at_most: 0", "capacity:", "'0' is out of range: it must be at least 1"),
    ("policy.yaml", "per: hour", "per: week", "capacity:", "'week' is not one of hour, day"),
    # actions: names
    ("actions.yaml", "purpose: legal_obligation", "purpose: legal", "purpose: legal\n", "unknown purpose 'legal'"),
    ("actions.yaml", "channel: push", "channel: pusch", "channel: pusch", "did you mean 'push'"),
    ("actions.yaml", "channel: push", "channel: third_party", "channel: third_party", "delivers nothing"),
    ("actions.yaml", "theme: credit_card\n    group", "theme: credit\n    group", "theme: credit\n", "unknown theme"),
    ("actions.yaml", "group: survey", "group: surveys", "group: surveys", "unknown group 'surveys'; did you mean 'survey'"),
    ("actions.yaml", "model: survey}", "model: surveys}", "model: surveys}", "unknown model 'surveys'; did you mean 'survey'"),
    ("actions.yaml", "{it: Carte, en: Cards}", "{it: Carte}", "label: {it: Carte}", "no text in 'en'"),
    ("actions.yaml", "lifecycle: [customer, prospect]", "lifecycle: [costumer]", "[costumer]", "did you mean 'customer'"),
    ("actions.yaml", "stages: [relationship]", "stages: [relation]", "[relation]", "did you mean 'relationship'"),
    ("actions.yaml", "context: {customer: 1.2, onboarding", "context: {customer: 1.2, onbording", "onbording", "unknown life-cycle state or stage"),
    ("actions.yaml", "valid_until: 2027-12-31", "valid_until: 2024-12-31", "valid_until: 2024", "is never valid"),
    # actions: treatments
    ("actions.yaml", "    group: survey\n", "    group: survey\n    treatments: [{channel: sms, message: {it: a, en: b}}]\n",
     "  email_satisfaction_survey:", "either treatments or channel, message, not both"),
    ("actions.yaml", "    group: cards\n    theme: credit_card\n    lifecycle", "    cost: 1\n    group: cards\n    theme: credit_card\n    lifecycle",
     "  offer_credit_card:", "either treatments or cost, not both"),
    ("actions.yaml", "    channel: push\n", "", "  push_credit_card:", "the action has no treatment: add treatments, or a channel and a"),
    ("actions.yaml", "    when:\n      - {on: promise}", "    triggers:\n      - {on: promise}", "triggers:", "unknown key 'triggers': it is 'when' now"),
    ("actions.yaml", "group: survey", "family: survey", "family: survey", "unknown key 'family': it is 'group' now"),
    ("actions.yaml", "valid_from: 2025-01-01", "valid_from: 1 January", "valid_from:", "a date is written 2027-03-31"),
    ("actions.yaml", "valid_from: 2025-01-01", "valid_from: 2025-02-30", "valid_from:", "must be in the calendar"),
    ("actions.yaml", "      - inbound\n", "      - inbond\n", "- inbond", "'inbound'"),
    ("actions.yaml", "- {channel: sms, message", "- {channel: smss, message", "channel: smss", "did you mean 'sms'"),
    ("actions.yaml", "- {channel: sms, message", "- {channel: email, message", "- {channel: email, message", "a second treatment on 'email'"),
    ("actions.yaml", "- {channel: app, inbound", "- {channel: atm, inbound", "- {channel: atm", "nobody asks what to show on 'atm'"),
    ("actions.yaml", "- {channel: sms, message: {it", "- {channel: sms, message: {de", "- {channel: sms", "no text in 'it'"),
    ("actions.yaml", "Ciao {name}, la carta oro", "Ciao {nome}, la carta oro", "Ciao {nome}", "did you mean 'name'"),
    ("actions.yaml", "    rides_on: [call_centre]", "    inbound: true\n    rides_on: [call_centre]", "inbound: true\n    rides", "remove inbound"),
    ("actions.yaml", "    answers: [question]\n    title: {it: Risposta", "    answers: [question, failed_operation]\n    title: {it: Risposta",
     "answers: [question, failed_operation]\n    title", "'failed_operation' in public only, and 'transfer_failed' may be private"),
    ("actions.yaml", "answers: [contact_request]", "answers: [contact_requst]", "[contact_requst]", "unknown need"),
    ("actions.yaml", "cancelled_by: [branch_visit, complaint]", "cancelled_by: [branch_vist]", "[branch_vist]",
     "did you mean 'branch_visit'"),
    ("actions.yaml", "rides_on: [call_centre]", "rides_on: [call_center]", "[call_center]", "did you mean 'call_centre'"),
    # actions: classes and purposes
    ("actions.yaml", "purpose: satisfaction", "purpose: contract", "purpose: contract\n    channel: email\n    group",
     "would need no consent"),
    ("actions.yaml", "purpose: legal_obligation", "purpose: own_promotion", "class: mandatory", "its class must be marketing"),
    ("actions.yaml", "    group: survey\n", "", "  email_satisfaction_survey:", "marketing needs a group"),
    ("actions.yaml", "    group: survey", "    group: survey\n    ignores_quiet_hours: true", "ignores_quiet_hours: true\n    theme: service",
     "must keep quiet hours"),
    ("actions.yaml", "    group: survey", "    group: survey\n    internal: true",
     "internal: true\n    theme: service", "is not marketing"),
    # actions: texts
    ("actions.yaml", "{it: Allarme frode, en: Fraud alert}", "{it: Allarme}", "title: {it: Allarme}", "no text in 'en'"),
    ("actions.yaml", "Benvenuto {name}", "Benvenuto {nome}", "Benvenuto {nome}", "did you mean 'name'"),
    ("actions.yaml", "Benvenuto {name}", "Benvenuto {name.__class__}", "it: Benvenuto {", "unknown placeholder"),
    ("actions.yaml", "Benvenuto {name}", "Benvenuto {name", "it: Benvenuto {", "braces do not match"),
    ("actions.yaml", "Benvenuto {name}", "Benvenuto {promised_time}", "it: Benvenuto {", "is a promise"),
    # actions: when
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
     "of_action: email_welcome", "belongs to the entry outcome"),
    ("actions.yaml", "- {on: promise}", "- {on: follow_up}", "- {on: follow_up}", "no action has it as a follow-up"),
    ("actions.yaml", "- {on: promise}", "- {on: promise, name: x}", "- {on: promise, name: x}", "the action itself"),
    ("actions.yaml", "- {on: consent, name: own_promotion}", "- {on: consent}", "- {on: consent}", "needs a name"),
    ("actions.yaml", "- {on: consent, name: own_promotion}", "- {on: consent, name: own}", "name: own}", "unknown consent 'own'"),
    ("actions.yaml", "- {on: profile}", "- {on: profile, name: x}", "name: x}", "any change of the profile"),
    ("actions.yaml", "- {on: profile}", "- {on: event, name: x}", "name: x}", "any event of decide_on"),
    ("actions.yaml", "- {on: profile}", '- {on: profile, theme: "="}', "{on: profile, theme", "is about no theme"),
    ("actions.yaml", "- {on: profile}", "- {on: profile, times: 2, within: 1d}", "times: 2", "times counts touchpoints"),
    ("actions.yaml", "times: 3, within: 7d", "times: 33, within: 7d", "times: 33", "only the last 32 touchpoints"),
    ("actions.yaml", "times: 3, within: 7d", "times: 3", "times: 3}", "belong together"),
    ("actions.yaml", "times: 3, within: 7d", "within: 7d", "within: 7d}", "belong together"),
    ("actions.yaml", "times: 3, within: 7d", "times: 1, within: 7d", "times: 1", "'1' is out of range: it must be at least 2"),
    ("actions.yaml", "stage, date_contract_end]", "stage, date_contract]", "date_contract]", "unknown cause 'date_contract'; did you mean"),
    ("actions.yaml", "{on: inbound, name: [app]}", "{on: inbound, name: [ap]}", "name: [ap]", "unknown channel 'ap'"),
    ("actions.yaml", "{on: inbound, name: [app]}", "{on: inbound, name: [web]}", "name: [web]", "no inbound treatment on 'web'"),
    ("actions.yaml", "- {on: touchpoint, name: case_closed}", "- inbound", "- inbound\n    placement", "needs a treatment with inbound"),
    ("actions.yaml", "- {on: touchpoint, name: case_closed}", "- {on: touchpoint, name: slot_viewed}", "slot_viewed", "use the entry inbound"),
    ("actions.yaml", "channel: social, public: true,", "channel: web, inbound: true,", '- {on: need, name: question, theme: "="}\n    answers: [question]\n    title',
     "all its treatments are inbound"),
    ("policy.yaml", "decide_on: [page_view, accepted, own_promotion, profile]\n", "", "", "so event never happens"),
    ("policy.yaml", "proactive: {after_stage: 2h, silence: 21d, dates: [{attribute: contract_end, before: 60d}]}", "", "", "unknown cause 'date_contract_end'"),
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
    ("actions.yaml", "rides_on: [call_centre]", "rides_on: [call_centre]\n    when: [{on: touchpoint, name: call_list}]",
     "when: [{on: touchpoint, name: call_list}]", "never sent alone"),
    ("actions.yaml", "    when:\n      - {on: need, name: complaint}\n", "", "  call_complaint_apology:", "answers needs, and nothing makes"),
    ("actions.yaml", "    channel: call_centre\n    theme: token\n", "    channel: web\n    inbound: true\n    theme: token\n",
     "- {action: call_token_follow_up", "is only shown to who asks and cannot be a follow-up"),
    # rules and values
    ("actions.yaml", "0.01 * balance", "0.01 * balanse", "balanse", "unknown variable 'balanse'; did you mean 'balance'"),
    ("actions.yaml", "0.01 * balance", "balance > 1.0", "balance > 1.0", "not a number"),
    ("actions.yaml", "0.01 * balance", "2 * balance", "2 * balance", "write 2.0"),
    ("actions.yaml", '"interest > 1.0 ? 40.0 : 20.0"', '\'theme == "card" ? 1.0 : 2.0\'', '"card"', "theme is never 'card'"),
    ("actions.yaml", "0.01 * balance", "-1", "value_company: -1", "between 0 and 1000000"),
    ("actions.yaml", "0.01 * balance", "true", "value_company: true", "a number of euros, or an expression"),
    ("actions.yaml", "0.01 * balance", '""', 'value_company: ""', "a number of euros, or an expression"),
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
    ("contact_policy.yaml", "groups: [cards]", "groups: [card]", "groups: [card]", "unknown group 'card'; did you mean 'cards'"),
    ("contact_policy.yaml", "per: household", "per: house", "per: house", "'house' is not one of party, household"),
    ("contact_policy.yaml", ", pause: 30d}\n\nsupp", "}\n\nsupp", "remarketing:", "ignored and pause belong together"),
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
    ("journey.yaml", "      departure:", "      limbo: {label: {it: x, en: y}}\n      departure:", "      limbo:", "no move leads to"),
    ("policy.yaml", "explored_at_most: 2", "explored_at_most: 0", "explored_at_most: 0", "exploration never happens"),
    ("policy.yaml", "  email: {reports", "  atm: {reports", "  atm:", "no action makes a contact on 'atm'"),
    ("policy.yaml", "after_stage: 2h, ", "", "", "the cause 'stage' never comes"),
    ("policy.yaml", "silence: 21d, ", "", "", "the cause 'silence' never comes"),
    ("journey.yaml", ", patience: 14d}", "}", "", "the cause 'patience' never comes"),
    ("actions.yaml", "      - event\n", "", "", "decide_on: no action has"),
    ("themes.yaml", "{it: [vergogna]", "{it: [grazie]", "{it: [grazie]", "already a word of the tone praise"),
    ("themes.yaml", "it: [chiamatemi,", "it: [non scrivetemi,", "it: [non scrivetemi,", "already a word of the intent stop"),
    ("actions.yaml", "  survey: {label", "  others: {label: {it: a, en: b}}\n  survey: {label", "  others:", "no action is in the group 'others'"),
    ("actions.yaml", "Savings}, model: savings}", "Savings}}", "  savings: {label", "counts as surely accepted"),
    ("journey.yaml", ", tone: negative}", "}", "", "nothing has a negative tone"),
    ("themes.yaml", "words: [mutuo,", "words: [token, mutuo,", "words: [token, mutuo", "already a word of the theme token"),
    ("models.yaml", "  survey:\n", "  surveys: {estimator: adagrad, starting_propensity: 0.1, starting_evidence: 9,"
     " features: {}}\n  survey:\n", "  surveys:", "no group has the model"),
    ("actions.yaml", "    answers: [unfinished_form]\n    validity: 12h", "    validity: 12h",
     "- {on: need, name: unfinished_form}", "does not answer"),
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
    if blamed:
        assert line_of(texts, file, blamed) in {p.line for p in found if p.file == file}, [str(p) for p in found]
    assert not [p for p in report.errors if says in p.message]


@pytest.mark.parametrize(
    ("values", "gate", "says"),
    [
        (('"age > 30 ? 60.0 : 20.0"', "0"), "{best_at: 10000}", "the value of call_term_deposit is a rule"),
        (("0", "0"), "{best_at: 10000}", "no offer of its families has a value"),
        (('"age > 30 ? 60.0 : 20.0"', "0"), "{most_value: 60}", ""),
        (('"age > 30 ? 60.0 : 20.0"', "5"), "{best_at: 10000}", ""),
    ],
)
def test_a_challenger_without_a_bound_of_its_values_has_no_trial(values: tuple[str, str], gate: str, says: str) -> None:
    texts = broken("models.yaml", "{most_value: 400, best_at: 10000}", gate)
    actions = texts["actions.yaml"]
    for old, new in (("60", values[0]), ("20", values[1])):
        actions = actions.replace(f"    value_company: {old}\n", f"    value_company: {new}\n")
    for old in ("40", "15"):
        actions = actions.replace(f"    value_customer: {old}\n", "    value_customer: 0\n")
    report = report_of({**texts, "actions.yaml": actions})
    assert not report.errors, report.errors
    found = [p.message for p in report.warnings if "term_deposit_warm: it has no trial" in p.message]
    assert [says in message for message in found] == ([True] if says else [])


def test_a_public_answer_may_stand_beside_another_action_that_answers_in_private() -> None:
    assert [] == report_of(broken("journey.yaml", ", public: true}", "}")).problems
