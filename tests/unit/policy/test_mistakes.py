"""Each typical mistake is one error with its file, its line, the offending word and what to do; all come at once."""

from pathlib import Path

import pytest

from garbo.learning import registry
from garbo.policy import Problem, inspect, loader, problems
from garbo.policy.lint import policy as lint
from tests.unit.policy.bank import broken, line_of, sample
from tests.unit.policy.mistakes import ALONE, MEANING, SHAPE, UNUSED, Mistake

ENOUGH = 60


def line(mistake: Mistake) -> int:
    """The line that the error of the mistake must name."""
    if mistake.at:
        return line_of(broken(mistake.file, mistake.old, mistake.new), mistake.file, mistake.at)
    return line_of(sample(), mistake.file, mistake.old)


def fits(problem: Problem, mistake: Mistake) -> bool:
    return problem.file == mistake.file and mistake.word in problem.message and mistake.do in problem.message


def test_there_are_enough_of_them_and_none_is_here_twice() -> None:
    every = [*SHAPE, *MEANING, *ALONE, *UNUSED]
    assert len(set(every)) == len(every) >= ENOUGH
    assert len([*SHAPE, *MEANING]) >= ENOUGH


@pytest.mark.parametrize("mistake", [*SHAPE, *MEANING, *ALONE], ids=lambda m: m.new.strip()[:40] or m.word)
def test_a_mistake_is_one_error_that_says_where_what_and_what_to_do(mistake: Mistake) -> None:
    texts = broken(mistake.file, mistake.old, mistake.new)
    policy, report = inspect(texts)
    assert policy is None
    assert [True] == [fits(p, mistake) for p in report.errors], [str(p) for p in report.errors]
    assert line(mistake) == report.errors[0].line, str(report.errors[0])


@pytest.mark.parametrize("mistake", UNUSED, ids=lambda m: m.new.strip()[:40] or m.word)
def test_what_never_has_an_effect_is_one_warning(mistake: Mistake) -> None:
    texts = broken(mistake.file, mistake.old, mistake.new)
    policy, report = inspect(texts)
    assert policy is not None
    assert [True] == [fits(p, mistake) for p in report.warnings], [str(p) for p in report.problems]


def test_all_of_them_come_at_once_and_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table has more mistakes than the errors that are looked for."""
    for module in (problems, loader, lint):
        monkeypatch.setattr(module, "MOST", 1_000)
    texts, together = sample(), [*SHAPE, *MEANING]
    for mistake in together:
        assert mistake.old in texts[mistake.file], mistake
        texts[mistake.file] = texts[mistake.file].replace(mistake.old, mistake.new, 1)
    errors = inspect(texts)[1].errors
    found = {m: [e for e in errors if fits(e, m)] for m in together}
    assert [] == [m for m in together if not found[m]]
    assert [] == [str(e) for e in errors if not any(e in given for given in found.values())]
    assert len(errors) == len(together)
    wrong = [m for m in together if not lines(texts[m.file], m) & {e.line for e in found[m]}]
    assert not wrong, wrong


def lines(text: str, mistake: Mistake) -> set[int]:
    """The lines of `text` that the error may name: those with the words by which the table knows the place."""
    words, start, found = mistake.at or mistake.new or mistake.old, 0, set()
    while (start := text.find(words, start)) >= 0:
        found.add(text[:start].count("\n") + 1)
        start += 1
    return found


def test_a_file_that_is_not_yaml_hides_no_other_such_file() -> None:
    texts, broken_files = sample(), {}
    for mistake in ALONE:
        if mistake.file not in broken_files:
            broken_files[mistake.file] = mistake
            texts[mistake.file] = texts[mistake.file].replace(mistake.old, mistake.new, 1)
    errors = inspect(texts)[1].errors
    assert 9 == len(errors) == len(broken_files)
    assert all(fits(e, broken_files[e.file]) for e in errors), [str(e) for e in errors]


# What an analyst does to the folder, and the one error.
FOLDER = [
    ("themes.yaml", b"", "themes.yaml: the file is empty: begin with 'themes:'"),
    ("themes.yaml", b"# to be written\n", "themes.yaml: the file is empty: begin with 'themes:'"),
    ("themes.yaml", b"themes\n", "themes.yaml:1: the file holds 'themes', not keys and their values: begin with"),
    ("themes.yaml", b"- token\n", "themes.yaml:1: the file holds a list, not keys and their values: begin with"),
    ("themes.yaml", b"themes:\n  caff\xe8: {}", "themes.yaml:2: byte 14 is not UTF-8; save the file as UTF-8"),
    ("themes.yaml", None, "themes.yaml: the file is missing: add it to the policy folder"),
    ("notes.yaml", b"themes: {}", "notes.yaml: not a file of a policy"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "says"), FOLDER, ids=lambda v: str(v)[:20])
def test_a_mistake_of_a_file_is_one_error(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    folder = written(tmp_path)
    (folder / name).unlink(missing_ok=True)
    if content is not None:
        (folder / name).write_bytes(content)
    errors = [str(e) for e in inspect(folder)[1].errors]
    assert 1 == len(errors), errors
    assert errors[0].startswith(says)


def test_a_folder_in_the_place_of_a_file_and_a_misnamed_file_are_one_error_each(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "themes.yaml").unlink()
    (folder / "themes.yaml").mkdir()
    (folder / "actions.yaml").rename(folder / "action.yaml")
    (folder / "needs.yaml").rename(folder / "needs.yml")
    assert [
        "action.yaml: not a file of a policy; did you mean 'actions.yaml'?",
        "needs.yml: not a file of a policy; did you mean 'needs.yaml'?",
        "themes.yaml: this is a folder; it must be a file: move the folder away",
    ] == [str(e) for e in inspect(folder)[1].errors]


def test_a_file_in_the_place_of_the_folder_is_one_error(tmp_path: Path) -> None:
    (error,) = inspect(written(tmp_path) / "actions.yaml")[1].errors
    assert "is a file; give the folder that holds policy.yaml" in error.message


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("estimator: adagrad", "estimator: adagrid", "unknown preset 'adagrid'; did you mean 'adagrad'?"),
        ("{lr: 0.1}", "{learning: 0.1}", "'learning'"),
    ],
    ids=["preset", "parameter"],
)  # fmt: skip
def test_a_model_that_the_installation_does_not_know_is_one_error(old: str, new: str, says: str) -> None:
    texts = broken("models.yaml", old, new)
    (error,) = inspect(texts, check_model=registry.check)[1].errors
    assert says in error.message
    assert line_of(texts, "models.yaml", new) == error.line


def written(folder: Path) -> Path:
    for name, text in sample().items():
        (folder / name).write_text(text, "utf-8")
    return folder
