"""Each typical mistake is one error with its file, its line, the offending word and what to do; all come at once."""

import pytest

from garbo.policy import Problem, inspect
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


def test_all_of_them_come_at_once_and_each_once() -> None:
    texts, together = sample(), [*SHAPE, *MEANING]
    for mistake in together:
        assert mistake.old in texts[mistake.file], mistake
        texts[mistake.file] = texts[mistake.file].replace(mistake.old, mistake.new, 1)
    errors = inspect(texts)[1].errors
    silent = [m for m in together if not any(fits(e, m) for e in errors)]
    assert not silent, silent
    others = [str(e) for e in errors if not any(fits(e, m) for m in together)]
    assert not others, others
