"""The journey report in a real browser: it opens without a complaint, shows what it should, and prints."""

import os
import re
from pathlib import Path

import pytest
from matplotlib import image

from garbo.journeys.report.page import page
from tests.chromium import DOCS, chromium, run, screenshot
from tests.unit.journeys.test_report import BAR, narrow

if chromium() is None and not os.environ.get("GARBO_REQUIRE_CHROMIUM"):
    pytest.skip("no Chromium here: apt-get install chromium", allow_module_level=True)

RED, ORANGE = (179, 38, 30), (217, 142, 63)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """The page, its picture, what the browser logged."""
    folder = tmp_path_factory.mktemp("report")
    html = folder / "report.html"
    html.write_text(page(narrow(), "en", BAR), "utf-8")
    return html, folder / "report.png", screenshot(html, folder / "report.png", folder, 8_000)


def near(picture: Path, colour: tuple[int, int, int]) -> int:
    """How many pixels have the colour."""
    pixels = (image.imread(picture)[..., :3] * 255).round().astype(int)
    return int((abs(pixels - colour).max(-1) <= 6).sum())


def test_it_opens_without_a_complaint(opened: tuple[Path, Path, str]) -> None:
    log = opened[2]
    assert "CONSOLE" not in log
    assert "net::ERR" not in log


def test_the_narrowing_is_seen(opened: tuple[Path, Path, str]) -> None:
    assert image.imread(opened[1]).shape[:2] == (8_000, 1_280)
    assert near(opened[1], RED) > 400, "the mark, the node and the words of the claim are red"
    assert near(opened[1], (47, 67, 86)) > 10_000, "nodes and funnel"


def test_nothing_is_cut_off_at_the_side(opened: tuple[Path, Path, str]) -> None:
    """The last 20 columns are paper: no table or picture is wider than the page."""
    pixels = (image.imread(opened[1])[:, -20:, :3] * 255).round().astype(int)
    assert (abs(pixels - (255, 253, 250)).max(-1) <= 2).all()


def test_the_browser_read_all_of_it(opened: tuple[Path, Path, str], tmp_path: Path) -> None:
    dom = run(opened[0], tmp_path, "--dump-dom").stdout
    assert len(re.findall("<svg", dom)) == 15
    assert dom.count("<section>") == 3


def test_it_prints(opened: tuple[Path, Path, str], tmp_path: Path) -> None:
    printed = tmp_path / "report.pdf"
    run(opened[0], tmp_path, f"--print-to-pdf={printed}", "--no-pdf-header-footer")
    pages = re.findall(rb"/Type\s*/Page\b", printed.read_bytes())
    assert 3 <= len(pages) <= 18, "a new page for each journey, and no sheet for each table"


def test_the_docs_show_the_example_as_it_is(tmp_path: Path) -> None:
    """The picture of the docs may differ by fonts, not in what it shows."""
    for html, picture in DOCS.items():
        fresh = tmp_path / "fresh.png"
        height = image.imread(picture).shape[0]
        screenshot(html, fresh, tmp_path, height)
        for colour in ((47, 67, 86), ORANGE, (91, 141, 184)):
            assert near(fresh, colour) == pytest.approx(near(picture, colour), rel=0.1, abs=50)
