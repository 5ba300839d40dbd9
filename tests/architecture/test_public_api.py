"""The public API: what `__all__` names exists and is documented, is all that examples need, and brings no baggage."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = ("garbo.client", "garbo.testing", "garbo.testing.models")
PAGES = ("README.md", "docs/api.md", "docs/dispatchers.md", "docs/schemas.md", "docs/tutorial.md")
NAMES = [(package, name) for package in PUBLIC for name in importlib.import_module(package).__all__]


def snippets(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


def imports(source: str) -> Iterator[tuple[str, str]]:
    """(module, name) of each import from garbo; the name is empty for `import garbo...`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "garbo":
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.split(".")[0] == "garbo")


def private(source: str) -> list[tuple[str, str]]:
    return [found for found in imports(source) if found not in NAMES]


@pytest.mark.parametrize(("package", "name"), NAMES)
def test_every_public_name_exists_and_says_what_it_is(package: str, name: str) -> None:
    found = getattr(importlib.import_module(package), name)
    if inspect.isclass(found) or inspect.isroutine(found):
        assert inspect.getdoc(found)
        # A generated docstring is the signature, or the base's own.
        assert not (found.__doc__ or "").startswith(f"{found.__name__}("), "dataclass's own words"


CLASSES = [(p, n) for p, n in NAMES if inspect.isclass(getattr(importlib.import_module(p), n))]


@pytest.mark.parametrize(("package", "name"), CLASSES)
def test_every_method_of_a_public_class_says_what_it_does(package: str, name: str) -> None:
    found = getattr(importlib.import_module(package), name)
    own = {m: f for m, f in vars(found).items() if inspect.isfunction(f) and not m.startswith("_")}
    undocumented = [m for m, f in own.items() if not f.__doc__]
    assert undocumented == []


def test_all_is_sorted_and_names_nothing_twice() -> None:
    for package in PUBLIC:
        names = importlib.import_module(package).__all__
        assert sorted(set(names)) == names


def test_there_are_three_kinds_of_example() -> None:
    found = {path.relative_to(ROOT / "examples").as_posix() for path in (ROOT / "examples").rglob("*.py")}
    assert {"dispatcher/dispatcher.py", "producer/producer.py", "policy_test/test_my_policy.py"} <= found


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.py")), ids=lambda path: path.name)
def test_an_example_needs_the_public_api_only(path: Path) -> None:
    source = path.read_text("utf-8")
    assert list(imports(source))
    assert private(source) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_pages_snippets_need_the_public_api_only(page: str) -> None:
    assert [found for source in snippets(page) for found in private(source)] == []


def test_the_pages_have_snippets() -> None:
    assert {page: len(snippets(page)) for page in ("docs/api.md", "docs/dispatchers.md")} == {
        "docs/api.md": 6,
        "docs/dispatchers.md": 1,
    }


def test_the_client_brings_no_baggage() -> None:
    """A producer is a small program: 100 MB of River or a policy's loader are not its business."""
    code = "import json, sys\nfrom garbo.client import *\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(re.findall(r'"([\w.]+)"', done.stdout))
    assert "garbo.client.producer" in loaded
    heavy = ("faust", "mode", "river", "rocksdict", "cel", "numpy", "prometheus_client", "rich", "typer")
    rooms = tuple(
        f"garbo.{room}"
        for room in (
            "audit", "bootstrap", "cli", "core.decide", "core.gates", "demo", "explain", "faust_host", "learning",
            "policy", "readmodel", "replay", "runtime", "simulation", "testing", "adapters.state",
        )
    )  # fmt: skip
    assert [name for name in loaded for bad in (*heavy, *rooms) if name == bad or name.startswith(f"{bad}.")] == []
