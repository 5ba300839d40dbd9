# fmt: off
# ruff: noqa: E501 -- a table: one mistake a line
"""Typical mistakes of an analyst, each as an edit of the sample policy, and what the one error must say.

`SHAPE` and `MEANING` are mistakes of a value or a name: one run finds all of them together. After one of `ALONE` the
file cannot be read any further. `UNUSED` are statements that load and never have an effect: each is one warning.
"""

from typing import NamedTuple


class Mistake(NamedTuple):
    """In `file`, `old` was written as `new`.

    word: the offending word. do: what the error says to do. at: text on the line that the error names, where that is not
    the first line of `new`.
    """

    file: str
    old: str
    new: str
    word: str
    do: str
    at: str = ""


P, J, T, N = "policy.yaml", "journey.yaml", "themes.yaml", "needs.yaml"
AT, CO, MO, A, C = "attributes.yaml", "consents.yaml", "models.yaml", "actions.yaml", "contact_policy.yaml"

SHAPE = (
    # keys that do not exist, or are missing
    Mistake(P, "  pressure_weight: 0.5", "  presure_weight: 0.5", "'presure_weight'", "did you mean 'pressure_weight'"),
    Mistake(P, "country: IT", "contry: IT", "'contry'", "did you mean 'country'"),
    Mistake(J, "{meaning: walks into a branch, channels", "{channels", "'meaning' is missing", "add it", "branch_visit:"),
    Mistake(J, "interest_half_life: 14d", "interest_halflife: 14d", "'interest_halflife'", "did you mean 'interest_half_life'"),
    Mistake(N, "opened_by: [social_post]", "open_by: [social_post]", "'open_by'", "did you mean 'opened_by'"),
    Mistake(N, "    answer_within: 24h\n    resolved_by: [information_request", "    resolved_by: [information_request", "'answer_within' is missing", "add it", "unfinished_form:"),
    Mistake(AT, "month: {kind: string, default: unknown,", "month: {kind: string,", "'default' is missing", "add it"),
    Mistake(A, "class: transactional\n    purpose: contract\n    channel: email\n    theme: current", "clas: transactional\n    purpose: contract\n    channel: email\n    theme: current", "'clas'", "did you mean 'class'"),
    Mistake(A, "    title: {it: Piano di risparmio, en: Saving plan}\n", "", "'title' is missing", "add it", "email_saving_plan:"),
    Mistake(A, "    when:\n      - {on: follow_up}", "    triggers:\n      - {on: follow_up}", "'triggers'", "it is 'when' now"),
    Mistake(A, "    channel: push\n", "", "push_credit_card: the action has no treatment", "add treatments, or a channel and a message", "push_credit_card:"),
    Mistake(C, "name: a_day_between_offers, gap: 24h", "name: a_day_between_offers", "'gap' is missing", "add it"),
    # a list, a map, a text, yes and no, quotes
    Mistake(J, "channels: [atm]}", "channels: atm}", "'atm'", "write [atm]"),
    Mistake(J, "[branch], asks: true}", "[branch], asks: yes}", "'yes'", "write true"),
    Mistake(T, "{it: il fondo pensione, en: our pension fund}", "our pension fund", "'our pension fund'", "write `key: value`"),
    Mistake(T, "words: [conto deposito, deposito vincolato, term deposit]", "words: conto deposito, term deposit", "'conto deposito, term deposit'", "write `key: value`"),
    Mistake(T, "words: [assicurazione,", "words: [730, assicurazione,", "'730'", "put it in quotes"),
    Mistake(AT, "health: {kind: string, default: \"\", sensitive: true}", "health: {kind: string, default: \"\", sensitive: yes}", "'yes'", "write true"),
    Mistake(CO, ": [third_party_promotion]", ": third_party_promotion", "'third_party_promotion'", "write [third_party_promotion]"),
    Mistake(A, "    answers: [unfinished_form]\n    validity", "    answers: unfinished_form\n    validity", "'unfinished_form'", "write [unfinished_form]"),
    Mistake(A, "perishable: true", "perishable: no", "'no'", "write false"),
    Mistake(A, "stock: 200", "stock: \"200\"", "'200'", "write digits only"),
    # units, times, dates
    Mistake(P, "future_tolerance: 5m", "future_tolerance: 5 minutes", "'5 minutes'", "a number and a unit: 30m, 24h, 7d"),
    Mistake(P, "share: 0.05", "share: 5%", "'5%'", "write 0.05"),
    Mistake(J, "capacity: {call_centre: 40/1d}", "capacity: {call_centre: forty a day}", "'forty a day'", "a number, a slash and a span"),
    Mistake(J, "patience: 14d", "patience: two weeks", "'two weeks'", "a number and a unit"),
    Mistake(A, "validity: 5d", "validity: 5 days", "'5 days'", "a number and a unit"),
    Mistake(A, "at: \"09:01\"", "at: \"25:00\"", "'25:00'", "is written \"09:30\""),
    Mistake(A, "placement: {days: 1, at: \"10:00\"}", "placement: {days: 1, at: 9:30}", "'9:30'", "is written \"09:30\""),
    Mistake(C, "at_most: 1, window: 90d", "at_most: 1, window: 90", "'90'", "a number and a unit"),
    Mistake(C, "  push: {from: \"21:00\"", "  push: {from: 9 pm", "'9 pm'", "is written \"09:30\""),
    # out of range
    Mistake(P, "exploration: 0.02", "exploration: 2", "'2'", "at most 0.5"),
    Mistake(MO, "    share: 0.1\n", "    share: 0.9\n", "'0.9'", "at most 0.5"),
    Mistake(MO, "learn: early", "learn: erly", "'erly'", "not one of close, early"),
    Mistake(J, "interest: 0.5}", "interest: 50}", "'50'", "at most 10"),
    Mistake(MO, "starting_propensity: 0.113", "starting_propensity: 11.3", "'11.3'", "less than 1"),
    Mistake(A, "value_company: 30\n", "value_company: -30\n", "'-30'", "between 0 and 1000000 euros"),
    Mistake(C, "a_week, at_most: 6", "a_week, at_most: 0", "'0'", "at least 1"),
    Mistake(C, "sms: 1.5", "sms: -1.5", "'-1.5'", "at least 0"),
    # a word that is not among those allowed
    Mistake(J, "direction: outbound", "direction: outgoing", "'outgoing'", "did you mean 'outbound'"),
    Mistake(J, "channels: [email], tone: negative}", "channels: [email], tone: angry}", "'angry'", "not one of negative, complaint, praise"),
    Mistake(J, "  cash_withdrawn:", "  Cash Withdrawn:", "'Cash Withdrawn'", "such as 'cash_withdrawn'"),
    Mistake(T, "complaint: {it: [vergogna]", "complaints: {it: [vergogna]", "'complaints'", "did you mean 'complaint'"),
    Mistake(AT, "housing: {kind: string", "housing: {kind: text", "'text'", "not one of "),
    Mistake(AT, "scope: event, meaning: whose site", "scope: person, meaning: whose site", "'person'", "not one of party, event"),
    Mistake(A, "class: marketing\n    purpose: third_party", "class: advertising\n    purpose: third_party", "'advertising'", "not one of mandatory, service, transactional, marketing"),
    Mistake(A, "{on: touchpoint, name: case_closed}", "{on: touchpont, name: case_closed}", "'touchpont'", "did you mean 'touchpoint'"),
    Mistake(C, "pause: 30d, scope: theme", "pause: 30d, scope: topic", "'topic'", "not one of all, channel, theme, action"),
    Mistake(C, "closed: [sunday]", "closed: [sun]", "'sun'", "did you mean 'sunday'"),
)

