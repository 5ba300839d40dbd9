"""The names that a rule may use: variables, functions that look something up for a person, plain functions.

docs/policy.md shows these tables; `python -m tests.unit.policy.document` writes them there.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from garbo.core.policy.lookups import Lookup
from garbo.core.vocabulary.nearest import did_you_mean


class Type(NamedTuple):
    """kind: bool, int, float, string, date, instant, duration, list or map. of: the kind of a list's elements.

    words: the closed set of texts that it can be, by its name in `Scope.words`; "" for any text.
    """

    kind: str
    of: str = ""
    words: str = ""


BOOL, INT, FLOAT, STRING, DATE = Type("bool"), Type("int"), Type("float"), Type("string"), Type("date")
INSTANT, DURATION, MAP = Type("instant"), Type("duration"), Type("map")

# The kinds of attributes.yaml. A map is of numbers, a list of texts.
OF_ATTRIBUTE: Final[Mapping[str, Type]] = {
    "int": INT,
    "float": FLOAT,
    "number": FLOAT,
    "string": STRING,
    "bool": BOOL,
    "boolean": BOOL,
    "date": DATE,
    "list": Type("list", "string"),
    "map": MAP,
}


class Variable(NamedTuple):
    """behaviour: it is derived from what the person does, so an action that reads it needs `profiling`."""

    type: Type
    means: str
    behaviour: bool = False


class Function(NamedTuple):
    """A function that looks something up. arguments: of each, which names it takes, "window" or "date".

    behaviour: as of a variable. at_most: the largest number that it gives; 0 for no limit.
    """

    arguments: tuple[str, ...]
    type: Type
    means: str
    behaviour: bool = False
    at_most: int = 0


VARIABLES: Final[Mapping[str, Variable]] = {
    "lifecycle": Variable(Type("string", words="lifecycle"), "the life-cycle state"),
    "stage": Variable(
        Type("string", words="stage"),
        'in the journey of the action\'s theme, else in the one touched last; `""`: in none',
        True,
    ),
    "stage_days": Variable(FLOAT, "days in this stage", True),
    "channel": Variable(Type("string", words="channel"), "of the event being decided"),
    "kind": Variable(Type("string", words="kind"), "of the event being decided"),
    "theme": Variable(Type("string", words="theme"), "of the event being decided"),
    "now": Variable(INSTANT, "the instant of the decision"),
    "today": Variable(DATE, "the date, local to the customer"),
    "hour": Variable(INT, "local to the customer"),
    "weekday": Variable(INT, "local to the customer; 0 is Monday"),
    "consents": Variable(Type("list", "string", "consent"), "those that the customer has given"),
    "interest": Variable(
        FLOAT,
        "in the action's theme; for a service without the profiling consent, 1.0 while the customer is asking about "
        "it, else 0.0",
        True,
    ),
    "touches": Variable(INT, "touchpoints remembered, at most 6", True),
    "pressure": Variable(FLOAT, "weight of contacts lately"),
    "contacts_30d": Variable(INT, "contacts made in 30 days"),
    "days_since_contact": Variable(FLOAT, "9999.0 if there was none"),
    "household_size": Variable(INT, "the customer included"),
    "open_needs": Variable(INT, "what the customer waits for"),
}

LOOKUPS: Final[Mapping[str, Function]] = {
    "interest_in": Function(("theme",), FLOAT, 'the interest in this theme; `interest["travel"]` is the same', True),
    "count": Function(
        ("touchpoint", "window"), INT, "touchpoints of this kind in the window; 32 means at least 32", True, 32
    ),
    "days_since": Function(("touchpoint",), FLOAT, "since the last one of this kind; 9999.0 if none in a year", True),
    "responses": Function(
        ("channel", "window"),
        INT,
        "how often a contact there was opened, clicked, accepted or refused; 32: at least",
        True,
        32,
    ),
    "contacts": Function(("channel", "window"), INT, "contacts made on this channel in the window"),
    "days_until": Function(("date",), INT, "from today to this date; 9999 if it is not known"),
    "days_from": Function(("date",), INT, "from this date to today; -9999 if it is not known"),
}

PLAIN: Final[Mapping[str, str]] = {
    "size": "bytes of a text (UTF-8), elements of a list or map",
    "startsWith": 'of a text: `job.startsWith("a")`',
    "endsWith": "of a text",
    "contains": "of a text",
    "int": "a decimal number without its fraction",
    "double": "a whole number as a decimal one",
    "string": "a number as text",
    "min": "the smallest of several numbers, or of a list that is written out",
    "max": "the largest",
    "timestamp": 'an instant: `now > timestamp("2027-01-01T00:00:00Z")`',
    "duration": 'a span (h, m, s): `now - timestamp(...) > duration("36h")`',
    "all": 'of a list: `tags.all(t, t != "staff")`',
    "exists": "of a list",
    "exists_one": "of a list",
    "filter": "of a list",
    "map": "of a list",
}

MACROS: Final = frozenset({"all", "exists", "exists_one", "filter", "map"})
FUNCTIONS: Final = frozenset({*LOOKUPS, *PLAIN})

# What is derived from the person's behaviour, variables and functions.
BEHAVIOUR: Final = frozenset(
    [name for name, v in VARIABLES.items() if v.behaviour] + [name for name, f in LOOKUPS.items() if f.behaviour]
)


def result(lookup: Lookup) -> Type:
    """What a look-up gives. An entry of a map is a number."""
    return FLOAT if lookup.function == "entry" else LOOKUPS[lookup.function].type


class Scope(NamedTuple):
    """The names of one policy.

    variables: the ones above and its attributes. words: the closed sets of texts: "lifecycle", "stage", "channel",
    "kind" (of what is decided), "theme", "touchpoint" (kinds), "consent".
    """

    variables: Mapping[str, Type]
    words: Mapping[str, frozenset[str]]


def scope(attributes: Mapping[str, str], words: Mapping[str, frozenset[str]]) -> Scope:
    """The scope of a policy. attributes: name -> kind."""
    declared = {name: OF_ATTRIBUTE[kind] for name, kind in attributes.items()}
    return Scope({**{name: v.type for name, v in VARIABLES.items()}, **declared}, words)


def unknown_function(function: str) -> str:
    """The sentence about a function that does not exist."""
    if function == "matches":
        return "matches (a regular expression) is not supported: use startsWith, endsWith, contains, or in with a list"
    if function in VARIABLES:
        return f"'{function}' is a variable: write it without brackets"
    return f"unknown function '{function}'{did_you_mean(function, FUNCTIONS)}"
