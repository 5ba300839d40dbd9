"""A scope with an attribute of every kind, for the tests of expressions."""

from garbo.policy.cel_words import Scope, scope

WORDS = {
    "lifecycle": {"lead", "prospect", "customer", "former"},
    "stage": {"", "enquiry", "relationship"},
    "channel": {"", "web", "app", "email", "call_centre"},
    "kind": {"page_view", "form", "accepted", "follow_up"},
    "theme": {"", "card", "mortgage"},
    "touchpoint": {"page_view", "form"},
    "consent": {"personal_data", "profiling", "own_promotion"},
}
ATTRIBUTES = {
    "campaign": "int",
    "default": "string",
    "age": "int",
    "limits": "int",
    "balance": "float",
    "contract_end": "date",
    "vip": "bool",
    "tags": "list",
    "holdings": "map",
}


def known() -> Scope:
    return scope(ATTRIBUTES, {name: frozenset(words) for name, words in WORDS.items()})


SCOPE = known()
