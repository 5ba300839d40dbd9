"""docs/tutorial.md is carried out, step by step, in a folder that has `examples/` as the repository has.

A comment before a block says what it is: `file: NAME` is written, `append: NAME` is added to a file, `change: NAME`
replaces the `-` lines of a diff by its `+` lines, `run` is a command and its output (`...` is any text).
"""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
STEP = re.compile(r"<!-- (file|append|change|run)(?:: (\S+))?(?:, exit (\d))? -->\n```\w+\n(.*?)```", re.DOTALL)
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run(folder: Path, command: str) -> tuple[int, str]:
    """The exit code and the output of `command`, run as a person does who has the virtual environment on the path."""
    first, *rest = shlex.split(command)
    start = {"garbo": [sys.executable, "-m", "garbo.cli"], "python": [sys.executable]}[first]
    env = {**os.environ, "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*start, *rest], cwd=folder, env=env, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.returncode, done.stdout


def change(path: Path, diff: str) -> None:
    """Replaces the removed lines, which must be there once, by the added ones."""
    parts = {sign: "".join(line[1:] for line in diff.splitlines(True) if line[0] == sign) for sign in "-+"}
    text = path.read_text("utf-8")
    assert text.count(parts["-"]) == 1, f"{path.name} does not have these lines once: {parts['-']}"
    path.write_text(text.replace(parts["-"], parts["+"]), "utf-8")


def test_every_step_does_what_the_page_says(tmp_path: Path) -> None:
    code, output = run(tmp_path, "garbo new my-bank --from bank")
    assert code == 0, output
    steps = STEP.findall(TEXT)
    assert len(steps) == TEXT.count("<!-- ")
    for kind, name, code, block in steps:
        if kind == "file":
            (tmp_path / name).write_text(block, "utf-8")
        elif kind == "append":
            with (tmp_path / name).open("a", encoding="utf-8") as file:
                file.write(block)
        elif kind == "change":
            change(tmp_path / name, block)
        else:
            prompt, _, expected = block.partition("\n")
            exit_code, output = run(tmp_path, prompt.removeprefix("$ "))
            assert exit_code == int(code or 0), output
            assert doctest.OutputChecker().check_output(expected, output, SAME), f"{prompt}\n{output}"


def test_the_remaining_commands_exist() -> None:
    """Blocks without a comment need a broker, or the shell itself: their commands at least take these arguments."""
    shell = re.findall(r"^```sh\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE)
    commands = [line for block in shell for line in block.splitlines() if line.startswith("garbo ")]
    assert commands == [
        "garbo new my-bank --from bank",
        "garbo policy publish my-bank",
        "garbo explain cookie:ann-laptop",
    ]
    for command in commands:
        code, output = run(ROOT, f"{command} --help")
        assert code == 0, output
