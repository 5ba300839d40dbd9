"""The example bank as texts, and a way to break it in one place."""

from pathlib import Path

from garbo.policy import Report, inspect

BANK = Path(__file__).parents[3] / "examples" / "bank"


def bank() -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(BANK.glob("*.yaml"))}


def broken(file: str, old: str, new: str) -> dict[str, str]:
    """The bank with the first `old` of `file` replaced."""
    texts = bank()
    assert old in texts[file], f"{file} has no {old!r} any more"
    texts[file] = texts[file].replace(old, new, 1)
    return texts


def report_of(texts: dict[str, str]) -> Report:
    return inspect(texts)[1]


def line_of(texts: dict[str, str], file: str, what: str) -> int:
    """The line on which `what` first stands."""
    return texts[file][: texts[file].index(what)].count("\n") + 1
