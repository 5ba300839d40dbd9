"""The example bank and a sample policy as texts, and a way to break the sample in one place.

The sample stands here, so that a check is tested on the same text whatever the example bank becomes.
"""

from pathlib import Path

from garbo.policy import Report, inspect

BANK = Path(__file__).parents[3] / "examples" / "bank"
SAMPLE = Path(__file__).parent / "sample"


def bank() -> dict[str, str]:
    return _texts(BANK)


def sample() -> dict[str, str]:
    return _texts(SAMPLE)


def broken(file: str, old: str, new: str) -> dict[str, str]:
    """The sample with the first `old` of `file` replaced."""
    texts = sample()
    assert old in texts[file], f"{file} has no {old!r} any more"
    texts[file] = texts[file].replace(old, new, 1)
    return texts


def report_of(texts: dict[str, str]) -> Report:
    return inspect(texts)[1]


def line_of(texts: dict[str, str], file: str, what: str) -> int:
    """The line on which `what` first stands."""
    return texts[file][: texts[file].index(what)].count("\n") + 1


def _texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.yaml"))}
