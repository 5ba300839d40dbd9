"""Nothing imports in a circle: no two modules, and no two folders of one package.

import-linter holds the order of the rooms; this holds their inside. An import that only a type checker sees counts.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import grimp
import pytest


@cache
def house() -> grimp.ImportGraph:
    return grimp.build_graph("garbo", exclude_type_checking_imports=False)


def packages() -> list[str]:
    return sorted(module for module in house().modules if house().find_children(module))


def circle(imports: Mapping[str, Iterable[str]]) -> str:
    """One circle, written as a chain; empty when there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as found:
        return " -> ".join(reversed(found.args[1]))
    return ""


def between_children(package: str) -> dict[str, set[str]]:
    """Which child of `package` imports which other, whatever lies below each."""
    children = house().find_children(package)
    found: dict[str, set[str]] = {child: set() for child in children}
    for child in children:
        for module in {child, *house().find_descendants(child)}:
            for imported in house().find_modules_directly_imported_by(module):
                owner = next((c for c in children if imported == c or imported.startswith(f"{c}.")), child)
                if owner != child:
                    found[child].add(owner)
    return found


def test_a_circle_is_found() -> None:
    chain = circle({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]}).split(" -> ")
    assert (len(chain), set(pairwise(chain))) == (4, {("a", "b"), ("b", "c"), ("c", "a")})
    assert circle({"a": ["b", "c"], "b": ["c"], "c": []}) == ""


def test_no_two_modules_import_each_other() -> None:
    assert len(house().modules) > 150
    assert circle({module: house().find_modules_directly_imported_by(module) for module in house().modules}) == ""


@pytest.mark.parametrize("package", packages())
def test_no_two_folders_of_a_package_import_each_other(package: str) -> None:
    assert circle(between_children(package)) == ""
