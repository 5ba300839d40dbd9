"""The type check of expressions: what passes, what does not, what the message says and what it underlines."""

import pytest

from garbo.core.policy.lookups import Lookup
from garbo.core.vocabulary.instants import DAY
from garbo.policy.cel import RuleError, compile_rule, compile_value, underlined
from garbo.policy.cel_parser import MAX_CLAUSES, MAX_DEPTH, MAX_ITEMS, MAX_LENGTH, MAX_PARTS, Place
from garbo.policy.cel_types import MAX_BODY, MAX_COMPREHENSIONS
from garbo.policy.cel_words import BEHAVIOUR, FUNCTIONS, LOOKUPS, VARIABLES
from tests.unit.policy.expressions import SCOPE

GOOD = [
    'lifecycle == "customer" && interest + 1.0 >= 1.5',
    "interest >= 1",  # numbers of different kinds are compared
    "2 in [1.0, 2.0]",
    'lifecycle in ["lead", "prospect"] && stage != ""',
    'stage == "enquiry" && stage_days > 3.5',
    "vip && !(age > 18 || vip == true)",
    "age >= 18 ? balance > 10.0 : vip",
    "limits > 0 && age / limits > 1",
    "age / limits > 1 && limits > 0",  # CEL asks both sides
    "limits == 0 || age / limits > 1",
    "!(limits == 0) && age % limits == 1",
    "limits >= 1 ? age / limits > 1 : false",
    "limits > 0 && double(age) / double(limits) > 0.5",
    "balance != 0.0 && 100.0 / balance > 1.0",
    "balance / 12.0 > 100.0 && age / 2 > 10",
    '"a" in tags && "b" in ["a", default]',
    'tags.exists(t, t.startsWith("loyal")) && tags.all(t, t != "staff")',
    "tags.filter(t, t.size() > 2).size() == 1 && size(tags) > 0",
    "[1, 2].map(n, n * 2).exists(m, m == campaign)",
    "tags.exists_one(t, t == default)",
    'holdings["BTP 2030"] > 1000.0 && "funds" in holdings && size(holdings) > 1',
    'interest_in("card") > 1.0 || interest["mortgage"] > 1.0',
    'count("page_view", "7d") >= 3 && count("form", "1h30m") == 0',
    'count("page_view", "7d") == 32',
    'days_since("form") < 30.0 && days_since("page_view") != 9999',
    'contacts("email", "30d") < 2 && responses("app", "60d") > 0',
    '"own_promotion" in consents && consents.exists(c, c == "profiling")',
    "days_until(contract_end) >= 0 && days_until(contract_end) <= 60",
    "days_from(contract_end) > 365",
    'contract_end != "" && contract_end < today && contract_end >= "2025-01-01"',
    'contract_end.startsWith("2027-")',
    'now > timestamp("2027-01-01T00:00:00Z")',
    'now - timestamp("2026-01-01T09:00:00+01:00") > duration("36h")',
    'now + duration("1h30m") < timestamp("2027-01-01T00:00:00Z")',
    'now + duration("300ms") > timestamp("1999-12-31T23:59:59+02:00") - duration("99999h59s")',
    "weekday < 5 && hour >= 9 && household_size > 1 && open_needs == 0",
    "min(campaign, 3) == 3 && max([campaign, 2]) == 5 && min(balance, 1.0) < 2.0",
    'default + "x" == "ax" && string(age) != "0" && default.contains("a") && default.endsWith("b")',
    "double(age) * 1.5 > 2.0 && int(balance) > 7 && -age < -3",
    "'single' == default && default != \"it's\" && default != 'a \"b\"'",
    'default == "caf\\u00e9 \\"x\\""',
    "(age) > ((18))",
    "age > 0x10 && balance > 1.5e3 && balance > .5",
    "pressure < 3.0 && contacts_30d < 4 && days_since_contact > 7.0 && touches > 1",
    'kind == "follow_up" && theme != "card" && channel == "web"',
    "[] == tags || tags == ['a']",
    "age > 18 &&\n  vip",
]


@pytest.mark.parametrize("text", GOOD)
def test_a_good_rule_passes(text: str) -> None:
    assert compile_rule(text, SCOPE).text == text