MEANING = (
    # names that nobody declares
    Mistake(P, "zone: Europe/Rome", "zone: Europe/Roma", "'Europe/Roma'", "did you mean 'Europe/Rome'"),
    Mistake(P, "decide_on: [page_view", "decide_on: [page_veiw", "'page_veiw'", "did you mean 'page_view'"),
    Mistake(P, "attribute: contract_end", "attribute: contract_ends", "'contract_ends'", "did you mean 'contract_end'"),
    Mistake(P, "  email: {reports", "  e_mail: {reports", "'e_mail'", "did you mean 'email'"),
    Mistake(J, "account_opened: customer", "account_opened: custmer", "'custmer'", "did you mean 'customer'"),
    Mistake(J, "to: discovery}", "to: discovry}", "'discovry'", "did you mean 'discovery'"),
    Mistake(J, "advance: [sms_pension_offer]", "advance: [sms_pension_ofer]", "'sms_pension_ofer'", "did you mean 'sms_pension_offer'"),
    Mistake(J, "ideal: [wish, offer]", "ideal: [wish, ofer]", "'ofer'", "did you mean 'offer'"),
    Mistake(J, "tolerate: {consent: 0.3}", "tolerate: {consents: 0.3}", "'consents'", "did you mean 'consent'"),
    Mistake(J, "enter: age < 68", "enter: aage < 68", "'aage'", "did you mean 'age'"),
    Mistake(J, "on: account_closed, to", "on: acount_closed, to", "'acount_closed'", "did you mean 'account_closed'"),
    Mistake(J, "channels: [ebanking, app, branch]", "channels: [e-banking, app, branch]", "'e-banking'", "did you mean 'ebanking'"),
    Mistake(T, "{it: il mutuo, en: our mortgage}", "{it: il mutuo, eng: our mortgage}", "'eng'", "did you mean 'en'"),
    Mistake(T, "{it: il risparmio, en: savings}", "{it: il risparmio}", "no text in 'en'", "add it"),
    Mistake(N, "opened_by: [information_request]", "opened_by: [information_requst]", "'information_requst'", "did you mean 'information_request'"),
    Mistake(N, "resolved_by: [case_closed]", "resolved_by: [case_close]", "'case_close'", "did you mean 'case_closed'"),
    Mistake(CO, "  satisfaction:", "  satisfacton:", "'satisfacton'", "did you mean 'satisfaction'"),
    Mistake(MO, "numbers: [age]\n        categories: [job, marital, loan]", "numbers: [agee]\n        categories: [job, marital, loan]", "'agee'", "did you mean 'age'"),
    Mistake(MO, "      state: [state.pressure", "      state: [state.presure", "'state.presure'", "did you mean 'state.pressure'"),
    Mistake(MO, "action: [action.name]", "action: [action.nam]", "'action.nam'", "did you mean 'action.name'"),
    Mistake(MO, "[[age, state.pressure]]", "[[age, poutcom]]", "'poutcom'", "did you mean 'poutcome'"),
    Mistake(MO, "of: survey,", "of: survy,", "'survy'", "did you mean 'survey'"),
    Mistake(MO, "touchpoint: information_request,", "touchpoint: information_requst,", "'information_requst'", "did you mean 'information_request'"),
    Mistake(MO, "theme: mortgage,", "theme: morgage,", "'morgage'", "did you mean 'mortgage'"),
    Mistake(MO, "windows: {email: 5d}", "windows: {emial: 5d}", "'emial'", "did you mean 'email'"),
    Mistake(MO, "estimator: constant}", "estimator: constnt}", "'constnt'", "did you mean 'constant'"),
    Mistake(A, "model: mortgage}", "model: mortage}", "'mortage'", "did you mean 'mortgage'"),
    Mistake(A, "class: mandatory\n    purpose: legal_obligation", "class: mandatory\n    purpose: legal_obligations", "'legal_obligations'", "did you mean 'legal_obligation'", "purpose: legal_obligations"),
    Mistake(A, "channel: sms\n    theme: pension", "channel: smss\n    theme: pension", "'smss'", "did you mean 'sms'"),
    Mistake(A, "theme: mortgage\n    group", "theme: morgage\n    group", "'morgage'", "did you mean 'mortgage'"),
    Mistake(A, "theme: term_deposit\n    group: term_deposit\n    when:\n      - {on: touchpoint, name: call_list}\n    suit", "theme: term_deposit\n    group: term_deposits\n    when:\n      - {on: touchpoint, name: call_list}\n    suit", "'term_deposits'", "did you mean 'term_deposit'", "group: term_deposits"),
    Mistake(A, "answers: [contact_request]", "answers: [contact_requst]", "'contact_requst'", "did you mean 'contact_request'"),
    Mistake(A, "stages: [relationship]", "stages: [relationshp]", "'relationshp'", "did you mean 'relationship'"),
    Mistake(A, "lifecycle: [customer, prospect]", "lifecycle: [client, prospect]", "'client'", "known: customer, former, lead, prospect"),
    Mistake(A, "action: call_information,", "action: call_informaton,", "'call_informaton'", "did you mean 'call_information'"),
    Mistake(A, "name: page_view, theme: \"=\", times", "name: page_veiw, theme: \"=\", times", "'page_veiw'", "did you mean 'page_view'"),
    Mistake(A, "Ciao {name}, la carta oro", "Ciao {nome}, la carta oro", "'{nome}'", "did you mean 'name'"),
    Mistake(A, "- {on: consent, name: own_promotion}", "- {on: consent, name: promotion}", "'promotion'", "did you mean "),
    Mistake(C, "groups: [cards]", "groups: [card]", "'card'", "did you mean 'cards'"),
    Mistake(C, "channels: [sms]", "channels: [mms]", "'mms'", "did you mean 'sms'"),
    Mistake(C, "then: email_term_deposit,", "then: email_deposit,", "'email_deposit'", "did you mean 'email_term_deposit'"),
    Mistake(C, "after: complaint, within", "after: complain, within", "'complain'", "did you mean 'complaint'"),
    Mistake(C, "{call_centre: 3.0", "{call_center: 3.0", "'call_center'", "did you mean 'call_centre'"),
    # what contradicts itself
    Mistake(J, "    moves:\n", "    moves:\n      - {from: start, on: call_list, to: discovery}\n", "'start' on 'call_list' never happens", "change the order or remove one", "- {from: start, on: [competitor_visit"),
    Mistake(N, "gather: 30m\n    answer_within: 60m", "gather: 90m\n    answer_within: 60m", "failed_operation: gathers signals past the deadline", "make gather shorter"),
    Mistake(AT, "age: {kind: int, default: 0}", "age: {kind: int, default: none}", "'none'", "change one of them"),
    Mistake(AT, "balance: {kind: float, default: 0}", "balance: {kind: float, default: 0}\n  hour: {kind: int, default: 0}", "'hour' is already a variable", "give the attribute another name", "  hour:"),
    Mistake(AT, "contract_end: {kind: date, default: \"\"}", "contract_end: {kind: date, default: 2025-02-30}", "'2025-02-30'", "change one of them"),
    Mistake(MO, "categories: [marital, housing]", "categories: [marital, marital]", "'marital' is here twice", "remove one"),
    Mistake(A, "    value_company: 20\n", "    value_company: 20\n    valid_from: 2026-05-01\n    valid_until: 2026-04-01\n", "valid_until is before valid_from", "exchange the dates", "valid_until: 2026-04-01"),
    Mistake(A, "eligibility: campaign <= 6", "eligibility: campaign <= 6 && campaign > 8", "`campaign > 8`", "correct the rule"),
    Mistake(A, "suitability: default != \"yes\"\n    validity: 2d", "suitability: defalt != \"yes\"\n    validity: 2d", "'defalt'", "did you mean 'default'"),
    Mistake(A, "kind == \"follow_up\" && interest > 0.0 && household", "kind == \"folow_up\" && interest > 0.0 && household", "'folow_up'", "did you mean 'follow_up'"),
    Mistake(A, "value_company: 0.01 * balance", "value_company: 0.01 * balance euro", "offer_credit_card.value_company", "euro"),
    Mistake(C, "name: two_marketing_emails_a_week", "name: one_marketing_call_a_week", "'one_marketing_call_a_week' is here twice", "a name of its own"),
    Mistake(C, ", pause: 30d}\n\nsupp", "}\n\nsupp", "ignored and pause belong together", "add the other one", "remarketing:"),
    Mistake(C, "  email: {from: \"23:00\", to: \"07:00\"}", "  email: {from: \"07:00\", to: \"07:00\"}", "from and to are the same", "remove the channel"),
)

