"""YAML that is not a policy's is refused while it is read: bombs, objects, doubled keys."""

import pytest

from garbo.policy.yaml_reader import MAX_BYTES, YamlProblem, read


def test_words_mean_themselves() -> None:
    text = "{a: no, on: yes, t: 19:30, d: 2024-01-01, n: 12, f: 0.5, e: 1e3, b: true, z: ~, q: '7', o: 010, x: 0x1F}"
    assert {
        "a": "no", "on": "yes", "t": "19:30", "d": "2024-01-01", "n": 12, "f": 0.5, "e": 1000.0, "b": True, "z": None,
        "q": "7", "o": "010", "x": "0x1F",
    } == read(text).data  # fmt: skip


def test_each_value_knows_its_line() -> None:
    document = read("a:\n  - b: 1\n    c: [2,\n       3]\nd: 4\n")
    assert {"a": [{"b": 1, "c": [2, 3]}], "d": 4} == document.data
    assert [2, 3, 4, 5] == [document.line(p) for p in (("a", 0), ("a", 0, "c"), ("a", 0, "c", 1), ("d",))]
    assert 3 == document.line(("a", 0, "c", 7, "missing"))


LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (LAUGHS, 1, "anchors and aliases"),
        ("a: 1\nb: *a\n", 2, "anchors and aliases|alias"),
        ("a:\n  <<: {b: 1}\n  b: 2\n  b: 3", 4, "'b' is here twice, first on line 3"),
        ("a: !!python/object/apply:os.system [true]", 1, "the tag"),
        ("a: !!binary aGk=", 1, "the tag"),
        ("a: 1\n---\nb: 2\n", 2, "one file, one document"),
        ("a: [1,\nb: 2\n\nc: 3", 1, r"not YAML: the \[ of `a: \[1,` does not end well"),
        ("{a: 1}: 2", 1, "a key must be a word"),
        ("a: \x00", 1, "not YAML"),
        ("a: \ud800", 1, "not YAML"),
        ("[" * 500_000, 1, "nested deeper than 16"),
        ("- " * 5_000 + "a", 1, "nested deeper than 16"),
        ("{a: " * 5_000, 1, "nested deeper than 16"),
        ("#" * (MAX_BYTES + 1), 0, "larger than 1024 KiB"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(YamlProblem, match=says) as problem:
        read(text)
    assert line == problem.value.line


def test_an_empty_document_is_nothing() -> None:
    assert read("# only a comment\n").data is None