@pytest.mark.parametrize(
    "text",
    [
        "20", "0.01 * balance", "age > 18 ? 20.0 : 10.0", "min(0.02 * balance, 100.0)", 'holdings["funds"] * 0.01',
        'double(count("page_view", "30d")) * 2.0', "10 * age", "balance > 0.0 ? 1000.0 / balance : 0.0",
    ],
)  # fmt: skip
def test_a_good_value_passes(text: str) -> None:
    assert compile_value(text, SCOPE).text == text


# An expression with the part that is underlined between « and », and what the message says.
BAD = [
    # ---- types
    ('lifecycle == "customer" && «interest + 1» >= 1.5', "write 1.0"),
    ("«age * balance» > 2.0", "write double(age)"),
    ("«(age + 1) * balance» > 2.0", "write double(...) around the whole one"),
    ("«campaign»", "the rule gives a whole number, not true or false"),
    ("campaign > 1 || «\"x\"»", "true or false, not a text"),
    ("«campaign» && vip", "true or false, not a whole number, as in `age > 18`"),
    ("!«age»", "true or false, not a whole number"),
    ("-«default» == \"a\"", "a whole number or a decimal number, not a text"),
    ("«default == 3»", "compares a text with a whole number"),
    ("«vip > true»", "does not order true or false"),
    ("«tags < tags»", "does not order a list"),
    ("«tags == [1]»", "lists of different kinds"),
    ("«holdings == holdings»", "compare its entries"),
    ("«default» + 1 == \"a\"", "+ needs a whole number or a decimal number, not a text"),
    ("«balance» % 2.0 == 1.0", "% needs a whole number, not a decimal number"),
    ("«(age > 18 ? 1 : 2.0)» > 1", "write 1.0"),
    ("«age > 18 ? vip : \"x\"»", "give the same kind in both cases"),
    ("«age» ? vip : vip", "true or false, not a whole number"),
    ("«1 in [\"a\"]»", "a whole number is never in this list"),
    ('«"a" in default»', 'write job.contains("a")'),
    ('"a" in «age»', "in needs a list or a map"),
    ("«age» in holdings", "a text, not a whole number"),
    ("[1, «\"a\"»] == tags", "all must be of one simple kind"),
    ("«tags[0]» == \"a\"", "a list may be too short for an index"),
    ("«default[0]» == \"a\"", "a text has no entries"),
    ("holdings[«default»] > 1.0", "written out"),
    ("«holdings.funds» > 1.0", 'write ["funds"]'),
    ("«age.years» > 1", "a whole number has no part 'years'"),
    ("int(«default») > 1", "a text may be no number"),
    ("string(«vip») == \"true\"", "converts numbers"),
    ("«size(age)» > 1", "a whole number has no size"),
    ("«min(age, 1.0)» > 2", "write double(age)"),
    ("min(age, «default») > 2", "a whole number or a decimal number, not a text"),
    ("«min(tags)» > 2", "several numbers"),
    ("«max()» > 2", "several numbers"),
    ("«age * age * age» > 1", "may be larger than a whole number"),
    (f"«{'balance*' * 25}balance» > 1.0", "may be larger than a number"),
    ("«int(balance * balance)» > 1", "may be larger than a whole number"),
    # ---- what may be zero
    ("«age / limits» > 1", "may be zero"),
    ("«age % limits» > 1", "may be zero"),
    ("limits >= 0 && «age / limits» > 1", "may be zero"),
    ("limits > 0 || «age / limits» > 1", "may be zero"),
    ("limits != 0 ? vip : «age / limits» > 1", "may be zero"),
    ("«1.0 / balance» > 1.0", "may be zero"),
    ("«age / 0» > 1", "may be zero"),
    # ---- names
    ("«campain» <= 6", "unknown variable 'campain'; did you mean 'campaign'?"),
    ("«dayz» > 1", "unknown variable 'dayz'"),
    ("«count» > 1", "'count' is a function: write count(...)"),
    ("«hour»() > 1", "'hour' is a variable"),
    ("«cuont»(\"form\", \"7d\") > 1", "unknown function 'cuont'; did you mean 'count'?"),
    ("default.«matches»(\"(a+)+$\")", "a regular expression"),
    ('lifecycle == «"costumer"»', "lifecycle is never 'costumer'; did you mean 'customer'?"),
    ('«"costumer"» == lifecycle', "lifecycle is never 'costumer'"),
    ('theme in ["card", «"mortage"»]', "theme is never 'mortage'; did you mean 'mortgage'?"),
    ('kind != «"page_veiw"»', "kind is never 'page_veiw'"),
    ('«"profling"» in consents', "consent is never 'profling'; did you mean 'profiling'?"),
    ('consents.exists(c, c == «"profling"»)', "consent is never 'profling'"),
    ('count(«"page_veiw"», "7d") > 2', "unknown touchpoint 'page_veiw'; did you mean 'page_view'?"),
    ('days_since(«"accepted"») > 2.0', "unknown touchpoint 'accepted'"),
    ('interest_in(«"mortage"») > 1.0', "unknown theme 'mortage'; did you mean 'mortgage'?"),
    ('interest[«"mortage"»] > 1.0', "unknown theme 'mortage'"),
    ("interest_in(«theme») > 1.0", "write the theme in quotes"),
    ('contacts(«"e-mail"», "7d") > 1', "unknown channel 'e-mail'; did you mean 'email'?"),
    ('days_until(«"contract_end"») > 1', "an attribute of kind date, without quotes"),
    ("days_until(«age») > 1", "an attribute of kind date"),
    ("days_until(«contract_ends») > 1", "unknown variable 'contract_ends'; did you mean 'contract_end'?"),
    # ---- windows, dates, times
    ('count("form", «"7 days"») > 1', "a duration is a number and a unit"),
    ('count("form", «7») > 1', "a duration in quotes"),
    ('count("form", «"2000d"») > 1', "at most 366d"),
    ('count("form", «"0d"») > 1', "longer than 0"),
    ('«count("form")» > 1', 'write count(touchpoint, "7d")'),
    ('«count("form", "7d") > 32»', "counts to 32 at most"),
    ('«40 == responses("app", "7d")»', "counts to 32 at most"),
    ('contract_end < «"31/12/2027"»', 'a date is written "2027-03-31"'),
    ('contract_end == «"2027-02-30"»', "a date is written"),
    ("«contract_end == default»", "compares a date with a text"),
    ("«contract_end > now»", "compares a date with an instant"),
    ('now > timestamp(«"2027-01-01"»)', "an instant is written"),
    ('now > timestamp(«"2027-01-01T00:00:00"»)', "an instant is written"),
    ('now > timestamp(«"2027-02-30T00:00:00Z"»)', "an instant is written"),
    ('now > timestamp(«"20270101T000000Z"»)', "an instant is written"),
    ('now - now > duration(«"99999h99999h9h"»)', "a span is written"),
    ('now - now > duration(«"7d"»)', "a span is written"),
    ('«duration("1h")» + now > now', "+ needs a whole number or a decimal number, not a span of time"),
    # ---- comprehensions
    ("tags.exists(a, «tags.exists(b, a == b)»)", "comprehension inside"),
    ("[1].map(a, «[2].filter(b, b > a)».size()).size() > 0", "comprehension inside"),
    ("[1].exists(«age», age > 0)", "'age' is already a variable"),
    ("«tags.exists(t)»", "with a name and a condition"),
    ("tags.all(t, «t»)", "true or false, not a text"),
    ("«holdings».all(k, k == \"a\")", "a list, not a map"),
    ("«exists(tags, t)»", "behind a list"),
    ("«tags» + tags == tags", "a whole number or a decimal number, not a list"),
    ("tags.all(t, t in «tags»)", "a list inside a comprehension"),
    ("tags.all(t, «t + t» != \"\")", "texts cannot be joined"),
    ('tags.all(a, vip) && tags.all(b, vip) && «tags.all(c, vip)»', f"more than {MAX_COMPREHENSIONS} comprehensions"),
    (f"tags.all(t, «{' && '.join(['t != default'] * 6)}»)", f"more than {MAX_BODY} names"),
    # ---- the language
    ("«   »", "empty"),
    ("campaign <= «»", "a name or a value is missing"),
    ("campaign «=» 3", "to compare, write =="),
    ("vip «and» vip", "write && for and"),
    ("vip «|» vip", "write || for or"),
    ("«True» == vip", "write true in small letters"),
    ("age == «null»", "there is no null"),
    ("age > 18 «// adults»", "a comment: write it behind a # of YAML"),
    ("default == «\"»a", "a text that does not end"),
    ("default == «\"a\\q\"»", "an unknown escape"),
    ("default == «r»\"a\"", "raw texts are not supported"),
    ("age > «18u»", "without a sign between"),
    ("(age > 18«»", "'(' is not closed"),
    ("age > 18«)»", "is not expected here"),
    ("age «#» 3", "has no meaning here"),
    ("«{»\"a\": 1}.size() > 1", "a map cannot be written out"),
    ("«import» == 1", "the word 'import' is reserved"),
    ("balance > «1e400»", "too large"),
    ("age > «9223372036854775808»", "too large"),
    ("age.«)» > 1", "a name must follow the dot"),
    ("«default.size(1)» > 1", "takes one argument"),
    ("«startsWith(default, \"a\")»", "write it behind the text"),
    ("age.«double»() > 1.0", "write double(...)"),
    # ---- cost
    (f"«{'t' * 20}»{'t' * MAX_LENGTH}", "longer than"),
    ("(" * MAX_DEPTH + "«(»" + "vip" + ")" * (MAX_DEPTH + 1), "nested deeper"),
    ("!" * MAX_DEPTH + "«!»vip", "nested deeper"),
    (f"{'vip && ' * MAX_CLAUSES}«vip»", f"more than {MAX_CLAUSES} clauses joined by &&"),
    (f"{'vip || ' * MAX_CLAUSES}«vip»", f"more than {MAX_CLAUSES} clauses joined by ||"),
    (f"age in «[»{','.join('1' * (MAX_ITEMS + 1))}]", f"a list of more than {MAX_ITEMS}"),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "says"), BAD)
