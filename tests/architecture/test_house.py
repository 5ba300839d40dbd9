"""The house rules a machine can check. Each failure names the file, the line and the rule."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "garbo"
CORE = sorted((SRC / "core").rglob("*.py"))

# What would let a clock, chance or the outside world into the core.
WORLD = {
    "asyncio",
    "concurrent",
    "glob",
    "http",
    "io",
    "locale",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "pickle",
    "platform",
    "queue",
    "random",
    "secrets",
    "selectors",
    "shelve",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib",
    "uuid",
}
# hash() of a string changes from one process to the next; id() with memory; the rest is I/O.
WORLDLY_CALLS = {"open", "print", "input", "hash", "id", "eval", "exec", "compile", "__import__"}
NOW = {"now", "today", "utcnow"}


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text("utf-8"), str(path)))


def imports(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Each import with the full name it asks for."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{where(path, node)}: imports are absolute"
            yield node, node.module or ""


def is_set(node: ast.AST) -> bool:
    """A set literal, a set comprehension, or set(...) / frozenset(...)."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")
    return isinstance(node, ast.Set | ast.SetComp)


def test_the_core_imports_the_standard_library_msgspec_and_itself() -> None:
    """And from the standard library nothing that reaches the world."""
    wrong = [
        f"{where(path, node)}: {name}"
        for path in CORE
        for node, name in imports(path)
        if not name.startswith(("garbo.core", "garbo.errors"))
        if (top := name.split(".")[0]) != "msgspec" and (top not in sys.stdlib_module_names or top in WORLD)
    ]
    assert wrong == []


def test_the_core_asks_neither_clock_nor_chance_nor_file() -> None:
    """Not by a call of a builtin, and not by datetime.now()."""
    wrong = [
        f"{where(path, node)}: {ast.unparse(node.func)}()"
        for path in CORE
        for node in nodes(path)
        if isinstance(node, ast.Call)
        if (isinstance(node.func, ast.Name) and node.func.id in WORLDLY_CALLS)
        or (isinstance(node.func, ast.Attribute) and node.func.attr in NOW)
    ]
    assert wrong == []


def test_the_core_never_walks_over_a_set() -> None:
    """A set's order changes with the hash seed, and a decision would with it; sorted(set(...)) is fine."""
    wrong = [
        f"{where(path, walk)}: for ... in {ast.unparse(walk)}"
        for path in CORE
        for node in nodes(path)
        if isinstance(node, ast.For | ast.comprehension) and is_set(walk := node.iter)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("package", "library"), [("faust_host", "faust"), ("faust_host", "mode"), ("learning", "river")]
)
def test_a_library_lives_in_one_room(package: str, library: str) -> None:
    """So that leaving it would mean rebuilding one room."""
    wrong = [
        f"{where(path, node)}: {name}"
        for path in SRC.rglob("*.py")
        if path.relative_to(SRC).parts[0] != package
        for node, name in imports(path)
        if name.split(".")[0] == library
    ]
    assert wrong == []


def test_imports_only_ever_point_down() -> None:
    """import-linter's contracts hold (.importlinter)."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]


def test_no_source_file_is_over_400_lines() -> None:
    """Aim at 50 to 250; at 400, talk to yourself."""
    assert [p for p in SRC.rglob("*.py") if p.read_text("utf-8").count("\n") > 400] == []


def test_the_repository_names_no_path_of_one_machine() -> None:
    """A home or working folder in a file works on one machine only."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    homes = "|".join(["work", "root", "Users", r"home/\w+"])
    machine = re.compile(rf"(?<![\w.$}}*-])/(?:{homes})/[\w.]")
    wrong = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if not path.is_file() or path == Path(__file__):
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # data, not text
        wrong += [
            f"{name}:{n}: {line.strip()[:100]}" for n, line in enumerate(text.splitlines(), 1) if machine.search(line)
        ]
    assert wrong == []
