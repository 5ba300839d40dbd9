"""No word of a bank stands in the code: what a business calls things is data of its policy.

Names and texts in Python are read, docstrings too; comments are not. `EXAMPLE_WORLD` is code about the bank of the
examples. `OTHER_SENSE` are words that mean something else where they stand. `VOCABULARY` holds the default words.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "garbo"

WORDS = (
    "annuity", "atm", "bank", "banking", "branch", "card", "credit", "debit", "deposit", "ebanking", "iban",
    "insurance", "loan", "mortgage", "overdraft", "overdrawn", "pension", "prepaid", "savings", "teller", "token",
    # and in the other language of the example
    "banca", "bonifico", "carta", "deposito", "filiale", "mutuo", "pensione", "prepagata",
)  # fmt: skip
# A word ends where a letter does not follow: `value_bank`, "bank's" and `BANK_FILE` all hold one.
_WORD = re.compile(rf"(?<![^\W\d_])({'|'.join(WORDS)})(?:e?s)?(?![^\W\d_])", re.IGNORECASE)

# File or folder -> why a bank may be named there.
EXAMPLE_WORLD = {
    "bootstrap/settings.py": "the default policy is the example bank: the name of its folder",
    "cli/demo.py": "its help says that the default policy is the example bank",
    "cli/new.py": "`garbo new --from bank`: the name of an example",
    "cli/replay.py": "`garbo replay bank` replays the bank's telemarketing calls of UCI",
    "cli/simulate.py": "its help says that the default policy is the example bank",
    "cli/topics.py": "its help says that the default policy is the example bank",
    "demo/": "tells the golden journeys of the example bank",
    "replay/": "reads UCI's bank marketing data, and lists the columns of the file",
    "simulation/": "the town is the example bank's: words.py has its words, which a test compares with the policy",
}

# The default words, which a policy's vocabulary.yaml replaces.
VOCABULARY = {
    "core/vocabulary/defaults.py": "the default vocabulary is the bank's",
    "core/policy/vocabulary.py": "says what the default words mean, and which address each channel needs",
}

# (file or folder, word) -> what it means there.
OTHER_SENSE = {
    ("adapters/avro/", "branch"): "a branch of a union of Avro's",
    ("core/vocabulary/events.py", "bank"): "the field of the Avro schema keeps its name for ever",
    ("policy/schema/actions.py", "bank"): "the key of earlier versions, for its message",
    ("client/fields.py", "branch"): "a branch of a union of Avro's",
    ("adapters/kafka/settings.py", "token"): "a setting of librdkafka: where to get a token of OAuth",
    ("text/", "token"): "a word of a text",
    ("text/tokens.py", "iban"): 'the word of its example: "Iban" is not in "Libano"',
    ("text/stems.py", "mutuo"): "the word of its example of a stem",
    ("policy/cel_parser.py", "token"): "a token of an expression",
    ("policy/yaml_mistakes.py", "token"): "a message of libyaml",
}


def words_in(text: str) -> Iterator[tuple[int, str]]:
    """(line, bank word) of each name and each text in the Python source `text`."""
    for node in ast.walk(ast.parse(text)):
        for value in _texts(node):
            yield from ((getattr(node, "lineno", 0), found[1].lower()) for found in _WORD.finditer(value))


def _texts(node: ast.AST) -> Iterator[str]:
    """The names and texts that a node holds itself."""
    for _, value in ast.iter_fields(node):
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                yield item


def found_in_source() -> dict[tuple[str, str], list[int]]:
    """(file, word) -> its lines."""
    found: dict[tuple[str, str], list[int]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        for line, word in words_in(path.read_text("utf-8")):
            found.setdefault((name, word), []).append(line)
    return found


FOUND = found_in_source()


def allowed(file: str, word: str) -> bool:
    places = [*EXAMPLE_WORLD, *VOCABULARY, *(place for place, other in OTHER_SENSE if other == word)]
    return any(file.startswith(place) for place in places)


def test_no_bank_word_stands_in_the_code() -> None:
    assert {} == {place: lines for place, lines in FOUND.items() if not allowed(*place)}


def test_each_exception_is_needed() -> None:
    for place in (*EXAMPLE_WORLD, *VOCABULARY):
        assert any(file.startswith(place) for file, _ in FOUND), f"{place} names no bank: take it out of the list"
    for place, word in OTHER_SENSE:
        assert any(file.startswith(place) and word == other for file, other in FOUND), f"{place} has no {word}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('CHANNELS = ("web", "branch")', ["branch"]),
        ("def to_bank(prepaid_card): ...", ["bank", "prepaid", "card"]),
        ("import garbo.banks as b", ["bank"]),
        ("x.iban = 1", ["iban"]),
        ('"""The bank\'s own words."""', ["bank"]),
        ('f"{a} pensions"', ["pension"]),
        ("call(mortgage=1)", ["mortgage"]),
        ("# the bank\nx = 'discard cardinal banker tokenize'", []),
        ("action.value_bank", ["bank"]),
    ],
)
def test_the_rule_finds_a_word_in_names_and_texts_only(text: str, expected: list[str]) -> None:
    assert expected == [word for _, word in words_in(text)]