UNUSED = (
    Mistake(J, "      - {from: \"*\", on: account_closed, to: departure}\n", "", "'departure'", "add a move or remove the stage", "      departure:"),
    Mistake(C, "at_most: 2, window: 30d, channels", "at_most: 40, window: 30d, channels", "two_marketing_sms_a_month", "remove it or change it"),
    Mistake(C, "channels: [sms]", "channels: [atm]", "two_marketing_sms_a_month: limits no action", "remove it, or correct its filters"),
)

ALONE = (
    Mistake(P, "exploration: 0.02", "exploration: {strategy: softmax, temperature: -1}", "'-1'", "more than 0"),
    Mistake(P, "exploration: 0.02", "exploration: {strategy: softmax, gamma: 3}", "", "gamma is not a parameter of softmax"),
    Mistake(P, "exploration: 0.02", "exploration: {strategy: thompson}", "", "thompson needs floor"),
    Mistake(P, "exploration: 0.02", "exploration: {strategy: softmx}", "'softmx'", "did you mean 'softmax'"),
    Mistake(P, "  customer_weight", "\tcustomer_weight", "a tab", "indent with spaces"),
    Mistake(P, "languages: [it, en]", "languages: it, en", "'it, en'", "write [it, en]"),
    Mistake(J, "interest_half_life: 14d", "interest_half_life 14d", "`interest_half_life 14d` has no colon", "write `key: value`"),
    Mistake(N, "{it: domanda, en: question}", "{it: domanda, en: \"question}", "the quote", "close it"),
    Mistake(T, "  savings:\n", "  pension:\n", "'pension' is here twice", "remove one"),
    Mistake(N, "    gather: 5m", "   gather: 5m", "`gather: 5m`", "check the indentation"),
    Mistake(N, "needs:\n  information_request:", "needs:\n  - information_request:", "not in line", "check the indentation", "  question:"),
    Mistake(AT, "age: {kind: int, default: 0}", "age: {kind: int, default: 0", "the { of `age:", "a closing bracket is missing"),
    Mistake(CO, "consents:\n", "consents: &all\n", "anchors", "write the value out"),
    Mistake(MO, "models:\n", "models: &a [&b [*a, *a], *b]\nmore:\n", "anchors", "write the value out"),
    Mistake(MO, "models:\n", "models:\n---\n", "a second document", "remove it", "---"),
    Mistake(A, "it: Benvenuto {name}, il", "it: Benvenuto: {name}, il", "`it: Benvenuto: {name}", "put the text in quotes"),
    Mistake(A, "it: Benvenuto {name}, il", "it: {name}, il", "`it: {name}, il", "must be in quotes"),
    Mistake(C, "holidays: true", "holidays: !!bool true", "the tag", "remove it"),
    Mistake(C, "quiet_hours:\n  call_centre:", "quiet_hours:\n  - call_centre:", "not in line", "check the indentation", "  sms: {from"),
)
