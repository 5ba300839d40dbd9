"""docs/flow.svg is the picture of docs/flow.dot. Red: `dot -Tsvg docs/flow.dot -o docs/flow.svg`.

The picture is compared by its nodes, edges and labels: another version of dot may place them differently.
"""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

DOCS = Path(__file__).resolve().parents[2] / "docs"
DOT = (DOCS / "flow.dot").read_text("utf-8")
PICTURE = ET.fromstring((DOCS / "flow.svg").read_text("utf-8"))
SVG = "{http://www.w3.org/2000/svg}"


def label(attributes: str) -> str:
    found = re.search(r'label="([^"]*)"', attributes)
    return found[1].replace("\\n", "\n").strip() if found else ""


def drawn(kind: str) -> dict[str, str]:
    """What the picture holds of `kind`: its title and its text."""
    found = {}
    for group in PICTURE.iter(f"{SVG}g"):
        if group.get("class") == kind:
            text = "\n".join(part.text or "" for part in group.iter(f"{SVG}text"))
            found[group.findtext(f"{SVG}title", "")] = text.replace("\u00a0", " ").strip()
    return found


def test_the_picture_has_the_nodes_of_the_text() -> None:
    nodes = {name: label(rest) for name, rest in re.findall(r"^  (\w+) \[(.*)\]$", DOT, re.MULTILINE)}
    for defaults in ("node", "edge"):
        del nodes[defaults]
    assert len(nodes) > 5
    assert nodes == drawn("node")


def test_the_picture_has_the_edges_of_the_text() -> None:
    edges = re.findall(r"^  (\w+) -> (\w+)(?: \[(.*)\])?$", DOT, re.MULTILINE)
    assert DOT.count("->") == len(edges)
    assert {f"{a}->{b}": label(rest) for a, b, rest in edges} == drawn("edge")