def test_a_bad_rule_is_refused_with_its_clause_underlined(marked: str, says: str) -> None:
    start = marked.index("«")
    text = marked.replace("«", "").replace("»", "")
    end = max(marked.index("»") - 1, start + 1)
    with pytest.raises(RuleError) as caught:
        compile_rule(text, SCOPE)
    message, _, picture = str(caught.value).partition("\n")
    assert says in message
    if len(text) <= 100:
        line, marks = picture.splitlines()
        assert (f"    {text}", " " * (4 + start) + "^" * (end - start)) == (line, marks)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("balance > 1.0", "the value gives true or false, not a number"),
        ("default", "the value gives a text, not a number"),
        ("0.01 * balanse", "unknown variable 'balanse'; did you mean 'balance'?"),
        ("2 * balance", "write 2.0"),
        ("10.0 / balance", "may be zero"),
        ('balance > 10.0 ? "many" : 1.0', "give the same kind"),
        ("   ", "empty"),
    ],
)
def test_a_bad_value_is_refused(text: str, says: str) -> None:
    with pytest.raises(RuleError) as caught:
        compile_value(text, SCOPE)
    assert says in str(caught.value).splitlines()[0]


def test_too_many_parts_are_refused() -> None:
    text = "+".join("1" * (MAX_PARTS // 2 + 1)) + "> 1"
    with pytest.raises(RuleError, match=f"more than {MAX_PARTS} names"):
        compile_rule(text, SCOPE)


def test_a_long_line_is_shown_around_the_part() -> None:
    text = "age > 18 && " * 30 + "camp > 1" + " && age > 19" * 9
    line, marks = underlined(text, Place(360, 364)).splitlines()
    assert ("    …", "…") == (line[:5], line[-1])
    assert line[marks.index("^") : marks.rindex("^") + 1] == "camp"


def test_what_an_expression_looks_up_has_a_name_of_its_own() -> None:
    text = 'count("form", "7d") > 1 && count("form", "1w") > 2 && vip && holdings["a"] > 1.0'
    rule = compile_rule(text, SCOPE)
    asked = {Lookup("count", "form", 7 * DAY), Lookup("entry", "holdings", key="a")}
    assert asked == set(rule.lookups.values())  # 7d and 1w are the same window
    assert {*rule.lookups, "vip"} == set(rule.variables)
    assert {"count", "vip", "holdings"} == rule.reads


def test_a_map_can_be_read_in_both_ways() -> None:
    rule = compile_rule('"a" in holdings && holdings["a"] > 1.0', SCOPE)
    (name,) = rule.lookups
    assert rule({"holdings": {"a": 2.0}, name: 2.0})


def test_what_is_behaviour_is_a_variable_or_a_function() -> None:
    assert BEHAVIOUR <= {*VARIABLES, *FUNCTIONS}
    read = {"interest", "interest_in", "stage", "stage_days", "touches", "count", "days_since", "responses"}
    assert read == BEHAVIOUR
    assert not set(VARIABLES) & FUNCTIONS
    assert set(LOOKUPS) < FUNCTIONS
